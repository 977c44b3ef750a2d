"""What every storage engine does for the bank.

Each call names its namespace; none crosses it. Ids are canonical text. Times are text as in
`reasoningbank.domain.timestamps`. A write that returns has been committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from reasoningbank.domain.outcome import Outcome, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Erasure,
    Observation,
    Pattern,
    PatternChange,
    SimilarPattern,
    StorageStats,
    StoreStatus,
)
from reasoningbank.domain.records import (
    EmbeddingModel,
    Finding,
    NewPattern,
    PatternEdit,
    PatternRecord,
    RestoreStatus,
    StoreOptions,
)


class PatternStorage(Protocol):
    """Keep patterns: the source document's five operations and what editing them needs."""

    def store_pattern(
        self, new: NewPattern, model: EmbeddingModel, options: StoreOptions
    ) -> tuple[str, StoreStatus]:
        """Store one pattern and give the id that holds it, and how it came to be there."""

    def store_patterns(
        self, new: Sequence[NewPattern], model: EmbeddingModel, options: StoreOptions
    ) -> list[tuple[str, StoreStatus]]:
        """Store all of them or none."""

    def get_pattern(self, namespace: str, pattern_id: str) -> Pattern | None:
        """Give the pattern, or None."""

    def get_patterns_by_category(
        self, namespace: str, category: str, limit: int, now: str
    ) -> list[Pattern]:
        """Give the active patterns of a category, best first."""

    def edit_pattern(
        self, namespace: str, pattern_id: str, edit: PatternEdit, model: EmbeddingModel | None
    ) -> Pattern:
        """Change a pattern and give it as it stands now."""

    def delete_pattern(self, namespace: str, pattern_id: str, actor: str, now: str) -> None:
        """Remove a pattern, keeping its history."""

    def erase_pattern(self, namespace: str, pattern_id: str) -> Erasure:
        """Remove a pattern and everything said about it so that the bytes are gone."""

    def get_stats(self, namespace: str, now: str) -> StorageStats:
        """Count a namespace and describe the engine."""

    def close(self) -> None:
        """Let go of every resource; calling it again does nothing."""


class SimilarityStorage(Protocol):
    """Keep vectors beside the patterns and search them."""

    def nearest(
        self,
        namespace: str,
        model: EmbeddingModel,
        query: bytes,
        k: int,
        *,
        category: str | None,
        min_similarity: float | None,
        now_ms: int,
    ) -> list[SimilarPattern]:
        """Give the k active patterns nearest to a vector, exactly, best first, ties by id."""

    def current_model(self, namespace: str) -> EmbeddingModel | None:
        """Give the model whose vectors a namespace is searched by; None before the first store."""

    def patterns_to_embed(
        self, namespace: str, model: EmbeddingModel, after: str, limit: int
    ) -> list[tuple[str, str]]:
        """Give (id, task description) of patterns that lack a sound vector of `model`.

        In the order of ids, beginning after the id `after`.
        """

    def add_vectors(
        self, namespace: str, model: EmbeddingModel, vectors: Sequence[tuple[str, str, bytes]]
    ) -> int:
        """Add vectors, given as (id, description they were made from, vector).

        Gives how many were kept: a pattern that changed meanwhile is passed over.
        """

    def switch_model(self, namespace: str, model: EmbeddingModel) -> bool:
        """Make `model` the one searched, unless a pattern lacks its vector; give whether it is."""


class OutcomeStorage(Protocol):
    """Keep what happened when patterns were used, and what was changed."""

    def record_outcome(self, namespace: str, outcome: Outcome) -> RecordedOutcome:
        """Keep an outcome and move the pattern's counters in the same transaction."""

    def reliability(self, namespace: str, pattern_id: str) -> Reliability:
        """Weigh a pattern's outcomes."""

    def outcomes(self, namespace: str, pattern_id: str) -> list[Outcome]:
        """Give a pattern's outcomes, oldest first."""

    def history(self, namespace: str, pattern_id: str) -> list[PatternChange]:
        """Give a pattern's changes, oldest first; also after it was deleted."""

    def observations(self, namespace: str, pattern_id: str) -> list[Observation]:
        """Give the stores merged into a pattern, oldest first."""


class TransferStorage(Protocol):
    """Move whole banks, and look after them."""

    def records(
        self, namespace: str, on_damaged: Callable[[str], None] | None = None
    ) -> Iterator[PatternRecord]:
        """Give every record of a namespace as of one moment, in the order of their ids.

        With `on_damaged`, those that are damaged are left out, or have their damaged notes left
        out, and it is called with their ids; the others then come in the order of their creation.
        """

    def restore_records(
        self,
        records: Sequence[tuple[PatternRecord, bytes]],
        model: EmbeddingModel,
    ) -> list[RestoreStatus]:
        """Put records back as they were, given with their vectors: all of them or none."""

    def check(self, *, full: bool) -> list[Finding]:
        """Look for damage and risks; `full` also recomputes every checksum."""


@runtime_checkable
class StorageBackend(PatternStorage, SimilarityStorage, OutcomeStorage, TransferStorage, Protocol):
    """One storage engine: everything the bank needs of it."""
