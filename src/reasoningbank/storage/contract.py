"""What every storage engine does for the bank: patterns, their vectors and outcomes, and the sum of it all.

Each call names its namespace; none crosses it. Ids are canonical text. Times are text as in
`reasoningbank.domain.timestamps`. A write that returns has been committed. What is kept of learning, and
what whoever looks after a bank needs, have files of their own: `learning_contract`, `operator_contract`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, runtime_checkable

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
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import (
    EmbeddingModel,
    Finding,
    NewPattern,
    PatternEdit,
    PatternRecord,
    RestoreStatus,
    SimilarityQuery,
    Stamp,
    StoreOptions,
)
from reasoningbank.storage.learning_contract import ConsolidationStorage, LearningStorage
from reasoningbank.storage.operator_contract import CopyingStorage, ListingStorage, MetricsStorage

DEFAULT_BUSY_TIMEOUT: Final = 30.0
"""Seconds a call waits for other writers before it raises `Busy`."""


class PatternStorage(Protocol):
    """Keep patterns: the source document's five operations and what editing them needs."""

    @property
    def read_only(self) -> bool:
        """Whether every write is refused."""

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

    def delete_pattern(self, namespace: str, pattern_id: str, stamp: Stamp) -> None:
        """Remove a pattern, keeping its history."""

    def erase_pattern(self, namespace: str, pattern_id: str) -> Erasure:
        """Remove a pattern and everything said about it so that the bytes are gone."""

    def get_stats(self, namespace: str, now: str) -> StorageStats:
        """Count a namespace and describe the engine."""

    def close(self) -> None:
        """Let go of every resource; calling it again does nothing."""


class SimilarityStorage(Protocol):
    """Keep vectors beside the patterns and search them."""

    def nearest(self, query: SimilarityQuery) -> list[SimilarPattern]:
        """Give the k active patterns nearest to a vector, exactly, best first, ties by id."""

    def nearest_many(
        self,
        namespace: str,
        model: EmbeddingModel,
        queries: Sequence[tuple[str, bytes]],
        k: int,
        *,
        min_similarity: float,
        now_ms: int,
    ) -> list[list[SimilarPattern]]:
        """Give, for each (category, vector), what `nearest` gives within that category."""

    def neighbours(
        self, query: SimilarityQuery, *, vectors: bool = True
    ) -> tuple[list[Neighbour], Hidden]:
        """Give the k nearest active patterns with their outcomes, and how many were kept out.

        Outcomes of duplicates that consolidation put away count for the pattern it kept. Without
        `vectors`, theirs are left empty.
        """

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

    def check(self, namespace: str, *, full: bool) -> list[Finding]:
        """Look for damage and risks; `full` also recomputes every checksum.

        Of a file, all namespaces are looked at; where tenants are kept apart, this one.
        """


@runtime_checkable
class StorageBackend(
    PatternStorage,
    SimilarityStorage,
    OutcomeStorage,
    TransferStorage,
    LearningStorage,
    ConsolidationStorage,
    CopyingStorage,
    ListingStorage,
    MetricsStorage,
    Protocol,
):
    """One storage engine: everything the bank needs of it."""
