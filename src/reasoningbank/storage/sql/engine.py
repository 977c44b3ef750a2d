"""What engines do each in their own way, found by the kind of connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar, cast

from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.sql.connection import Row, SqlConnection

_Connection_contra = TypeVar("_Connection_contra", bound=SqlConnection, contravariant=True)


class ChangedMeanwhile(Exception):
    """Say that another writer changed what an operation had just looked at: it begins again.

    Only where writers work side by side; one that has the bank to itself never meets it.
    """


class Engine(Protocol[_Connection_contra]):
    """The steps of an operation that the statements of the other rooms cannot express for all.

    Each works on a connection inside the transaction of the operation.
    """

    @property
    def for_update(self) -> str:
        """What a question ends with whose answer is going to be changed."""

    @property
    def constraint_errors(self) -> tuple[type[Exception], ...]:
        """What is raised for a row whose key is taken."""

    def lock_patterns(
        self, connection: _Connection_contra, namespace: str, ids: Sequence[str]
    ) -> None:
        """Keep other writers from these patterns, where they are going to be changed in any order."""

    def insert_patterns(self, connection: _Connection_contra, rows: Sequence[Row]) -> list[bool]:
        """Insert rows of `STORED_COLUMNS`; give for each whether its key was free."""

    def registered_model(
        self, connection: _Connection_contra, namespace: str, model: EmbeddingModel
    ) -> int:
        """Give the number of a model, noting it if it is new."""

    def put_vectors(
        self,
        connection: _Connection_contra,
        namespace: str,
        number: int,
        vectors: Sequence[tuple[Pattern, bytes]],
    ) -> None:
        """Keep vectors of patterns, given as they will stand, that have none of this model."""

    def drop_vectors(
        self, connection: _Connection_contra, namespace: str, pattern_id: str, number: int | None
    ) -> None:
        """Remove a pattern's vector of one model, or those of all of them (None)."""

    def stored_vectors(
        self, connection: _Connection_contra, namespace: str, number: int, ids: Sequence[str]
    ) -> dict[str, bytes]:
        """Give the vectors that these patterns have."""

    def describe(self, connection: _Connection_contra, pattern: Pattern) -> None:
        """Let a pattern's vectors know its category, state and expiry after they changed."""

    def rebuild_indexes(self, connection: _Connection_contra) -> None:
        """Make sure that a damaged row is found by its id."""

    def removing(self, connection: _Connection_contra, namespace: str, pattern_id: str) -> None:
        """Remove what would not go by itself with a pattern's row."""

    def count(
        self, connection: _Connection_contra, namespace: str, counts: Sequence[tuple[str, int, int]]
    ) -> None:
        """Add to the counters of categories: patterns, and quarantined ones among them."""

    def count_anew(self, connection: _Connection_contra, namespace: str) -> None:
        """Make the counters of a namespace what its rows say, which may be damaged."""

    def log(
        self, connection: _Connection_contra, namespace: str, ids: Sequence[str], kind: str
    ) -> None:
        """Let whoever asks later know that patterns changed."""

    def new_patterns(self, connection: _Connection_contra, namespace: str, enough: int) -> int:
        """Count what was stored or changed since consolidation looked; `enough` while it is at it."""


_ENGINES: Final[dict[type, Engine[SqlConnection]]] = {}


def register(kind: type[_Connection_contra], engine: Engine[_Connection_contra]) -> None:
    """Name the engine of a kind of connection."""
    _ENGINES[kind] = cast("Engine[SqlConnection]", engine)


def engine_of(connection: SqlConnection) -> Engine[SqlConnection]:
    """Give the engine that a connection leads to."""
    kind = type(connection)
    found = _ENGINES.get(kind)
    if found is None:
        found = next(_ENGINES[base] for base in kind.__mro__ if base in _ENGINES)
        _ENGINES[kind] = found
    return found
