"""SQLite as a storage engine of the bank, in a file or in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

import apsw

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.lesson import Judgement
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
from reasoningbank.domain.recall import Hidden, Neighbour, RecallEvent
from reasoningbank.domain.records import (
    EmbeddingModel,
    Finding,
    LearnedPattern,
    NewPattern,
    PatternEdit,
    PatternRecord,
    RestoreStatus,
    Stamp,
    StoreOptions,
    TrajectoryRecord,
)
from reasoningbank.domain.trajectory import (
    PatternLink,
    Trajectory,
    TrajectoryState,
)
from reasoningbank.storage.sqlite import (
    checks,
    erasure,
    learning,
    models,
    outcomes,
    reading,
    recalls,
    reembedding,
    salvage,
    trajectories,
    trajectory_records,
    transfer,
    withdrawal,
    writing,
)
from reasoningbank.storage.sqlite.connections import Connections
from reasoningbank.storage.sqlite.consolidation_storage import SqliteConsolidations
from reasoningbank.storage.sqlite.copy_storage import SqliteCopies
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from reasoningbank.storage.sqlite.search import SimilaritySearch
from reasoningbank.storage.sqlite.verification import AS_IT_STANDS, VERIFIED

_COUNTS: Final = """
SELECT task_category, patterns, quarantined FROM category_counts WHERE namespace = ?
ORDER BY task_category
"""
_EXPIRED: Final = """
SELECT COUNT(*) FROM patterns
WHERE namespace = ? AND expires_at <= ? AND expires_at IS NOT NULL AND state = 'active'
"""


class SqliteStorage(SqliteConsolidations, SqliteCopies):
    """Keep a bank in SQLite; made by `open_file` or `open_memory`.

    Args:
        connections: Where connections are borrowed.
        path: The file, or None in memory.
        reason: Why this place was chosen.
        verify_reads: Whether reading recomputes checksums.
    """

    def __init__(
        self, connections: Connections, path: Path | None, reason: str, *, verify_reads: bool
    ) -> None:
        self._connections = connections
        self._path = path
        self._reason = reason
        self._reads = VERIFIED if verify_reads else AS_IT_STANDS
        self._search = SimilaritySearch(connections, self._reads)

    @property
    def read_only(self) -> bool:
        return self._connections.settings.read_only

    def store_pattern(
        self, new: NewPattern, model: EmbeddingModel, options: StoreOptions
    ) -> tuple[str, StoreStatus]:
        with self._connections.writing() as connection:
            return writing.store(connection, new, model, options)

    def store_patterns(
        self, new: Sequence[NewPattern], model: EmbeddingModel, options: StoreOptions
    ) -> list[tuple[str, StoreStatus]]:
        with self._connections.writing() as connection:
            return writing.store_all(connection, new, model, options)

    def get_pattern(self, namespace: str, pattern_id: str) -> Pattern | None:
        with self._connections.reading() as connection:
            return self._reads.pattern(connection, namespace, pattern_id)

    def get_patterns_by_category(
        self, namespace: str, category: str, limit: int, now: str
    ) -> list[Pattern]:
        with self._connections.reading() as connection:
            return self._reads.by_category(connection, namespace, category, limit, now)

    def edit_pattern(
        self, namespace: str, pattern_id: str, edit: PatternEdit, model: EmbeddingModel | None
    ) -> Pattern:
        with self._connections.writing() as connection:
            return writing.edit(connection, namespace, pattern_id, edit, model)

    def delete_pattern(self, namespace: str, pattern_id: str, stamp: Stamp) -> None:
        with self._connections.writing() as connection:
            writing.delete(connection, namespace, pattern_id, stamp)

    def erase_pattern(self, namespace: str, pattern_id: str) -> Erasure:
        return erasure.erase(self._connections, namespace, pattern_id)

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
        return self._search.nearest(
            namespace,
            model,
            query,
            k,
            category=category,
            min_similarity=min_similarity,
            now_ms=now_ms,
        )

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
        return self._search.nearest_many(
            namespace, model, queries, k, min_similarity=min_similarity, now_ms=now_ms
        )

    def current_model(self, namespace: str) -> EmbeddingModel | None:
        with self._connections.reading() as connection:
            current = models.current_model(connection, namespace)
            return None if current is None else current[1]

    def patterns_to_embed(
        self, namespace: str, model: EmbeddingModel, after: str, limit: int
    ) -> list[tuple[str, str]]:
        with self._connections.reading() as connection:
            return reembedding.patterns_to_embed(connection, namespace, model, after, limit)

    def add_vectors(
        self, namespace: str, model: EmbeddingModel, vectors: Sequence[tuple[str, str, bytes]]
    ) -> int:
        with self._connections.writing() as connection:
            return reembedding.add_vectors(connection, namespace, model, vectors)

    def switch_model(self, namespace: str, model: EmbeddingModel) -> bool:
        with self._connections.writing() as connection:
            return reembedding.switch_model(connection, namespace, model)

    def record_outcome(self, namespace: str, outcome: Outcome) -> RecordedOutcome:
        with self._connections.writing() as connection:
            return outcomes.record(connection, namespace, outcome)

    def reliability(self, namespace: str, pattern_id: str) -> Reliability:
        with self._connections.reading() as connection:
            return outcomes.reliability(connection, namespace, pattern_id)

    def outcomes(self, namespace: str, pattern_id: str) -> list[Outcome]:
        with self._connections.reading() as connection:
            return list(reading.outcomes(connection, namespace, pattern_id))

    def history(self, namespace: str, pattern_id: str) -> list[PatternChange]:
        with self._connections.moment() as connection:
            return reading.full_history(connection, namespace, pattern_id)

    def observations(self, namespace: str, pattern_id: str) -> list[Observation]:
        with self._connections.reading() as connection:
            return list(reading.observations(connection, namespace, pattern_id))

    def records(
        self, namespace: str, on_damaged: Callable[[str], None] | None = None
    ) -> Iterator[PatternRecord]:
        with self._connections.snapshot() as connection:
            if on_damaged is None:
                yield from transfer.records(connection, namespace, self._reads)
            else:
                yield from salvage.readable_records(connection, namespace, on_damaged)

    def restore_records(
        self, records: Sequence[tuple[PatternRecord, bytes]], model: EmbeddingModel
    ) -> list[RestoreStatus]:
        with self._connections.writing() as connection:
            return [
                transfer.restore(connection, record, vector, model) for record, vector in records
            ]

    def check(self, *, full: bool) -> list[Finding]:
        with self._connections.snapshot() as connection:
            return list(checks.check(connection, self._path, full=full))

    def store_trajectory(self, trajectory: Trajectory, fingerprint: bytes) -> tuple[str, bool]:
        with self._connections.writing() as connection:
            known = trajectories.insert(connection, trajectory, fingerprint)
        return (str(trajectory.id), True) if known is None else (known, False)

    def get_trajectory(self, namespace: str, trajectory_id: str) -> Trajectory | None:
        with self._connections.reading() as connection:
            return trajectories.get(connection, namespace, trajectory_id)

    def trajectories(
        self, namespace: str, after: str, state: TrajectoryState | None, limit: int
    ) -> list[Trajectory]:
        with self._connections.reading() as connection:
            return trajectories.page(connection, namespace, after, state, limit)

    def judge_trajectory(
        self,
        namespace: str,
        trajectory_id: str,
        judgement: Judgement,
        at: str,
        told: Sequence[Outcome] = (),
    ) -> Trajectory:
        with self._connections.writing() as connection:
            return learning.judge(connection, namespace, trajectory_id, judgement, at, told)

    def unlearned_trajectories(
        self, namespace: str, limit: int, origin: str | None = None
    ) -> list[Trajectory]:
        with self._connections.reading() as connection:
            return trajectories.unlearned(connection, namespace, limit, origin)

    def learn_patterns(
        self,
        namespace: str,
        trajectory_ids: Sequence[str],
        learned: Sequence[LearnedPattern],
        model: EmbeddingModel,
        stamp: Stamp,
        *,
        note: str | None = None,
    ) -> list[tuple[str, StoreStatus]]:
        with self._connections.writing() as connection:
            return learning.learn(
                connection, namespace, trajectory_ids, learned, model, stamp, note=note
            )

    def withdraw_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        with self._connections.writing() as connection:
            return withdrawal.withdraw(connection, namespace, [trajectory_id], stamp)

    def withdraw_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        with self._connections.writing() as connection:
            return withdrawal.withdraw_source(connection, namespace, kind, source, stamp)

    def reinstate_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        with self._connections.writing() as connection:
            return withdrawal.reinstate(connection, namespace, [trajectory_id], stamp)

    def reinstate_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        with self._connections.writing() as connection:
            return withdrawal.reinstate_source(connection, namespace, kind, source, stamp)

    def erase_trajectory(self, namespace: str, trajectory_id: str) -> list[Erasure]:
        return erasure.erase_trajectory(self._connections, namespace, trajectory_id)

    def trajectory_records(self, namespace: str) -> Iterator[TrajectoryRecord]:
        with self._connections.snapshot() as connection:
            yield from trajectory_records.records(connection, namespace)

    def restore_trajectories(
        self, records: Sequence[tuple[TrajectoryRecord, bytes]], stamp: Stamp
    ) -> list[RestoreStatus]:
        with self._connections.writing() as connection:
            return [
                trajectory_records.restore(connection, record, fingerprint, stamp)
                for record, fingerprint in records
            ]

    def add_link(self, namespace: str, link: PatternLink) -> None:
        with self._connections.writing() as connection:
            trajectories.link(connection, namespace, link)

    def links(self, namespace: str, either_id: str) -> list[PatternLink]:
        with self._connections.reading() as connection:
            return list(trajectories.links(connection, namespace, either_id))

    def neighbours(
        self,
        namespace: str,
        model: EmbeddingModel,
        query: bytes,
        k: int,
        *,
        category: str | None,
        now_ms: int,
        vectors: bool = True,
    ) -> tuple[list[Neighbour], Hidden]:
        return self._search.neighbours(
            namespace, model, query, k, category=category, now_ms=now_ms, vectors=vectors
        )

    def record_recalls(self, namespace: str, events: Sequence[RecallEvent]) -> None:
        with self._connections.writing() as connection:
            recalls.insert(connection, namespace, events)

    def recall_event(self, namespace: str, recall_id: str) -> tuple[RecallEvent, str | None]:
        with self._connections.reading() as connection:
            return recalls.get(connection, namespace, recall_id)

    def settle_recall(
        self, namespace: str, recall_id: str, told: Sequence[Outcome], now: str
    ) -> list[RecordedOutcome]:
        with self._connections.writing() as connection:
            return learning.settle_recall(connection, namespace, recall_id, told, now)

    def get_stats(self, namespace: str, now: str) -> StorageStats:
        with self._connections.moment() as connection:
            counts = connection.execute(_COUNTS, (namespace,)).fetchall()
            [(expired,)] = connection.execute(_EXPIRED, (namespace, now))
            current = models.current_model(connection, namespace)
        categories: dict[str, int] = {category: count for category, count, _ in counts}  # type: ignore[misc]
        try:
            total = sum(categories.values())
            quarantined: int = sum(held for _, _, held in counts)  # type: ignore[misc]
        except TypeError as error:
            raise StorageCorrupt(
                "holds counts that are no numbers", hint="Run `reasoningbank doctor`."
            ) from error
        return StorageStats(
            total_patterns=total,
            active_patterns=total - quarantined - int(expired),
            categories=categories,
            namespace=namespace,
            backend="memory" if self._path is None else "sqlite",
            path=None if self._path is None else str(self._path),
            persistent=self._path is not None,
            read_only=self.read_only,
            reason=self._reason,
            size_bytes=self._size(),
            embedding_model=None if current is None else current[1].name,
            schema_version=SCHEMA_VERSION,
            engine=f"SQLite {apsw.sqlite_lib_version()}",
        )

    def _size(self) -> int:
        if self._path is None:
            return 0
        log = self._path.with_name(self._path.name + "-wal")
        return sum(place.stat().st_size for place in (self._path, log) if place.exists())

    def close(self) -> None:
        self._connections.close()
