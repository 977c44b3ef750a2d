"""The recorded matrix: how every strategy fared on every episode, and a world that replays it.

The file is gzipped JSON lines: a `Header`, then one `Episode` per environment and seed, sorted. A strategy that
does not appear in an episode's attempts could not begin there; nothing is imputed, every attempt was run in a
browser.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from reasoningbank.domain.errors import InvalidInput, StorageCorrupt
from reasoningbank.evaluation.miniwob.page import Features
from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard

FORMAT = 1


class Recorded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt: the page's reward without the discount for time, whether the episode ended, and how it went.

    An episode that did not end has the reward -1, which its time-out would have given.
    """

    reward: float
    seconds: float
    ended: bool = True
    steps: tuple[str, ...] = ()
    note: str = ""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One page with everything that was tried on it, by the id of the strategy."""

    environment: str
    seed: int
    instruction: str
    features: Features
    attempts: dict[str, Recorded]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What the matrix was made with. `fingerprint` is of the code of the strategies and of the page reading."""

    format: int
    recorded: str
    miniwob: str
    browser: str
    fingerprint: str
    strategies: tuple[StrategyCard, ...]


class Matrix(msgspec.Struct, frozen=True, kw_only=True):
    """A header and its episodes, sorted by environment and seed."""

    header: Header
    episodes: tuple[Episode, ...]


def load_matrix(path: Path) -> Matrix:
    """Return a recorded matrix.

    Raises:
        FileNotFoundError: There is no such file.
        StorageCorrupt: The file is not one, or of another format.
    """
    content = path.read_bytes()
    try:
        first, *rest = gzip.decompress(content).splitlines()
        header = msgspec.json.decode(first, type=Header)
        episodes = [msgspec.json.decode(line, type=Episode) for line in rest]
    except (ValueError, EOFError, OSError, zlib.error, msgspec.DecodeError) as error:
        raise StorageCorrupt("is not a recorded matrix", path=str(path)) from error
    if header.format != FORMAT:
        raise StorageCorrupt(f"has format {header.format}, this reads {FORMAT}", path=str(path))
    return Matrix(header=header, episodes=tuple(sorted(episodes, key=place)))


def save_matrix(matrix: Matrix, path: Path) -> None:
    """Write a matrix, gzipped; the same matrix gives the same bytes."""
    lines = [matrix.header, *sorted(matrix.episodes, key=place)]
    content = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    path.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


def place(episode: Episode) -> tuple[str, int]:
    """Return what episodes are sorted by."""
    return episode.environment, episode.seed


class MatrixWorld:
    """The recorded episodes as a world: an attempt answers what the browser answered when it was run."""

    name = "miniwob"

    def __init__(self, matrix: Matrix) -> None:
        self._cards = matrix.header.strategies
        self._ids = frozenset(card.id for card in self._cards)
        self._episodes = {place(episode): episode for episode in matrix.episodes}
        self._environments = tuple(sorted({environment for environment, _ in self._episodes}))
        everywhere = [
            {seed for environment, seed in self._episodes if environment == name}
            for name in self._environments
        ]
        self._seeds = tuple(sorted(set.intersection(*everywhere))) if everywhere else ()
        self._episode: Episode | None = None

    def environments(self) -> tuple[str, ...]:
        """Return the names of the environments, sorted."""
        return self._environments

    def seeds(self) -> tuple[int, ...]:
        """Return the seeds recorded in every environment."""
        return self._seeds

    def strategies(self) -> Sequence[StrategyCard]:
        """Return the repertoire in words."""
        return self._cards

    def episode(self, environment: str, seed: int) -> Observation:
        """Begin a recorded episode."""
        found = self._episodes.get((environment, seed))
        if found is None:
            field = "seed" if environment in self._environments else "environment"
            raise InvalidInput("was not recorded", field=field)
        self._episode = found
        return Observation(instruction=found.instruction, features=found.features.text())

    def applicable(self) -> tuple[str, ...]:
        """Return the ids of the strategies that could begin in this episode."""
        attempts = self._begun().attempts
        return tuple(card.id for card in self._cards if card.id in attempts)

    def attempt(self, strategy: str) -> Attempt:
        """Return how the attempt went when it was run."""
        if strategy not in self._ids:
            raise InvalidInput("is not in the repertoire", field="strategy")
        ran = self._begun().attempts.get(strategy)
        if ran is None:
            return Attempt(success=False, score=0.0, applies=False, seconds=0.0)
        return Attempt(
            success=ran.ended and ran.reward == 1.0,
            score=min(1.0, max(0.0, ran.reward)),
            applies=True,
            seconds=ran.seconds,
            steps=ran.steps,
            note=ran.note,
        )

    def close(self) -> None:
        """Hold nothing, release nothing."""

    def _begun(self) -> Episode:
        if self._episode is None:
            raise InvalidInput("begin an episode first", field="strategy")
        return self._episode
