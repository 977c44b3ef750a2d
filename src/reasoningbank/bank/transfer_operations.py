"""Moving patterns in and out, between embedders, and looking after the bank."""

from __future__ import annotations

from collections.abc import Callable

from reasoningbank.bank import moving, pattern_lines
from reasoningbank.bank.core import BankCore
from reasoningbank.bank.line_files import OnInvalid, TextOrBytes, write_lines
from reasoningbank.domain import limits
from reasoningbank.domain.pattern import (
    PatternInput,
    Reembedded,
    TransferReport,
)
from reasoningbank.domain.records import Finding, StoreOptions
from reasoningbank.domain.validation import (
    checked_line,
)


class TransferOperations(BankCore):
    """Export, restore, import, reembed and check a bank."""

    def export_jsonl(
        self, file: TextOrBytes, *, on_damaged: Callable[[str], None] | None = None
    ) -> int:
        """Write every pattern of the namespace, with all that is kept about it; give how many.

        Args:
            file: Open for writing text or bytes. The export shows one moment, however long it
                takes; memory use does not grow with the bank.
            on_damaged: To save what can be read of a damaged bank: called with the id of each
                pattern that does not match its checksum or cannot be read, which is left out.

        Raises:
            StorageCorrupt: At the first pattern that cannot be read, without `on_damaged`.
        """
        records = self._storage.records(self._namespace, on_damaged)
        if on_damaged is not None:
            records = (pattern_lines.restorable(record, on_damaged) for record in records)
        header = pattern_lines.header_line(self._namespace, self._now())
        return write_lines(file, header, map(pattern_lines.record_line, records))

    def restore_jsonl(
        self, file: TextOrBytes, *, progress: Callable[[int], None] | None = None
    ) -> TransferReport:
        """Put an export back, every field as it was; run again, it leaves equal patterns alone.

        Args:
            file: Open for reading text or bytes.
            progress: Called with the number of lines read so far.

        Raises:
            InvalidInput: Naming the line and the field; the lines before it are in.
            Conflict: When a pattern is there already and differs.
        """
        return moving.restore(self._storage, self._namespace, self._vectors, file, progress)

    def import_jsonl(
        self,
        file: TextOrBytes,
        *,
        origin: str = "import",
        on_invalid: OnInvalid = "raise",
        progress: Callable[[int], None] | None = None,
    ) -> TransferReport:
        """Take foreign patterns in: exports of other banks, or objects with a pattern's fields.

        Their trust becomes ``imported``, whatever they claim; the claims go to
        ``metadata.provenance``. Equal patterns are merged.

        Args:
            file: Open for reading text or bytes.
            origin: Where they come from, noted in the provenance.
            on_invalid: ``raise`` at the first line that cannot be taken, or ``skip`` and report it.
            progress: Called with the number of lines read so far.

        Raises:
            InvalidInput: Naming the line and the field; the lines before it are in.
        """
        checked_line(origin, "origin", limits.ACTOR_BYTES)
        return moving.import_lines(self._store_batch, file, origin, on_invalid, progress)

    def reembed(self, *, progress: Callable[[int, int], None] | None = None) -> Reembedded:
        """Move the namespace to the embedder this bank was opened with.

        New vectors are made beside the old ones, a batch at a time; when none is missing, searches
        switch over in one step. Stopped half-way, it goes on where it was when called again.

        Args:
            progress: Called with the number of patterns looked at and the number there are.
        """
        total = self._storage.get_stats(self._namespace, self._now()).total_patterns
        return moving.reembed(self._storage, self._namespace, self._vectors, total, progress)

    def check(self, *, full: bool = True) -> list[Finding]:
        """Look for damage and risks; `full` also recomputes every checksum."""
        return self._storage.check(self._namespace, full=full)

    def _store_batch(self, patterns: list[PatternInput]) -> list[str]:
        """Store a batch of an import and give what became of each."""
        drafts = self._drafting.drafts(patterns, "merge")
        new = [
            draft.with_vector(vector, self._actor)
            for draft, vector in zip(drafts, self._embedded(drafts, None), strict=True)
        ]
        stored = self._storage.store_patterns(new, self._vectors.model, StoreOptions())
        self._note_stored(len(stored))
        return [status for _, status in stored]
