"""Two banks that are kept equal and answer as one: the storage backend of a rollout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from reasoningbank.domain.consolidation import KeptConsolidation, PlannedStep, Proposal, Reached
from reasoningbank.domain.copies import MODEL, Copy, Subject, patterns_named, subject_of
from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.outcome import Outcome, RecordedOutcome
from reasoningbank.domain.pattern import Erasure, Pattern, StorageStats, StoreStatus
from reasoningbank.domain.recall import RecallEvent
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
from reasoningbank.domain.trajectory import PatternLink, Trajectory
from reasoningbank.storage.rollout.counted import RolloutCounts
from reasoningbank.storage.rollout.pair import other
from reasoningbank.storage.rollout.reading import RolloutReading


class RolloutStorage(RolloutReading, RolloutCounts):
    """Pair a bank with a candidate for its place.

    Every write is made in the bank that counts and queued for the other, which is carried over by a
    thread of each process, one at a time. While the rollout runs the candidate answers a share of the
    reads, and only where nothing waits to be carried over in that namespace. Made by `open_storage` where
    ``reasoningbank rollout start`` began a rollout.
    """

    def store_pattern(
        self, new: NewPattern, model: EmbeddingModel, options: StoreOptions
    ) -> tuple[str, StoreStatus]:
        return self._write(
            new.pattern.namespace,
            lambda bank: bank.store_pattern(new, model, options),
            None,
            lambda stored: [MODEL, *patterns_named([stored[0]])],
        )

    def store_patterns(
        self, new: Sequence[NewPattern], model: EmbeddingModel, options: StoreOptions
    ) -> list[tuple[str, StoreStatus]]:
        if not new:
            return []
        return self._write(
            new[0].pattern.namespace,
            lambda bank: bank.store_patterns(new, model, options),
            None,
            _stored,
        )

    def edit_pattern(
        self, namespace: str, pattern_id: str, edit: PatternEdit, model: EmbeddingModel | None
    ) -> Pattern:
        return self._write(
            namespace,
            lambda bank: bank.edit_pattern(namespace, pattern_id, edit, model),
            [MODEL, *patterns_named([pattern_id])],
        )

    def delete_pattern(self, namespace: str, pattern_id: str, stamp: Stamp) -> None:
        self._write(
            namespace,
            lambda bank: bank.delete_pattern(namespace, pattern_id, stamp),
            patterns_named([pattern_id]),
        )

    def erase_pattern(self, namespace: str, pattern_id: str) -> Erasure:
        subjects = patterns_named([pattern_id])
        erased = self._write(
            namespace, lambda bank: bank.erase_pattern(namespace, pattern_id), subjects
        )
        self._carry_now(namespace, subjects)
        return erased

    def add_vectors(
        self, namespace: str, model: EmbeddingModel, vectors: Sequence[tuple[str, str, bytes]]
    ) -> int:
        return self._write(
            namespace,
            lambda bank: bank.add_vectors(namespace, model, vectors),
            patterns_named(pattern_id for pattern_id, _, _ in vectors),
        )

    def switch_model(self, namespace: str, model: EmbeddingModel) -> bool:
        return self._write(namespace, lambda bank: bank.switch_model(namespace, model), [MODEL])

    def record_outcome(self, namespace: str, outcome: Outcome) -> RecordedOutcome:
        return self._write(
            namespace,
            lambda bank: bank.record_outcome(namespace, outcome),
            patterns_named([outcome.pattern_id]),
        )

    def restore_records(
        self, records: Sequence[tuple[PatternRecord, bytes]], model: EmbeddingModel
    ) -> list[RestoreStatus]:
        if not records:
            return []
        patterns = [record.pattern for record, _ in records]
        return self._write(
            patterns[0].namespace,
            lambda bank: bank.restore_records(records, model),
            [MODEL, *patterns_named(pattern.id for pattern in patterns)],
        )

    def store_trajectory(self, trajectory: Trajectory, fingerprint: bytes) -> tuple[str, bool]:
        return self._write(
            trajectory.namespace,
            lambda bank: bank.store_trajectory(trajectory, fingerprint),
            _trajectories([trajectory.id]),
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
            lambda bank: bank.judge_trajectory(namespace, trajectory_id, judgement, at, told),
            [*_trajectories([trajectory_id]), *_told(told)],
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
            lambda bank: bank.learn_patterns(
                namespace, trajectory_ids, learned, model, stamp, note=note
            ),
            None,
            lambda stored: [*_trajectories(trajectory_ids), *_stored(stored)],
        )

    def withdraw_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        return self._write(
            namespace,
            lambda bank: bank.withdraw_trajectory(namespace, trajectory_id, stamp),
            None,
            lambda quarantined: self._related(namespace, trajectory_id, quarantined),
        )

    def reinstate_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        return self._write(
            namespace,
            lambda bank: bank.reinstate_trajectory(namespace, trajectory_id, stamp),
            None,
            lambda active: self._related(namespace, trajectory_id, active),
        )

    def _related(self, namespace: str, trajectory_id: str, ids: Iterable[str]) -> list[Subject]:
        """Give a trajectory and the patterns derived from it: holds may have changed on all."""
        links = self._counting().links(namespace, trajectory_id)
        return [
            *_trajectories([trajectory_id]),
            *patterns_named([*ids, *(link.source_id for link in links)]),
        ]

    # What belongs to a source only the engine can tell: the namespace is compared afterwards.

    def withdraw_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        return self._write(
            namespace, lambda bank: bank.withdraw_source(namespace, kind, source, stamp), None
        )

    def reinstate_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        return self._write(
            namespace, lambda bank: bank.reinstate_source(namespace, kind, source, stamp), None
        )

    def erase_trajectory(self, namespace: str, trajectory_id: str) -> list[Erasure]:
        related = self._related(namespace, trajectory_id, ())
        erased = self._write(
            namespace,
            lambda bank: bank.erase_trajectory(namespace, trajectory_id),
            None,
            lambda proofs: [
                *related,
                *_trajectories([trajectory_id]),
                *patterns_named(proof.id for proof in proofs[1:]),
            ],
        )
        gone = [*_trajectories([trajectory_id]), *patterns_named(one.id for one in erased[1:])]
        self._carry_now(namespace, gone)
        return erased

    def restore_trajectories(
        self, records: Sequence[tuple[TrajectoryRecord, bytes]], stamp: Stamp
    ) -> list[RestoreStatus]:
        if not records:
            return []
        restored = [record for record, _ in records]
        return self._write(
            restored[0].trajectory.namespace,
            lambda bank: bank.restore_trajectories(records, stamp),
            [
                *_trajectories(record.trajectory.id for record in restored),
                *patterns_named(
                    one
                    for record in restored
                    for one in (*(link.source_id for link in record.links), *record.withheld)
                ),
            ],
        )

    def add_link(self, namespace: str, link: PatternLink) -> None:
        self._write(
            namespace,
            lambda bank: bank.add_link(namespace, link),
            patterns_named([link.source_id]),
        )

    def record_recalls(self, namespace: str, events: Sequence[RecallEvent]) -> None:
        if events:
            self._write(
                namespace,
                lambda bank: bank.record_recalls(namespace, events),
                [Subject("recall", str(event.id)) for event in events],
            )

    def settle_recall(
        self, namespace: str, recall_id: str, told: Sequence[Outcome], now: str
    ) -> list[RecordedOutcome]:
        return self._write(
            namespace,
            lambda bank: bank.settle_recall(namespace, recall_id, told, now),
            [Subject("recall", recall_id), *_told(told)],
        )

    def take_steps(
        self, namespace: str, kept: KeptConsolidation, steps: Sequence[PlannedStep]
    ) -> list[Proposal]:
        return self._write(
            namespace,
            lambda bank: bank.take_steps(namespace, kept, steps),
            _consolidated(kept, [step.proposal for step in steps]),
        )

    def finish_consolidation(
        self, namespace: str, kept: KeptConsolidation | None, reached: Reached
    ) -> None:
        self._write(
            namespace,
            lambda bank: bank.finish_consolidation(namespace, kept, reached),
            [] if kept is None else _consolidated(kept, ()),
        )

    def take_back(self, namespace: str, kept: KeptConsolidation, stamp: Stamp) -> int:
        return self._write(
            namespace,
            lambda bank: bank.take_back(namespace, kept, stamp),
            _consolidated(kept, kept.report.proposals),
        )

    def claim_consolidation(self, namespace: str, owner: str, every: int, now_ms: int) -> int:
        return self._counting().claim_consolidation(namespace, owner, every, now_ms)

    def release_consolidation(self, namespace: str, owner: str, failure: str | None) -> None:
        self._counting().release_consolidation(namespace, owner, failure)

    def put_copies(self, namespace: str, given: Sequence[Copy]) -> int:
        return self._write(
            namespace,
            lambda bank: bank.put_copies(namespace, given),
            [subject_of(copy) for copy in given],
        )

    def get_stats(self, namespace: str, now: str) -> StorageStats:
        state = self._journal.state()
        stats = self._counting().get_stats(namespace, now)
        if not state.pairs:
            return stats
        where = "promoted" if state.phase == "promoted" else f"{state.percent} % of reads"
        return msgspec.structs.replace(stats, reason=f"{stats.reason}; in a rollout ({where})")

    def check(self, namespace: str, *, full: bool) -> list[Finding]:
        return [*self._counting().check(namespace, full=full), *self._own_findings()]

    def _own_findings(self) -> list[Finding]:
        status = self._journal.status("")
        if not status.state.pairs:
            return []
        waiting = sum(status.queued.values())
        behind = f"the {other(status.state.authoritative)} bank"
        if waiting == 0 and status.state.fallen_back is None:
            return [Finding(check="rollout", level="ok", message=f"{behind} is level")]
        said = status.state.fallen_back or f"{waiting:,} changes wait for {behind}"
        return [
            Finding(
                check="rollout",
                level="warning",
                message=said,
                hint="Run `reasoningbank rollout status`.",
            )
        ]


def _stored(stored: Sequence[tuple[str, StoreStatus]]) -> list[Subject]:
    return [MODEL, *patterns_named(pattern_id for pattern_id, _ in stored)]


def _trajectories(ids: Iterable[str | UUID]) -> list[Subject]:
    return [Subject("trajectory", str(one)) for one in ids]


def _told(told: Sequence[Outcome]) -> list[Subject]:
    return patterns_named(outcome.pattern_id for outcome in told)


def _consolidated(kept: KeptConsolidation, steps: Sequence[Proposal]) -> list[Subject]:
    ids = [step.pattern_id for step in steps]
    ids += [step.other_id for step in steps if step.other_id is not None]
    return [Subject("consolidation", str(kept.report.id)), *patterns_named(ids)]
