"""The seam between a world and whoever learns in it.

A world has environments (kinds of tasks), episodes (one task of an environment, made from a seed) and a fixed
repertoire of strategies. An agent reads the observation, picks a strategy and learns how the attempt went. The
name of the environment is for tables and controls: an observation does not carry it, and an agent that is to be
measured must not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class StrategyCard(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy of a repertoire, in words: `description` is what a memory keeps and an agent reads."""

    id: str
    title: str
    description: str


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent sees before it acts: the task in its own words, and one line on what the scene offers."""

    instruction: str
    features: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How one attempt at an episode went.

    `success` is the environment's own verdict and `score` its grade from 0 to 1. `applies` is False when the
    strategy could not even begin. `steps` says in words what was done, `note` where it broke off (or nothing).
    """

    success: bool
    score: float
    applies: bool
    seconds: float
    steps: tuple[str, ...] = ()
    note: str = ""


class World(Protocol):
    """A world to learn in. Every attempt at an episode starts it afresh, so attempts do not see each other."""

    @property
    def name(self) -> str:
        """A short name for reports."""

    def environments(self) -> Sequence[str]:
        """Return the names of the environments, sorted."""

    def seeds(self) -> Sequence[int]:
        """Return the seeds that have an episode in every environment."""

    def strategies(self) -> Sequence[StrategyCard]:
        """Return the repertoire, in a fixed order."""

    def episode(self, environment: str, seed: int) -> Observation:
        """Begin the episode of a seed and return what an agent sees of it.

        Raises:
            InvalidInput: There is no such environment or seed.
        """

    def applicable(self) -> Sequence[str]:
        """Return the ids of the strategies that could begin in this episode: what a blind agent is not told."""

    def attempt(self, strategy: str) -> Attempt:
        """Try one strategy on the episode begun last and return how it went.

        Raises:
            InvalidInput: No such strategy, or no episode has begun.
        """

    def close(self) -> None:
        """Release what the world holds."""
