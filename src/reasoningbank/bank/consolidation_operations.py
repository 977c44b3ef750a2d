"""Consolidating a bank on demand, and taking it back."""

from __future__ import annotations

from uuid import UUID

from reasoningbank.bank.core import BankCore
from reasoningbank.domain.consolidation import ConsolidationOptions, ConsolidationReport
from reasoningbank.domain.errors import Conflict, InvalidInput, NotFound
from reasoningbank.domain.identifiers import id_text
from reasoningbank.domain.validation import checked_number


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

        Duplicates (nearly the same task and strategy) are quarantined and linked to the one kept,
        for which their outcomes go on counting; contradictions (like tasks, opposite outcomes) are
        linked; what outcomes speak against is let expire after a grace time. Nothing is deleted
        unless `options.purge` says so, and then only what an earlier run had pruned. Stopped
        half-way, what was done can be undone too. A step that was taken back is not taken again.

        Args:
            options: Thresholds and what is allowed; see `ConsolidationOptions`.
            dry_run: Only say what would be done.
            everything: Look at all patterns, not only at those that are new or changed, and take
                steps again that were taken back.
        """
        options = options or ConsolidationOptions()
        _check(options)
        return self._consolidator(self._storage).run(
            options, dry_run=dry_run, everything=everything
        )

    def undo_consolidation(self, report_id: UUID | str) -> int:
        """Take the steps of a consolidation back and give how many there were to take back.

        What was changed or deleted since is left as it is, and what was withdrawn since stays
        withdrawn; a purge cannot be taken back.

        Raises:
            NotFound: When there is no such consolidation.
            Conflict: When it was undone before.
        """
        wanted = id_text(report_id, "report_id")
        kept = self._storage.consolidation(self._namespace, wanted)
        if kept is None:
            raise NotFound(f"no consolidation has the id {wanted}")
        if kept.undone_at is not None:
            raise Conflict(f"the consolidation {wanted} was undone at {kept.undone_at}")
        return self._storage.take_back(self._namespace, kept, self._stamp())


def _check(options: ConsolidationOptions) -> None:
    for name in ("duplicate_threshold", "contradiction_threshold", "demote_below"):
        checked_number(getattr(options, name), name, 0.0, 1.0)
    for name in ("demote_outcomes", "grace_days", "prune_age_days"):
        value = getattr(options, name)
        if value is not None and (not isinstance(value, int) or value < 1):
            raise InvalidInput("must be a whole number from 1", field=name)
