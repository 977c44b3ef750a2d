"""The questions of a storage backend, asked of the bank that a rollout chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reasoningbank.domain.consolidation import KeptConsolidation, Proposal, Reached
from reasoningbank.domain.copies import Copy, Subject, SubjectKind
from reasoningbank.domain.outcome import Outcome, Reliability
from reasoningbank.domain.pattern import (
    Observation,
    Pattern,
    PatternChange,
    SimilarPattern,
)
from reasoningbank.domain.recall import Hidden, Neighbour, RecallEvent
from reasoningbank.domain.records import (
    EmbeddingModel,
    PatternRecord,
    SimilarityQuery,
    TrajectoryRecord,
)
from reasoningbank.domain.trajectory import PatternLink, Trajectory, TrajectoryState
from reasoningbank.storage.rollout.core import RolloutCore


class RolloutReading(RolloutCore):
    """Answer questions; exports, and what steps are planned by, always by the bank that counts."""

    def get_pattern(self, namespace: str, pattern_id: str) -> Pattern | None:
        return self._read(
            "get_pattern",
            namespace,
            pattern_id,
            lambda bank: bank.get_pattern(namespace, pattern_id),
        )

    def get_patterns_by_category(
        self, namespace: str, category: str, limit: int, now: str
    ) -> list[Pattern]:
        return self._read(
            "get_patterns_by_category",
            namespace,
            category,
            lambda bank: bank.get_patterns_by_category(namespace, category, limit, now),
        )

    def nearest(self, query: SimilarityQuery) -> list[SimilarPattern]:
        return self._read(
            "nearest", query.namespace, query.vector, lambda bank: bank.nearest(query)
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
        return self._read(
            "nearest_many",
            namespace,
            b"".join(query for _, query in queries),
            lambda bank: bank.nearest_many(
                namespace, model, queries, k, min_similarity=min_similarity, now_ms=now_ms
            ),
        )

    def neighbours(
        self, query: SimilarityQuery, *, vectors: bool = True
    ) -> tuple[list[Neighbour], Hidden]:
        return self._read(
            "neighbours",
            query.namespace,
            query.vector,
            lambda bank: bank.neighbours(query, vectors=vectors),
        )

    def current_model(self, namespace: str) -> EmbeddingModel | None:
        return self._read(
            "current_model", namespace, "", lambda bank: bank.current_model(namespace)
        )

    def reliability(self, namespace: str, pattern_id: str) -> Reliability:
        return self._read(
            "reliability",
            namespace,
            pattern_id,
            lambda bank: bank.reliability(namespace, pattern_id),
        )

    def outcomes(self, namespace: str, pattern_id: str) -> list[Outcome]:
        return self._read(
            "outcomes", namespace, pattern_id, lambda bank: bank.outcomes(namespace, pattern_id)
        )

    def history(self, namespace: str, pattern_id: str) -> list[PatternChange]:
        return self._read(
            "history", namespace, pattern_id, lambda bank: bank.history(namespace, pattern_id)
        )

    def observations(self, namespace: str, pattern_id: str) -> list[Observation]:
        return self._read(
            "observations",
            namespace,
            pattern_id,
            lambda bank: bank.observations(namespace, pattern_id),
        )

    def get_trajectory(self, namespace: str, trajectory_id: str) -> Trajectory | None:
        return self._read(
            "get_trajectory",
            namespace,
            trajectory_id,
            lambda bank: bank.get_trajectory(namespace, trajectory_id),
        )

    def trajectories(
        self, namespace: str, after: str, state: TrajectoryState | None, limit: int
    ) -> list[Trajectory]:
        return self._read(
            "trajectories",
            namespace,
            after,
            lambda bank: bank.trajectories(namespace, after, state, limit),
        )

    def links(self, namespace: str, either_id: str) -> list[PatternLink]:
        return self._read(
            "links", namespace, either_id, lambda bank: bank.links(namespace, either_id)
        )

    def recall_event(self, namespace: str, recall_id: str) -> tuple[RecallEvent, str | None]:
        return self._read(
            "recall_event",
            namespace,
            recall_id,
            lambda bank: bank.recall_event(namespace, recall_id),
        )

    def consolidation(self, namespace: str, report_id: str) -> KeptConsolidation | None:
        return self._read(
            "consolidation",
            namespace,
            report_id,
            lambda bank: bank.consolidation(namespace, report_id),
        )

    def undone_steps(self, namespace: str) -> list[Proposal]:
        return self._counting().undone_steps(namespace)

    def pruned_ids(self, namespace: str) -> list[str]:
        return self._counting().pruned_ids(namespace)

    def unlearned_trajectories(
        self, namespace: str, limit: int, origin: str | None = None
    ) -> list[Trajectory]:
        return self._counting().unlearned_trajectories(namespace, limit, origin)

    def patterns_to_embed(
        self, namespace: str, model: EmbeddingModel, after: str, limit: int
    ) -> list[tuple[str, str]]:
        return self._counting().patterns_to_embed(namespace, model, after, limit)

    def patterns_to_consolidate(
        self, namespace: str, reached: Reached | None, limit: int
    ) -> tuple[list[Pattern], Reached]:
        return self._counting().patterns_to_consolidate(namespace, reached, limit)

    def consolidated(self, namespace: str) -> Reached | None:
        return self._counting().consolidated(namespace)

    def records(
        self, namespace: str, on_damaged: Callable[[str], None] | None = None
    ) -> Iterator[PatternRecord]:
        return self._counting().records(namespace, on_damaged)

    def trajectory_records(self, namespace: str) -> Iterator[TrajectoryRecord]:
        return self._counting().trajectory_records(namespace)

    def namespaces(self) -> list[str]:
        return self._counting().namespaces()

    def subject_ids(self, namespace: str, kind: SubjectKind, after: str, limit: int) -> list[str]:
        return self._counting().subject_ids(namespace, kind, after, limit)

    def copies(
        self, namespace: str, subjects: Sequence[Subject], *, verified: bool = False
    ) -> list[Copy]:
        return self._counting().copies(namespace, subjects, verified=verified)

    def refuse_writes(self, reason: str | None) -> bool:
        return self._counting().refuse_writes(reason)
