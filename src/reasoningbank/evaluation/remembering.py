"""A world that runs each attempt once and remembers how it went."""

from __future__ import annotations

from collections.abc import Sequence

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard, World


class RememberedWorld:
    """Pass everything on to a world, but run a strategy on an episode only the first time it is tried.

    Several agents that meet the same episodes thus share one real run of each; nothing is imputed. Fit for
    worlds in which the same attempt always ends the same way. `ran` counts the attempts really run.

    >>> from reasoningbank.evaluation.wrangling.world import WranglingWorld
    >>> world = RememberedWorld(WranglingWorld())
    >>> for _ in range(5):
    ...     seen = world.episode("plain-total", 3)
    ...     tried = world.attempt("read-json")
    >>> tried.applies, world.ran
    (False, 1)
    """

    def __init__(self, world: World) -> None:
        self.ran = 0
        self._world = world
        self._seen: dict[tuple[str, int], Observation] = {}
        self._applicable: dict[tuple[str, int], tuple[str, ...]] = {}
        self._attempts: dict[tuple[str, int, str], Attempt] = {}
        self._at: tuple[str, int] | None = None
        self._open: tuple[str, int] | None = None

    @property
    def name(self) -> str:
        """The name of the world."""
        return self._world.name

    def environments(self) -> Sequence[str]:
        """Return the names of the environments, sorted."""
        return self._world.environments()

    def seeds(self) -> Sequence[int]:
        """Return the seeds that have an episode in every environment."""
        return self._world.seeds()

    def strategies(self) -> Sequence[StrategyCard]:
        """Return the repertoire, in a fixed order."""
        return self._world.strategies()

    def episode(self, environment: str, seed: int) -> Observation:
        """Begin an episode, in the world itself only when it is new."""
        at = (environment, seed)
        if at not in self._seen:
            self._seen[at] = self._world.episode(environment, seed)
            self._open = at
        self._at = at
        return self._seen[at]

    def applicable(self) -> tuple[str, ...]:
        """Return the ids of the strategies that could begin in this episode."""
        at = self._begun()
        if at not in self._applicable:
            self._reopen(at)
            self._applicable[at] = tuple(self._world.applicable())
        return self._applicable[at]

    def attempt(self, strategy: str) -> Attempt:
        """Return how the strategy fares on the episode begun last; run it when that is not known yet."""
        at = self._begun()
        key = (*at, strategy)
        known = self._attempts.get(key)
        if known is None:
            self._reopen(at)
            known = self._world.attempt(strategy)
            self._attempts[key] = known
            self.ran += 1
        return known

    def close(self) -> None:
        """Forget everything and release what the world holds."""
        self._attempts.clear()
        self._world.close()

    def _begun(self) -> tuple[str, int]:
        if self._at is None:
            raise InvalidInput("begin an episode first", field="strategy")
        return self._at

    def _reopen(self, at: tuple[str, int]) -> None:
        """Begin an episode in the world again if another has been begun since."""
        if self._open != at:
            self._world.episode(*at)
            self._open = at
