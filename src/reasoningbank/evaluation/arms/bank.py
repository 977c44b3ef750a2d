"""The bank in an agent without a language model, and the controls that differ from it in one thing each."""

from __future__ import annotations

import io
import itertools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

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
from reasoningbank.storage import open_storage

CATEGORY: Final = "evaluation"
_BEGINNING_MS: Final = 1_790_000_000_000
_MINUTE_MS: Final = 60_000
_ROOM_FOR_ALL: Final = 100_000  # tokens: an agent of code reads every group it asked for


class FollowedStrategy:
    """Distil an experience to the strategy that was followed, which its first step's thought names."""

    def __init__(self, cards: Sequence[StrategyCard]) -> None:
        self._cards = {card.description: card for card in cards}

    def distil(self, trajectory: Trajectory) -> Distillation:
        """Give the strategy as the one lesson: whether it is one to follow is said by the outcome."""
        card = self._cards[str(trajectory.steps[0].thought)]
        return Distillation(lessons=(Lesson(title=card.title, strategy=card.description),))


class BankAgent:
    """Follow the best advice that the bank recalls for the instruction; explore where it has none.

    The strategies' descriptions stand in the bank from the beginning, as patterns nobody has tried:
    what to do with a task never met before is then recalled like everything else. Without them
    (`described=False`) such a task is explored at random.

    Args:
        cards: The repertoire.
        chance: For exploring.
        described: Whether the descriptions are stored first.
        target: Where the bank is; in memory unless a live run wants to keep it.
    """

    def __init__(
        self,
        cards: Sequence[StrategyCard],
        chance: Random,
        *,
        described: bool = True,
        target: Path | str = "memory:",
    ) -> None:
        self.cards = cards
        self.chance = chance
        self.by_text = {card.description: card.id for card in cards}
        self.described = {card.id: card.description for card in cards}
        self.bank = ReasoningBank(
            open_storage(target),
            clock=_ticking(),
            random_bytes=Random(chance.random()).randbytes,  # noqa: S311 - equal ids in equal runs
            distiller=FollowedStrategy(cards),
        )
        if described and self.bank.get_stats().total_patterns == 0:
            self.bank.store_patterns(
                PatternInput(
                    task_description=card.description,
                    task_category=CATEGORY,
                    strategy=card.description,
                    title=card.title,
                )
                for card in cards
            )

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Recall, follow or explore, and tell the bank how it went."""
        groups = len(self.cards)
        with self.bank.task(
            self.question(observation),
            category=CATEGORY,
            k=groups,
            experiences=groups,
            token_budget=_ROOM_FOR_ALL,
        ) as task:
            choice = self.chosen(task, tried)
            self.tell(task, choice, act(choice.strategy))
        return choice

    def question(self, observation: Observation) -> str:
        """Return what the bank is asked."""
        return observation.instruction

    def chosen(self, task: Task, tried: Sequence[str]) -> Choice:
        """Return the strategy of the best advice, else one that nothing warns of."""
        left = untried(self.cards, tried)
        advice = _advised(task.recall, self.by_text, left)
        if advice is not None:
            return advice
        warned = {
            self.by_text[item.pattern.strategy]
            for item in task.recall.patterns
            if item.why.reliability < 0.4  # noqa: PLR2004 - where recall itself draws the line
        }
        return anyone([one for one in left if one not in warned] or left, self.chance)

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
    """The same bank, never told how anything went: what the descriptions alone are worth."""

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Recall and follow, and learn nothing."""
        groups = len(self.cards)
        recall = self.bank.recall(
            observation.instruction, k=groups, experiences=groups, token_budget=_ROOM_FOR_ALL
        )
        left = untried(self.cards, tried)
        choice = _advised(recall, self.by_text, left) or anyone(left, self.chance)
        act(choice.strategy)
        return choice


class RandomLessons(BankAgent):
    """The same bank asked about another task than the one at hand: as much memory, of no relevance."""

    seen: tuple[str, ...] = ()

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Act on what is recalled for a task drawn at random from those met before."""
        asked = self.chance.choice(self.seen or (observation.instruction,))
        self.seen += (observation.instruction,)
        recalled = msgspec.structs.replace(observation, instruction=asked)
        with self.bank.task(observation.instruction, category=CATEGORY) as task:
            groups = len(self.cards)
            recall = self.bank.recall(
                self.question(recalled),
                k=groups,
                experiences=groups,
                token_budget=_ROOM_FOR_ALL,
            )
            left = untried(self.cards, tried)
            choice = _advised(recall, self.by_text, left) or anyone(left, self.chance)
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

    after = 0

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


def _advised(recall: Recall, by_text: dict[str, str], left: Sequence[str]) -> Choice | None:
    """Return the best advice among strategies left to try, or None."""
    for item in recall.patterns:
        if not item.pitfall and by_text[item.pattern.strategy] in left:
            return Choice(strategy=by_text[item.pattern.strategy], why="advice")
    return None


def _ticking() -> Clock:
    """Return a clock that goes on by a minute at every look, so that runs are equal."""
    count = itertools.count(_BEGINNING_MS, _MINUTE_MS)
    return lambda: next(count)
