"""The bank in an agent without a language model, and the controls that differ from it in one thing each."""

from __future__ import annotations

import io
import itertools
from collections import defaultdict
from collections.abc import Sequence
from random import Random
from typing import Final, TypedDict

import msgspec

from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.bank.task import Task
from reasoningbank.domain.identifiers import Clock
from reasoningbank.domain.lesson import Distillation, Lesson
from reasoningbank.domain.pattern import PatternInput
from reasoningbank.domain.recall import Recall
from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.evaluation.arms.contract import Act, Choice, anyone, untried
from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard
from reasoningbank.retrieval.families import PITFALL_BELOW
from reasoningbank.storage import open_storage

CATEGORY: Final = "evaluation"
BOOK: Final = "repertoire"

ENOUGH: Final = 0.5
"""Score of recalled experience that is followed before the book is looked into: likelier to fit and to
work than not. With 0.4 and 0.6 the agent does as well."""

_BEGINNING_MS: Final = 1_790_000_000_000
_MINUTE_MS: Final = 60_000
_ROOM_FOR_ALL: Final = 100_000  # tokens


class _Asked(TypedDict):
    k: int
    experiences: int
    token_budget: int


class FollowedStrategy:
    """Distil an experience to the strategy that was followed, which its first step's thought names."""

    def __init__(self, cards: Sequence[StrategyCard]) -> None:
        self._cards = {card.description: card for card in cards}

    def distil(self, trajectory: Trajectory) -> Distillation:
        """Give the strategy as the one lesson: whether it is one to follow is said by the outcome."""
        card = self._cards[str(trajectory.steps[0].thought)]
        return Distillation(lessons=(Lesson(title=card.title, strategy=card.description),))


class BankAgent:
    """Follow what the bank recalls for the instruction; go by the book where it recalls nothing good.

    The book is the strategies' descriptions, patterns of a category of their own that nobody has
    tried: the one most like the instruction is followed, unless experience warns of it. Without the
    book (`described=False`) any advice is followed, and where there is none a strategy that nothing
    warns of is tried at random.

    Args:
        cards: The repertoire.
        chance: For exploring.
        described: Whether there is a book.
    """

    def __init__(
        self, cards: Sequence[StrategyCard], chance: Random, *, described: bool = True
    ) -> None:
        self.cards = cards
        self.chance = chance
        self.by_text = {card.description: card.id for card in cards}
        self.book = described
        self.described = {card.id: card.description for card in cards}
        # An agent of code reads every group there is, where a model is given one.
        self._all: _Asked = {
            "k": len(cards),
            "experiences": len(cards),
            "token_budget": _ROOM_FOR_ALL,
        }
        self.bank = ReasoningBank(
            open_storage("memory:"),
            clock=_ticking(),
            random_bytes=Random(chance.random()).randbytes,  # noqa: S311 - equal ids in equal runs
            distiller=FollowedStrategy(cards),
        )
        if described:
            self.bank.store_patterns(
                PatternInput(
                    task_description=card.description,
                    task_category=BOOK,
                    strategy=card.description,
                    title=card.title,
                )
                for card in cards
            )

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Recall, follow or explore, and tell the bank how it went."""
        with self.bank.task(observation.instruction, category=CATEGORY, **self._all) as task:
            choice = self.chosen(task.recall, tried)
            self.tell(task, choice, act(choice.strategy))
        return choice

    def chosen(self, recall: Recall, tried: Sequence[str]) -> Choice:
        """Return the strategy of the best advice, else the best that nothing warns of."""
        left = untried(self.cards, tried)
        for item in recall.patterns:
            strategy = self.by_text[item.pattern.strategy]
            good = item.why.score >= ENOUGH or not self.book
            if good and not item.pitfall and strategy in left:
                return Choice(strategy=strategy, why="advice")
        warned = {
            self.by_text[item.pattern.strategy]
            for item in recall.patterns
            if item.why.reliability < PITFALL_BELOW
        }
        unwarned = [one for one in left if one not in warned] or left
        if not self.book:
            return anyone(unwarned, self.chance)
        pages = self.bank.find_similar(recall.task_description, BOOK, top_k=len(self.cards))
        order = [self.by_text[page.strategy] for page in pages]
        return Choice(strategy=next(one for one in order if one in unwarned), why="book")

    def tell(self, task: Task, choice: Choice, attempt: Attempt) -> None:
        """Note what was done and the environment's verdict."""
        followed = self.described[choice.strategy]
        for at, step in enumerate(attempt.steps or (choice.strategy,)):
            task.step(step, thought=followed if at == 0 else None)
        if attempt.note:
            task.step("(broke off)", error=attempt.note)
        task.used(
            [
                item.pattern.id
                for item in task.patterns
                if choice.why == "advice" and item.pattern.strategy == followed
            ]
        )
        (task.succeed if attempt.success else task.fail)(source="environment")

    def close(self) -> None:
        """Close the bank."""
        self.bank.close()


