"""Moving experiences in and out, as JSON lines and in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from reasoningbank.bank.drafting import report_taken_out
from reasoningbank.bank.learning_steps import LearningSteps
from reasoningbank.bank.line_files import (
    OnInvalid,
    TextOrBytes,
    at_line,
    objects_of,
    to_be_mended,
    write_lines,
)
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import Redaction, SkippedLine, TransferReport
from reasoningbank.domain.records import TrajectoryRecord
from reasoningbank.domain.trajectory import TrajectoryInput
from reasoningbank.domain.validation import checked_choice, checked_line, checked_source
from reasoningbank.learning import trajectory_lines
from reasoningbank.learning.checking import checked_trajectory, fingerprint_of

_BATCH = 32


class TrajectoryTransfer(LearningSteps):
    """Export, restore and import experiences."""

    def export_trajectories_jsonl(self, file: TextOrBytes) -> int:
        """Write every experience of the namespace, with its state and links; give how many.

        Args:
            file: Open for writing text or bytes. The export shows one moment; memory use does not
                grow with the bank.
        """
        return write_lines(
            file,
            trajectory_lines.header_line(self._namespace, self._now()),
            map(trajectory_lines.record_line, self._storage.trajectory_records(self._namespace)),
        )

    def restore_trajectories_jsonl(
        self, file: TextOrBytes, *, progress: Callable[[int], None] | None = None
    ) -> TransferReport:
        """Put an export of experiences back as it was; run again, it leaves equal ones alone.

        Patterns are not in it: `restore_jsonl` puts those back, before or after.

        Args:
            file: Open for reading text or bytes.
            progress: Called with the number of experiences read so far.

        Raises:
            InvalidInput: Naming the line and the field; the lines before it are in.
            Conflict: When an experience is there already and differs.
        """
        counts: Counter[str] = Counter()
        batch: list[tuple[TrajectoryRecord, bytes]] = []

        def store() -> None:
            counts.update(self._storage.restore_trajectories(batch, self._stamp()))
            counts["read"] += len(batch)
            batch.clear()
            if progress is not None:
                progress(counts["read"])

        try:
            for number, value in _objects(file):
                batch.append(_record(number, value, self._namespace))
                if len(batch) == _BATCH:
                    store()
        finally:
            if batch:
                store()
        return TransferReport(
            read=counts["read"], created=counts["created"], merged=0, unchanged=counts["unchanged"]
        )

    def import_trajectories_jsonl(
        self,
        file: TextOrBytes,
        *,
        origin: str = "import",
        believed: OutcomeSource = "imported",
        on_invalid: OnInvalid = "raise",
        progress: Callable[[int], None] | None = None,
    ) -> TransferReport:
        """Take experiences of other origin in, without learning from them yet.

        `retry_pending` learns from them. Verdicts count as ``imported`` unless the file is
        believed more; an experience that is in already is counted as unchanged.

        Args:
            file: Open for reading text or bytes: one experience a line, as an export writes it or
                as the fields of `TrajectoryInput`.
            origin: Where those come from that do not say so themselves.
            believed: The most a verdict may claim as its source.
            on_invalid: ``raise``, or ``skip`` to leave bad lines out and name them in the report.
            progress: Called with the number of experiences read so far.

        Raises:
            InvalidInput: Naming the line and the field; the lines before it are in.
        """
        checked_choice(on_invalid, "on_invalid", ("raise", "skip"))
        checked_source(believed)
        checked_line(origin, "origin", limits.ORIGIN_BYTES)
        counts: Counter[str] = Counter()
        skipped: list[SkippedLine] = []
        for number, value in _objects(file):
            try:
                given, redacted = _input(number, value, origin, believed)
            except InvalidInput as error:
                if on_invalid == "raise":
                    raise
                skipped.append(SkippedLine(line=number, code=error.code, message=str(error)))
                continue
            _, new = self._kept(given)
            if new:
                report_taken_out(redacted)
            counts["created" if new else "unchanged"] += 1
            counts["read"] += 1
            if progress is not None:
                progress(counts["read"])
        return TransferReport(
            read=counts["read"] + len(skipped),
            created=counts["created"],
            merged=0,
            unchanged=counts["unchanged"],
            skipped=tuple(skipped),
        )


def _objects(file: TextOrBytes) -> Iterator[tuple[int, JsonObject | InvalidInput]]:
    """Give (line number, object) for each line but headers; an error for what cannot be taken."""
    for number, value in objects_of(file, limits.TRAJECTORY_LINE_BYTES):
        try:
            if isinstance(value, InvalidInput) or not trajectory_lines.is_header(
                value, f"line {number}"
            ):
                yield number, value
        except InvalidInput as error:
            yield number, error


def _record(
    number: int, value: JsonObject | InvalidInput, namespace: str
) -> tuple[TrajectoryRecord, bytes]:
    if isinstance(value, InvalidInput):
        raise value
    try:
        record = trajectory_lines.record_from(value, namespace)
    except InvalidInput as error:
        raise to_be_mended(at_line(number, error)) from error
    return record, fingerprint_of(trajectory_lines.given_of(record.trajectory))


def _input(
    number: int, value: JsonObject | InvalidInput, origin: str, believed: OutcomeSource
) -> tuple[TrajectoryInput, tuple[Redaction, ...]]:
    if isinstance(value, InvalidInput):
        raise value
    try:
        return checked_trajectory(trajectory_lines.input_from(value, believed, origin))
    except InvalidInput as error:
        raise to_be_mended(at_line(number, error)) from error
