"""Consolidating a bank on demand, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from reasoningbank.bank.core import BankCore
from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain.consolidation import (
    ConsolidationOptions,
    ConsolidationReport,
    Proposal,
)
from reasoningbank.domain.errors import Conflict, InvalidInput, NotFound
from reasoningbank.domain.identifiers import id_text, new_id
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import Reliability
from reasoningbank.domain.pattern import Pattern, SimilarPattern
from reasoningbank.domain.records import PatternEdit, Stamp
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.trajectory import PatternLink
from reasoningbank.domain.validation import checked_number
from reasoningbank.learning.consolidation import proposals
from reasoningbank.storage import StorageBackend

_PAGE = 500
_DAY_MS = 86_400_000
_EVER = ""


class ConsolidationOperations(BankCore):
    """Propose and apply small reversible steps that keep a bank lean."""

    def consolidate(
        self,
        options: ConsolidationOptions | None = None,
        *,
        dry_run: bool = False,
        everything: bool = False,
    ) -> ConsolidationReport:
        """Give the steps for what is new since the last time, and unless `dry_run` take them.

        Duplicates (nearly the same task and strategy) are quarantined and linked to the one kept;
        contradictions (like tasks, opposite outcomes) are linked; what outcomes speak against is
        let expire after a grace time. Nothing is deleted unless `options.purge` says so, and then
        only what an earlier run had pruned. Stopped half-way, what was done can be undone too.

        Args:
            options: Thresholds and what is allowed; see `ConsolidationOptions`.
            dry_run: Only say what would be done.
            everything: Look at all patterns, not only at those that are new or changed.
        """
        options = options or ConsolidationOptions()
        _check(options)
        since = _EVER if everything else self._storage.last_consolidated(self._namespace)
        now_ms = self._clock()
        looked_at: list[None] = []
        view = _StorageView(self._storage, self._namespace, self._vectors, now_ms)
        steps = tuple(
            proposals(
                self._changed_since(since), view, options, now_ms, lambda: looked_at.append(None)
            )
        )
        if options.purge:
            steps += tuple(self._purges())
        if dry_run:
            return ConsolidationReport(
                id=None, applied=False, looked_at=len(looked_at), proposals=steps
            )
        report = ConsolidationReport(
            id=new_id(now_ms, self._random_bytes),
            applied=True,
            looked_at=len(looked_at),
            proposals=steps,
        )
        # Noted before anything is done, so that a killed run can be undone as well.
        # As of its beginning, so that what changes meanwhile is looked at next time.
        stamp = Stamp(self._actor, format_timestamp(now_ms))
        self._storage.record_consolidation(self._namespace, report, stamp)
        for step in steps:
            self._apply(step, now_ms + options.grace_days * _DAY_MS)
        return report

    def undo_consolidation(self, report_id: UUID | str) -> int:
        """Take the steps of a consolidation back and give how many there were to take back.

        Steps whose pattern was changed or deleted since are left as they are; so is a purge.

        Raises:
            NotFound: When there is no such consolidation.
            Conflict: When it was undone before.
        """
        wanted = id_text(report_id, "report_id")
        found = self._storage.consolidation(self._namespace, wanted)
        if found is None:
            raise NotFound(f"no consolidation has the id {wanted}")
        report, undone_at = found
        if undone_at is not None:
            raise Conflict(f"the consolidation {wanted} was undone at {undone_at}")
        undone = sum(self._take_back(step) for step in reversed(report.proposals))
        self._storage.mark_undone(self._namespace, wanted, self._now())
        return undone

    def _changed_since(self, since: str) -> Iterator[Pattern]:
        after = ""
        while page := self._storage.patterns_changed(self._namespace, since, after, _PAGE):
            yield from page
            after = str(page[-1].id)

    def _purges(self) -> Iterator[Proposal]:
        for pattern_id in self._storage.pruned_ids(self._namespace):
            if self._storage.get_pattern(self._namespace, pattern_id) is not None:
                yield Proposal(
                    kind="purge", pattern_id=UUID(pattern_id), reason="pruned by an earlier run"
                )

    def _apply(self, step: Proposal, expires_ms: int) -> None:
        if step.kind == "purge":
            self._storage.delete_pattern(self._namespace, str(step.pattern_id), self._stamp())
        elif step.kind == "demote":
            self._edit(step.pattern_id, {"expires_at": format_timestamp(expires_ms)})
        elif step.kind != "contradiction":
            self._edit(step.pattern_id, {"state": "quarantined"})
        link = self._link_of(step)
        if link is not None:
            self._storage.add_link(self._namespace, link)

    def _take_back(self, step: Proposal) -> bool:
        pattern = self._storage.get_pattern(self._namespace, str(step.pattern_id))
        link = self._link_of(step)
        if link is not None:
            self._storage.remove_link(self._namespace, link)
        if pattern is None:
            return False
        if step.kind == "demote":
            self._edit(step.pattern_id, {"expires_at": None})
        elif step.kind in {"duplicate", "prune"} and pattern.state == "quarantined":
            self._edit(step.pattern_id, {"state": "active"})
        return True

    def _link_of(self, step: Proposal) -> PatternLink | None:
        if step.other_id is None:
            return None
        stamp = self._stamp()
        return PatternLink(
            source_id=step.pattern_id,
            target_id=step.other_id,
            kind="duplicate_of" if step.kind == "duplicate" else "contradicts",
            actor=stamp.actor,
            at=stamp.at,
        )

    def _edit(self, pattern_id: UUID, values: JsonObject) -> None:
        stamp = self._stamp()
        edit = PatternEdit(
            values=values, vector=None, if_version=None, actor=stamp.actor, at=stamp.at
        )
        self._storage.edit_pattern(self._namespace, str(pattern_id), edit, None)


class _StorageView:
    """What consolidation looks at, asked of storage and of the embedder."""

    def __init__(
        self, storage: StorageBackend, namespace: str, vectors: TextVectors, now_ms: int
    ) -> None:
        self._storage = storage
        self._namespace = namespace
        self._vectors = vectors
        self._now_ms = now_ms

    def near(self, pattern: Pattern, k: int, min_similarity: float) -> Sequence[SimilarPattern]:
        return self._storage.nearest(
            self._namespace,
            self._vectors.model,
            self._vectors.of_documents([pattern.task_description])[0],
            k,
            category=pattern.task_category,
            min_similarity=min_similarity,
            now_ms=self._now_ms,
        )

    def reliability(self, pattern: Pattern) -> Reliability:
        return self._storage.reliability(self._namespace, str(pattern.id))

    def likeness(self, first: str, second: str) -> float:
        return self._vectors.cosine(first, second)


def _check(options: ConsolidationOptions) -> None:
    for name in ("duplicate_threshold", "contradiction_threshold", "demote_below"):
        checked_number(getattr(options, name), name, 0.0, 1.0)
    for name in ("demote_outcomes", "grace_days", "prune_age_days"):
        value = getattr(options, name)
        if value is not None and (not isinstance(value, int) or value < 1):
            raise InvalidInput("must be a whole number from 1", field=name)
