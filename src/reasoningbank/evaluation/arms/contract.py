"""What an arm of the comparison is: something that acts in a world and may learn from what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol

import msgspec

from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard

Act = Callable[[str], Attempt]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy chosen, and why: ``advice`` of a memory, ``explore``, or an arm's own word."""

    strategy: str
    why: str


class Arm(Protocol):
    """One policy. It sees observations, never the name of an environment, unless it says so."""

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Choose a strategy for an episode, act on it once, learn from it, and return the choice.

        Args:
            observation: What there is to see.
            tried: Strategies that failed on this very episode before.
            act: Tries a strategy and says how it went.
        """

    def close(self) -> None:
        """Release what the arm holds."""


def untried(cards: Sequence[StrategyCard], tried: Sequence[str]) -> list[str]:
    """Return the ids not tried yet on this episode; all of them when every one was."""
    left = [card.id for card in cards if card.id not in tried]
    return left or [card.id for card in cards]


def anyone(ids: Sequence[str], chance: Random) -> Choice:
    """Return one of the strategies at random."""
    return Choice(strategy=chance.choice(ids), why="explore")
