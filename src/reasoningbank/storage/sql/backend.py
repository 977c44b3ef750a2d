"""What every SQL engine's backend does in one way: operations as functions of a connection."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Literal

from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.outcome import Outcome, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Observation,
    Pattern,
    PatternChange,
    StorageStats,
    StoreStatus,
)
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.domain.records import (
    EmbeddingModel,
    LearnedPattern,
    NewPattern,
    PatternEdit,
    PatternRecord,
    RestoreStatus,
    Stamp,
    StoreOptions,
    TrajectoryRecord,
)
from reasoningbank.domain.trajectory import PatternLink, Trajectory, TrajectoryState
from reasoningbank.storage.sql import (
    counting,
    learning,
    models,
    outcomes,
    reading,
    recalls,
    reembedding,
    trajectories,
    trajectory_records,
    transfer,
    withdrawal,
    writing,
)
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.consolidation_storage import SqlConsolidations
from reasoningbank.storage.sql.copy_storage import SqlCopies
from reasoningbank.storage.sql.operator_storage import SqlOperatorStorage
from reasoningbank.storage.sql.verification import Reads


class SqlStorage(SqlConsolidations, SqlCopies, SqlOperatorStorage):
    """Do what `StorageBackend` asks for, but for what each engine does in its own way.

    Args:
        reads: How patterns are read: as they stand, or verified.
    """

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    @abstractmethod
    def _snapshot(self, namespace: str) -> AbstractContextManager[SqlConnection]:
        """Lend a connection that goes on seeing a namespace as of now, of any age."""

    @property
    @abstractmethod
    def read_only(self) -> bool:
        """Whether every write is refused."""

    @abstractmethod
    def _described(self) -> counting.Described:
        """Say which engine this is, and where."""

    def get_stats(self, namespace: str, now: str) -> StorageStats:
        counted = self._moment(
            namespace, lambda connection: counting.counted(connection, namespace, now)
        )
        return counting.stats(counted, self._described(), namespace, read_only=self.read_only)

    def store_pattern(
        self, new: NewPattern, model: EmbeddingModel, options: StoreOptions
    ) -> tuple[str, StoreStatus]:
        return self._write(
            new.pattern.namespace, lambda connection: writing.store(connection, new, model, options)
        )

    def store_patterns(
        self, new: Sequence[NewPattern], model: EmbeddingModel, options: StoreOptions
    ) -> list[tuple[str, StoreStatus]]:
        if not new:
            return []
        return self._write(
            new[0].pattern.namespace,
            lambda connection: writing.store_all(connection, new, model, options),
        )

    def get_pattern(self, namespace: str, pattern_id: str) -> Pattern | None:
        return self._read(
            namespace, lambda connection: self._reads.pattern(connection, namespace, pattern_id)
        )

    def get_patterns_by_category(
        self, namespace: str, category: str, limit: int, now: str
    ) -> list[Pattern]:
        return self._read(
            namespace,
            lambda connection: self._reads.by_category(connection, namespace, category, limit, now),
        )

    def edit_pattern(
        self, namespace: str, pattern_id: str, edit: PatternEdit, model: EmbeddingModel | None
    ) -> Pattern:
        return self._write(
            namespace,
            lambda connection: writing.edit(connection, namespace, pattern_id, edit, model),
        )

    def delete_pattern(self, namespace: str, pattern_id: str, stamp: Stamp) -> None:
        self._write(
            namespace, lambda connection: writing.delete(connection, namespace, pattern_id, stamp)
        )

    def current_model(self, namespace: str) -> EmbeddingModel | None:
        current = self._read(
            namespace, lambda connection: models.current_model(connection, namespace)
        )
        return None if current is None else current[1]

    def patterns_to_embed(
        self, namespace: str, model: EmbeddingModel, after: str, limit: int
    ) -> list[tuple[str, str]]:
        return self._moment(
            namespace,
            lambda connection: reembedding.patterns_to_embed(
                connection, namespace, model, after, limit
            ),
        )

    def add_vectors(
        self, namespace: str, model: EmbeddingModel, vectors: Sequence[tuple[str, str, bytes]]
    ) -> int:
        return self._write(
            namespace,
            lambda connection: reembedding.add_vectors(connection, namespace, model, vectors),
            alone=True,
        )

    def switch_model(self, namespace: str, model: EmbeddingModel) -> bool:
        return self._write(
            namespace,
            lambda connection: reembedding.switch_model(connection, namespace, model),
            alone=True,
        )

    def record_outcome(self, namespace: str, outcome: Outcome) -> RecordedOutcome:
        return self._write(
            namespace, lambda connection: outcomes.record(connection, namespace, outcome)
        )

    def reliability(self, namespace: str, pattern_id: str) -> Reliability:
        return self._read(
            namespace, lambda connection: outcomes.reliability(connection, namespace, pattern_id)
        )

    def outcomes(self, namespace: str, pattern_id: str) -> list[Outcome]:
        return self._read(
            namespace,
            lambda connection: list(reading.outcomes(connection, namespace, pattern_id)),
        )

    def history(self, namespace: str, pattern_id: str) -> list[PatternChange]:
        return self._moment(
            namespace, lambda connection: reading.full_history(connection, namespace, pattern_id)
        )

    def observations(self, namespace: str, pattern_id: str) -> list[Observation]:
        return self._read(
            namespace,
            lambda connection: list(reading.observations(connection, namespace, pattern_id)),
        )

    def records(
        self, namespace: str, on_damaged: Callable[[str], None] | None = None
    ) -> Iterator[PatternRecord]:
        with self._snapshot(namespace) as connection:
            if on_damaged is None:
                yield from transfer.records(connection, namespace)
            else:
                yield from self._readable_records(connection, namespace, on_damaged)

    @abstractmethod
    def _readable_records(
        self, connection: SqlConnection, namespace: str, on_damaged: Callable[[str], None]
    ) -> Iterator[PatternRecord]:
        """Give the records that are sound, and call `on_damaged` with the ids of the others."""

    def restore_records(
        self, records: Sequence[tuple[PatternRecord, bytes]], model: EmbeddingModel
    ) -> list[RestoreStatus]:
        if not records:
            return []
        return self._write(
            records[0][0].pattern.namespace,
            lambda connection: [
                transfer.restore(connection, record, vector, model) for record, vector in records
            ],
            alone=True,
        )

    def store_trajectory(self, trajectory: Trajectory, fingerprint: bytes) -> tuple[str, bool]:
        known = self._write(
            trajectory.namespace,
            lambda connection: trajectories.insert(connection, trajectory, fingerprint),
        )
        return (str(trajectory.id), True) if known is None else (known, False)

    def get_trajectory(self, namespace: str, trajectory_id: str) -> Trajectory | None:
        return self._read(
            namespace,
            lambda connection: trajectories.get(
                connection, namespace, trajectory_id, self._reads.trajectory
            ),
        )

    def trajectories(
        self, namespace: str, after: str, state: TrajectoryState | None, limit: int
    ) -> list[Trajectory]:
        return self._read(
            namespace,
            lambda connection: trajectories.page(
                connection, namespace, after, state, limit=limit, made_of=self._reads.trajectory
            ),
        )

    def judge_trajectory(
        self,
        namespace: str,
        trajectory_id: str,
        judgement: Judgement,
        at: str,
        told: Sequence[Outcome] = (),
    ) -> Trajectory:
        return self._write(
            namespace,
            lambda connection: learning.judge(
                connection, namespace, trajectory_id, judgement, at, told=told
            ),
            alone=True,
        )

    def unlearned_trajectories(
        self, namespace: str, limit: int, origin: str | None = None
    ) -> list[Trajectory]:
        return self._read(
            namespace,
            lambda connection: trajectories.unlearned(
                connection, namespace, limit, origin, self._reads.trajectory
            ),
        )

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
        return self._write(
            namespace,
            lambda connection: learning.learn(
                connection, namespace, trajectory_ids, learned, model, stamp=stamp, note=note
            ),
            alone=True,
        )

    def withdraw_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        return self._write(
            namespace,
            lambda connection: withdrawal.withdraw(connection, namespace, [trajectory_id], stamp),
            alone=True,
        )

    def withdraw_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        return self._write(
            namespace,
            lambda connection: withdrawal.withdraw_source(
                connection, namespace, kind, source, stamp
            ),
            alone=True,
        )

    def reinstate_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        return self._write(
            namespace,
            lambda connection: withdrawal.reinstate(connection, namespace, [trajectory_id], stamp),
            alone=True,
        )

    def reinstate_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        return self._write(
            namespace,
            lambda connection: withdrawal.reinstate_source(
                connection, namespace, kind, source, stamp
            ),
            alone=True,
        )

    def trajectory_records(self, namespace: str) -> Iterator[TrajectoryRecord]:
        with self._snapshot(namespace) as connection:
            yield from trajectory_records.records(connection, namespace)

    def restore_trajectories(
        self, records: Sequence[tuple[TrajectoryRecord, bytes]], stamp: Stamp
    ) -> list[RestoreStatus]:
        if not records:
            return []
        return self._write(
            records[0][0].trajectory.namespace,
            lambda connection: [
                trajectory_records.restore(connection, record, fingerprint, stamp)
                for record, fingerprint in records
            ],
            alone=True,
        )

    def add_link(self, namespace: str, link: PatternLink) -> None:
        self._write(namespace, lambda connection: trajectories.link(connection, namespace, link))

    def links(self, namespace: str, either_id: str) -> list[PatternLink]:
        return self._read(
            namespace,
            lambda connection: list(trajectories.links(connection, namespace, either_id)),
        )

    def record_recalls(self, namespace: str, events: Sequence[RecallEvent]) -> None:
        self._write(namespace, lambda connection: recalls.insert(connection, namespace, events))

    def recall_event(self, namespace: str, recall_id: str) -> tuple[RecallEvent, str | None]:
        return self._read(
            namespace, lambda connection: recalls.get(connection, namespace, recall_id)
        )

    def settle_recall(
        self, namespace: str, recall_id: str, told: Sequence[Outcome], now: str
    ) -> list[RecordedOutcome]:
        return self._write(
            namespace,
            lambda connection: learning.settle_recall(connection, namespace, recall_id, told, now),
        )
