"""Arms that are told what no agent is: references to measure the others by, not rivals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from reasoningbank.evaluation.arms.contract import Act, Choice, anyone, untried
from reasoningbank.evaluation.streams import Visit
from reasoningbank.evaluation.world import Observation, StrategyCard, World


class ByName:
    """A table by the name of the environment: what worked there, else something new.

    It is told the name before each episode, and can carry nothing from one environment to another.
    """

    def __init__(self, cards: Sequence[StrategyCard], chance: Random) -> None:
        self._cards = cards
        self._chance = chance
        self._balance: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self._name = ""

    def told(self, environment: str) -> None:
        """Hear the name of the environment that comes next."""
        self._name = environment

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:  # noqa: ARG002
        """Repeat what worked here most often, else try what did not fail here yet."""
        table = self._balance[self._name]
        left = untried(self._cards, tried)
        best = max(left, key=lambda strategy: table[strategy])
        if table[best] > 0:
            choice = Choice(strategy=best, why="advice")
        else:
            fresh = [strategy for strategy in left if table[strategy] == 0]
            choice = anyone(fresh or left, self._chance)
        table[choice.strategy] += 1 if act(choice.strategy).success else -1
        return choice

    def close(self) -> None:
        """Hold nothing."""


class Oracle:
    """The strategy that works most often in an environment, found by trying all of them on it."""

    def __init__(self, world: World, visits: Sequence[Visit]) -> None:
        rates: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        ids = [card.id for card in world.strategies()]
        for visit in visits:
            world.episode(visit.environment, visit.seed)
            for strategy in world.applicable():
                rates[visit.environment][strategy] += world.attempt(strategy).success
        self._order = {
            name: sorted(ids, key=lambda strategy: -rate[strategy]) for name, rate in rates.items()
        }
        self._name = ""

    def told(self, environment: str) -> None:
        """Hear the name of the environment that comes next."""
        self._name = environment

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:  # noqa: ARG002
        """Take the best strategy here that was not tried yet on this episode."""
        order = self._order[self._name]
        choice = Choice(strategy=next((one for one in order if one not in tried), order[0]), why="")
        act(choice.strategy)
        return choice

    def close(self) -> None:
        """Hold nothing."""
