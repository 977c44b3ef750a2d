"""Arms that remember no task: how often each strategy worked so far is all they know."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from reasoningbank.evaluation.arms.contract import Act, Choice, untried
from reasoningbank.evaluation.world import Observation, StrategyCard


class Memoryless:
    """Take the strategy with the best overall success so far, as a posterior mean.

    The best memoryless policy there is once the rates are known. Beta(1, 1) as the prior makes it
    look at every strategy early on.
    """

    def __init__(self, cards: Sequence[StrategyCard], chance: Random) -> None:
        self._cards = cards
        self._chance = chance
        self._successes = {card.id: 0 for card in cards}
        self._failures = {card.id: 0 for card in cards}

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:  # noqa: ARG002
        """Take the best of the strategies not tried yet on this episode."""
        best = max(untried(self._cards, tried), key=self._worth)
        (self._successes if act(best).success else self._failures)[best] += 1
        return Choice(strategy=best, why="overall")

    def _worth(self, strategy: str) -> tuple[float, float]:
        won, lost = self._successes[strategy], self._failures[strategy]
        return (won + 1) / (won + lost + 2), self._chance.random()

    def close(self) -> None:
        """Hold nothing."""


class Bandit(Memoryless):
    """Draw from each strategy's posterior and take the highest (Thompson sampling).

    Source: Chapelle and Li, An Empirical Evaluation of Thompson Sampling (NIPS 2011).
    """

    def _worth(self, strategy: str) -> tuple[float, float]:
        won, lost = self._successes[strategy], self._failures[strategy]
        return self._chance.betavariate(won + 1, lost + 1), 0.0
