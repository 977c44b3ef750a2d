"""What every storage engine keeps of learning: experiences, recalls, and what consolidation did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from reasoningbank.domain.consolidation import (
    KeptConsolidation,
    PlannedStep,
    Proposal,
    Reached,
)
from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.outcome import Outcome, RecordedOutcome
from reasoningbank.domain.pattern import (
    Erasure,
    Pattern,
    StoreStatus,
)
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.domain.records import (
    EmbeddingModel,
    LearnedPattern,
    RestoreStatus,
    Stamp,
    TrajectoryRecord,
)
from reasoningbank.domain.trajectory import (
    PatternLink,
    Trajectory,
    TrajectoryState,
)


class LearningStorage(Protocol):
    """Keep trajectories, what was learned from them, and what was recalled."""

    def store_trajectory(self, trajectory: Trajectory, fingerprint: bytes) -> tuple[str, bool]:
        """Keep a trajectory; give its id and whether it is new (an equal one is kept once)."""

    def get_trajectory(self, namespace: str, trajectory_id: str) -> Trajectory | None:
        """Give the trajectory, or None."""

    def trajectories(
        self, namespace: str, after: str, state: TrajectoryState | None, limit: int
    ) -> list[Trajectory]:
        """Give trajectories in the order of their ids, after an id."""

    def judge_trajectory(
        self,
        namespace: str,
        trajectory_id: str,
        judgement: Judgement,
        at: str,
        told: Sequence[Outcome] = (),
    ) -> Trajectory:
        """Write a verdict, or the note of a judge that reached none.

        Where patterns were learned already, the outcomes `told` are counted for them, unless the
        verdict says nothing new.
        """

    def unlearned_trajectories(
        self, namespace: str, limit: int, origin: str | None = None
    ) -> list[Trajectory]:
        """Give pending and judged trajectories, those first that were not tried for longest.

        With an `origin` only those that came from it.
        """

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
        """Store what trajectories taught together, linked and counted, in one step; once.

        What was learned from before has no part in it; if that is all of them, it is replayed.
        Where they taught nothing, `note` says so.
        """

    def withdraw_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        """Quarantine what came of a trajectory alone; give those patterns' ids."""

    def reinstate_trajectory(self, namespace: str, trajectory_id: str, stamp: Stamp) -> list[str]:
        """Undo `withdraw_trajectory`."""

    def withdraw_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        """Withdraw every trajectory of a source, and patterns it stored as they are."""

    def reinstate_source(
        self, namespace: str, kind: Literal["origin", "actor"], source: str, stamp: Stamp
    ) -> list[str]:
        """Undo `withdraw_source`."""

    def erase_trajectory(self, namespace: str, trajectory_id: str) -> list[Erasure]:
        """Remove a trajectory and what was derived from it so that the bytes are gone."""

    def trajectory_records(self, namespace: str) -> Iterator[TrajectoryRecord]:
        """Give every trajectory with what is kept about it, as of one moment, by id."""

    def restore_trajectories(
        self, records: Sequence[tuple[TrajectoryRecord, bytes]], stamp: Stamp
    ) -> list[RestoreStatus]:
        """Put trajectories back as they were, given with their fingerprints: all or none."""

    def add_link(self, namespace: str, link: PatternLink) -> None:
        """Relate a pattern to another."""

    def links(self, namespace: str, either_id: str) -> list[PatternLink]:
        """Give the relations in which a pattern or trajectory stands."""

    def record_recalls(self, namespace: str, events: Sequence[RecallEvent]) -> None:
        """Keep recall events."""

    def recall_event(self, namespace: str, recall_id: str) -> tuple[RecallEvent, str | None]:
        """Give a recall event and when its outcome was told."""

    def settle_recall(
        self, namespace: str, recall_id: str, told: Sequence[Outcome], now: str
    ) -> list[RecordedOutcome]:
        """Count the outcome of a recall; told before, give what was counted then."""


class ConsolidationStorage(Protocol):
    """Carry consolidations out, remember how far they came, and take them back."""

    def patterns_to_consolidate(
        self, namespace: str, reached: Reached | None, limit: int
    ) -> tuple[list[Pattern], Reached]:
        """Give active patterns that changed since a point was reached, and the point after them.

        All of them, in the order of ids, where the point is None or too old to tell. A page with
        fewer than `limit` may be followed by others; one that gives the point back is the last.
        """

    def consolidated(self, namespace: str) -> Reached | None:
        """Give how far consolidation has looked; None when it never ran."""

    def take_steps(
        self,
        namespace: str,
        kept: KeptConsolidation,
        steps: Sequence[PlannedStep],
    ) -> list[Proposal]:
        """Keep a report and carry its steps out; give those taken.

        The report is kept first, so that what a killed run has done can be undone. Left out are
        steps whose patterns are not what they were planned for any more.
        """

    def finish_consolidation(
        self, namespace: str, kept: KeptConsolidation | None, reached: Reached
    ) -> None:
        """Keep the final report, if there is one, and how far it looked."""

    def consolidation(self, namespace: str, report_id: str) -> KeptConsolidation | None:
        """Give what is kept of a consolidation, or None."""

    def take_back(self, namespace: str, kept: KeptConsolidation, stamp: Stamp) -> int:
        """Undo the steps of a consolidation; give how many there were still to undo."""

    def undone_steps(self, namespace: str) -> list[Proposal]:
        """Give the steps of consolidations that were taken back."""

    def pruned_ids(self, namespace: str) -> list[str]:
        """Give the ids of patterns that consolidations pruned and nobody brought back."""

    def claim_consolidation(self, namespace: str, owner: str, every: int, now_ms: int) -> int:
        """Let `owner` alone consolidate for a while, if so many patterns are new since the last time.

        Gives 0 where it is the owner's turn, else how many more patterns it takes, 1 where
        somebody else is at it.
        """

    def release_consolidation(self, namespace: str, owner: str, failure: str | None) -> None:
        """End the owner's turn, noting what it failed of for `check`, or that it went well."""
