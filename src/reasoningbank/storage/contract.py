"""What every storage engine does for the bank.

Each call names its namespace; none crosses it. Ids are canonical text. Times are text as in
`reasoningbank.domain.timestamps`. A write that returns has been committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, Protocol, runtime_checkable

from reasoningbank.domain.consolidation import (
    KeptConsolidation,
    PlannedStep,
    Proposal,
    Reached,
)
from reasoningbank.domain.copies import Copy, Subject, SubjectKind
from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.metrics import MetricPoint, StorageUse
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
from reasoningbank.domain.survey import BankProgress, MapPoint
from reasoningbank.domain.trajectory import (
    PatternLink,
    Trajectory,
    TrajectoryState,
)

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
        """Give the k nearest active patterns with their outcomes, and how many were kept out.

        Outcomes of duplicates that consolidation put away count for the pattern it kept. Without
        `vectors`, theirs are left empty.
        """

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


class CopyingStorage(Protocol):
    """Give and take exact copies, so that another engine can be kept equal to this one."""

    def namespaces(self) -> list[str]:
        """Give every namespace that holds anything, ordered."""

    def subject_ids(self, namespace: str, kind: SubjectKind, after: str, limit: int) -> list[str]:
        """Give the ids of one kind in their order, beginning after an id.

        Those of deleted patterns whose history is kept are among them.
        """

    def copies(self, namespace: str, subjects: Sequence[Subject]) -> list[Copy]:
        """Give everything kept about each, in that order; empty copies where there is nothing."""

    def put_copies(self, namespace: str, given: Sequence[Copy]) -> int:
        """Make what is kept equal to the copies given, in one step; give how many were not yet.

        What stands in their way, such as another pattern with the dedupe key of one, is removed.
        """

    def refuse_writes(self, reason: str | None) -> bool:
        """Refuse every write but copies, whoever makes it, or with None take them again.

        Gives whether the engine can.
        """


class ListingStorage(Protocol):
    """List ids a page at a time, for whoever looks through a bank."""

    def pattern_ids(
        self,
        namespace: str,
        after: str | None,
        limit: int,
        *,
        category: str | None,
        state: Literal["active", "quarantined"] | None,
        newest_first: bool,
    ) -> list[str]:
        """Give ids of patterns in the order of their ids or against it, beginning behind one."""

    def recall_ids(self, namespace: str, limit: int) -> list[str]:
        """Give the ids of the newest recalls, newest first."""

    def consolidation_ids(self, namespace: str, limit: int) -> list[str]:
        """Give the ids of the newest consolidations, newest first."""

    def progress(self, namespace: str) -> BankProgress:
        """Give what came to be by day and category, and what outcomes told."""

    def spread(self, namespace: str, limit: int) -> list[MapPoint]:
        """Give patterns with a vector, spread over all and the same ones each time."""


class MetricsStorage(Protocol):
    """Keep what was counted of the operations of all processes.

    A file keeps the counts of all its namespaces together, a server those of each by itself: who
    may see one namespace there sees no other's.
    """

    def record_metrics(self, namespace: str, points: Sequence[MetricPoint], now: str) -> bool:
        """Add counts to those kept; give False, having kept none, where others hold the bank.

        Counts of one name are added up by the minute, after two hours by the hour, after a week by
        the day; after 90 days they are dropped.
        """

    def metric_points(self, namespace: str, since: str) -> list[MetricPoint]:
        """Give the counts of each minute, hour or day that begins at `since` or later, by time."""

    def storage_use(self) -> StorageUse:
        """Say what connections and memory this process uses for the bank."""


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
