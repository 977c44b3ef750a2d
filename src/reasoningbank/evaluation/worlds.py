"""The worlds an evaluation can run in, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.evaluation.world import World

NAMES: Final = ("miniwob", "miniwob-live", "wrangling")
READ_WITH_FEATURES: Final = frozenset(("wrangling",))
"""Worlds whose instructions mean little without a look at the scene: there the same words ask for
different things of different files."""

MATRIX: Final = "matrix.jsonl.gz"


class WorldChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Which world, and what it is made of; can be sent to another process."""

    name: str
    matrix: str | None = None
    environments: tuple[str, ...] = ()

    def open(self) -> World:
        """Return the world.

        Raises:
            InvalidInput: There is no such world.
            Unavailable: What it runs on is not installed.
        """
        if self.name == "miniwob":
            from reasoningbank.evaluation.miniwob.matrix import MatrixWorld, load_matrix

            return MatrixWorld(load_matrix(self.matrix_path()))
        if self.name == "miniwob-live":
            return self._live()
        if self.name == "wrangling":
            from reasoningbank.evaluation.remembering import RememberedWorld
            from reasoningbank.evaluation.wrangling.world import WranglingWorld

            return RememberedWorld(WranglingWorld())
        raise InvalidInput(f"is {self.name!r}", field="world", hint=f"One of: {', '.join(NAMES)}.")

    def matrix_path(self) -> Path:
        """Return where the recorded matrix is: given, in the package, or in a checkout."""
        if self.matrix is not None:
            return Path(self.matrix)
        shipped = Path(__file__).parent / "miniwob" / MATRIX
        if shipped.exists():
            return shipped
        return Path(__file__).parents[3] / "benchmarks" / "miniwob_matrix" / MATRIX

    def _live(self) -> World:
        try:
            from reasoningbank.evaluation.miniwob.environments import ENVIRONMENTS
            from reasoningbank.evaluation.miniwob.live import LiveWorld
        except ImportError as error:
            raise evaluation_missing(error) from error
        return LiveWorld(self.environments or ENVIRONMENTS)


def evaluation_missing(error: ImportError) -> Unavailable:
    """Return the error for a library of the extra that is not installed."""
    return Unavailable(
        f"evaluating needs {error.name}, which is not installed",
        hint="Run: pip install 'agent-reasoningbank[eval]'",
    )