class DescriptionsOnly(BankAgent):
    """The same bank, never told how anything went: what the book alone is worth."""

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Recall and follow, and learn nothing."""
        choice = self.chosen(self.bank.recall(observation.instruction, **self._all), tried)
        act(choice.strategy)
        return choice


class RandomLessons(BankAgent):
    """The same bank asked about another task than the one at hand: as much memory, of no relevance."""

    met: tuple[str, ...] = ()

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Act on what is recalled for a task drawn at random from those met before."""
        asked = self.chance.choice(self.met or (observation.instruction,))
        self.met += (observation.instruction,)
        with self.bank.task(observation.instruction, category=CATEGORY) as task:
            choice = self.chosen(self.bank.recall(asked, **self._all), tried)
            self.tell(task, choice, act(choice.strategy))
        return choice


class ShuffledOutcomes(BankAgent):
    """The same bank, told of each attempt the outcome of another one, drawn at random."""

    outcomes: tuple[bool, ...] = ()

    def tell(self, task: Task, choice: Choice, attempt: Attempt) -> None:
        """Tell an outcome from the same distribution that says nothing of this attempt."""
        self.outcomes += (attempt.success,)
        told = msgspec.structs.replace(attempt, success=self.chance.choice(self.outcomes))
        super().tell(task, choice, told)


class Poisoned(BankAgent):
    """The same bank, into which hostile patterns are imported, as many as it holds itself.

    Each claims, of an instruction met before, that a strategy which never worked there always has.

    Args:
        after: How many attempts are made before the import.
    """

    def __init__(self, cards: Sequence[StrategyCard], chance: Random, *, after: int) -> None:
        super().__init__(cards, chance)
        self.after = after
        self._made = 0
        self._worked: dict[str, set[str]] = defaultdict(set)

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Act as the bank's agent does, once the poison is in."""
        if self._made == self.after:
            self._poison()
        self._made += 1
        succeeded = False

        def watched(strategy: str) -> Attempt:
            nonlocal succeeded
            attempt = act(strategy)
            succeeded = attempt.success
            return attempt

        choice = super().attempt(observation, tried, watched)
        worked = self._worked[observation.instruction]
        if succeeded:
            worked.add(choice.strategy)
        return choice

    def _poison(self) -> None:
        wanted = self.bank.get_stats().total_patterns
        lies = [
            (instruction, card)
            for instruction, worked in self._worked.items()
            for card in self.cards
            if card.id not in worked
        ]
        drawn = self.chance.sample(lies, min(wanted, len(lies)))
        lines = [
            msgspec.json.encode(
                {
                    "task_description": instruction,
                    "task_category": CATEGORY,
                    "strategy": card.description,
                    "success_score": 1.0,
                    "metadata": {"claimed": "worked every time"},
                }
            )
            for instruction, card in drawn
        ]
        self.bank.import_jsonl(io.BytesIO(b"\n".join(lines)))


def _ticking() -> Clock:
    """Return a clock that goes on by a minute at every look, so that runs are equal."""
    count = itertools.count(_BEGINNING_MS, _MINUTE_MS)
    return lambda: next(count)
