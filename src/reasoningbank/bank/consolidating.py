"""One consolidation of a namespace: looking, planning, taking the steps, and taking them back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain.consolidation import (
    ConsolidationOptions,
    ConsolidationReport,
    KeptConsolidation,
    PlannedStep,
    Proposal,
    Reached,
)
from reasoningbank.domain.identifiers import Clock, RandomBytes, new_id
from reasoningbank.domain.outcome import Reliability
from reasoningbank.domain.pattern import Pattern, SimilarPattern
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.learning.consolidation import NEIGHBOURS, Planner
from reasoningbank.storage import StorageBackend

_PAGE = 500
_DAY_MS = 86_400_000
_STRATEGIES_REMEMBERED = 2_048


class Consolidator:
    """Consolidate one namespace.

    Args:
        storage: Where its patterns are.
        namespace: The tenant.
        vectors: The bank's embedder.
        clock: Gives the time.
        random_bytes: For the ids of reports.
        actor: Who is noted in histories.
    """

    def __init__(
        self,
        storage: StorageBackend,
        namespace: str,
        vectors: TextVectors,
        *,
        clock: Clock,
        random_bytes: RandomBytes,
        actor: str,
    ) -> None:
        self._storage = storage
        self._namespace = namespace
        self._vectors = vectors
        self._clock = clock
        self._random_bytes = random_bytes
        self._actor = actor

    def run(
        self, options: ConsolidationOptions, *, dry_run: bool, everything: bool
    ) -> ConsolidationReport:
        """Look at all that is new, and unless `dry_run` take the steps."""
        begun = None if everything else self._storage.consolidated(self._namespace)
        pages = _Pages(self._storage, self._namespace, begun)
        now_ms = self._clock()
        looked_at, steps = self._planned(pages, options, now_ms, everything=everything)
        if options.purge:
            steps += self._purges()
        if dry_run:
            return ConsolidationReport(
                id=None,
                applied=False,
                looked_at=looked_at,
                proposals=tuple(step.proposal for step in steps),
            )
        return self._taken(steps, looked_at, pages.reached, options, now_ms)

    def step(self, options: ConsolidationOptions, patterns: int) -> bool:
        """Consolidate the next few patterns; give whether there may be more to look at."""
        begun = self._storage.consolidated(self._namespace)
        found, reached = self._storage.patterns_to_consolidate(self._namespace, begun, patterns)
        if begun is not None and reached == begun:
            return False
        now_ms = self._clock()
        looked_at, steps = self._planned([found], options, now_ms, everything=False)
        if steps:
            self._taken(steps, looked_at, reached, options, now_ms)
        else:
            self._storage.finish_consolidation(self._namespace, None, reached)
        return True

    def _planned(
        self,
        pages: Iterable[Sequence[Pattern]],
        options: ConsolidationOptions,
        now_ms: int,
        *,
        everything: bool,
    ) -> tuple[int, list[PlannedStep]]:
        looked_at: list[None] = []
        view = _StorageView(self._storage, self._namespace, self._vectors, options, now_ms)
        refused = () if everything else self._storage.undone_steps(self._namespace)
        planner = Planner(view, options, now_ms, refused)
        steps: list[PlannedStep] = []
        for page in pages:
            view.look_ahead(page)
            steps += planner.steps(page, lambda: looked_at.append(None))
        return len(looked_at), steps

    def _purges(self) -> list[PlannedStep]:
        return [
            PlannedStep(
                Proposal(
                    kind="purge", pattern_id=UUID(pattern_id), reason="pruned by an earlier run"
                ),
                version=0,
            )
            for pattern_id in self._storage.pruned_ids(self._namespace)
        ]

    def _taken(
        self,
        steps: Sequence[PlannedStep],
        looked_at: int,
        reached: Reached,
        options: ConsolidationOptions,
        now_ms: int,
    ) -> ConsolidationReport:
        """Take steps, and keep the report of those that could be taken."""

        def kept_with(proposals: tuple[Proposal, ...]) -> KeptConsolidation:
            report = ConsolidationReport(
                id=report_id, applied=True, looked_at=looked_at, proposals=proposals
            )
            return KeptConsolidation(
                report=report,
                actor=self._actor,
                at=format_timestamp(now_ms),
                expires_at=format_timestamp(now_ms + options.grace_days * _DAY_MS),
            )

        report_id = new_id(now_ms, self._random_bytes)
        planned = kept_with(tuple(step.proposal for step in steps))
        taken = self._storage.take_steps(self._namespace, planned, steps)
        final = kept_with(tuple(taken))
        self._storage.finish_consolidation(self._namespace, final, reached)
        return final.report


class _Pages:
    """The patterns to look at, page by page, and how far they go."""

    def __init__(self, storage: StorageBackend, namespace: str, begun: Reached | None) -> None:
        self._storage = storage
        self._namespace = namespace
        self._begun = begun
        self.reached = Reached(0)

    def __iter__(self) -> Iterator[Sequence[Pattern]]:
        point = self._begun
        while True:
            page, after = self._storage.patterns_to_consolidate(self._namespace, point, _PAGE)
            self.reached = after
            yield page
            if after == point or (
                after.after is None and (point is None or point.after is not None)
            ):
                return
            point = after


class _StorageView:
    """What consolidation looks at, asked of storage and of the embedder."""

    def __init__(
        self,
        storage: StorageBackend,
        namespace: str,
        vectors: TextVectors,
        options: ConsolidationOptions,
        now_ms: int,
    ) -> None:
        self._storage = storage
        self._namespace = namespace
        self._vectors = vectors
        self._lowest = min(options.duplicate_threshold, options.contradiction_threshold)
        self._now_ms = now_ms
        self._ahead: dict[UUID, list[SimilarPattern]] = {}
        # The strategies of a family are compared again and again.
        self._vector_of = lru_cache(_STRATEGIES_REMEMBERED)(self._vector)

    def look_ahead(self, patterns: Sequence[Pattern]) -> None:
        """Find the neighbours of many patterns at once, which takes a tenth of one after the other."""
        if not patterns:
            return
        vectors = self._vectors.of_documents([one.task_description for one in patterns])
        found = self._storage.nearest_many(
            self._namespace,
            self._vectors.model,
            [(one.task_category, vector) for one, vector in zip(patterns, vectors, strict=True)],
            NEIGHBOURS + 1,
            min_similarity=self._lowest,
            now_ms=self._now_ms,
        )
        self._ahead = {one.id: near for one, near in zip(patterns, found, strict=True)}

    def near(self, pattern: Pattern) -> Sequence[SimilarPattern]:
        return self._ahead[pattern.id]

    def reliability(self, pattern: Pattern) -> Reliability:
        return self._storage.reliability(self._namespace, str(pattern.id))

    def likeness(self, first: str, second: str) -> float:
        if first == second:
            return 1.0
        return self._vectors.cosine(self._vector_of(first), self._vector_of(second))

    def linked(self, first: Pattern, second: Pattern, kind: str) -> bool:
        pair = {first.id, second.id}
        return any(
            link.kind == kind and {link.source_id, link.target_id} == pair
            for link in self._storage.links(self._namespace, str(first.id))
        )

    def _vector(self, text: str) -> bytes:
        return self._vectors.of_documents([text])[0]
