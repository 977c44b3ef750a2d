"""Moving patterns in and out of a bank, and from one embedder to another, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from reasoningbank.bank.line_files import (
    OnInvalid,
    TextOrBytes,
    at_line,
    to_be_mended,
)
from reasoningbank.bank.pattern_lines import input_from, pattern_objects, record_from
from reasoningbank.bank.text_vectors import TextVectors
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.pattern import PatternInput, Reembedded, SkippedLine, TransferReport
from reasoningbank.domain.records import PatternRecord
from reasoningbank.domain.validation import checked_choice, checked_input
from reasoningbank.storage import StorageBackend

_BATCH = 256


def restore(
    storage: StorageBackend,
    namespace: str,
    vectors: TextVectors,
    file: TextOrBytes,
    progress: Callable[[int], None] | None,
) -> TransferReport:
    """Put the records of an export back, a batch a transaction."""
    counts: Counter[str] = Counter()
    lines = _records(file, namespace)
    while batch := list(_until_error(lines)):
        records = [item for item in batch if isinstance(item, PatternRecord)]
        texts = [record.pattern.task_description for record in records]
        made = vectors.of_documents(texts) if texts else []
        counts.update(storage.restore_records(list(zip(records, made, strict=True)), vectors.model))
        counts["read"] += len(records)
        if progress is not None:
            progress(counts["read"])
        if isinstance(batch[-1], InvalidInput):
            raise to_be_mended(batch[-1])
    return TransferReport(
        read=counts["read"], created=counts["created"], merged=0, unchanged=counts["unchanged"]
    )


def _records(file: TextOrBytes, namespace: str) -> Iterator[PatternRecord | InvalidInput]:
    for number, value in pattern_objects(file, limits.RESTORE_LINE_BYTES):
        if isinstance(value, InvalidInput):
            yield value
            continue
        try:
            yield record_from(value, namespace)
        except InvalidInput as error:
            yield at_line(number, error)


class _Line(NamedTuple):
    """A line of an import that makes a pattern."""

    number: int
    given: PatternInput


class _Import:
    """Stores what an import reads, and counts what became of it."""

    def __init__(
        self, store_batch: Callable[[list[PatternInput]], list[str]], on_invalid: OnInvalid
    ) -> None:
        self._store_batch = store_batch
        self.skipped: list[SkippedLine] | None = [] if on_invalid == "skip" else None
        self.counts: Counter[str] = Counter()

    def store(self, lines: list[_Line]) -> None:
        """Store a batch in one transaction; where a line does not go in, all the others."""
        try:
            self._store(lines)
        except InvalidInput:
            # Each is sound, but merged with what is stored one would pass a limit. Nothing of the
            # batch is in; one by one, that one can be named.
            for line in lines:
                self._store_alone(line)

    def _store(self, lines: list[_Line]) -> None:
        if not lines:
            return
        self.counts.update(self._store_batch([line.given for line in lines]))
        self.counts["read"] += len(lines)

    def _store_alone(self, line: _Line) -> None:
        try:
            self._store([line])
        except InvalidInput as invalid:
            error = at_line(line.number, invalid)
            if self.skipped is None:
                raise to_be_mended(error) from invalid
            self.skipped.append(_skipped(line.number, error))

    def report(self) -> TransferReport:
        """Give what became of the file."""
        skipped = sorted(self.skipped or (), key=lambda one: one.line)
        return TransferReport(
            read=self.counts["read"] + len(skipped),
            created=self.counts["created"],
            merged=self.counts["merged"],
            unchanged=0,
            skipped=tuple(skipped),
        )


def import_lines(
    store_batch: Callable[[list[PatternInput]], list[str]],
    file: TextOrBytes,
    origin: str,
    on_invalid: OnInvalid,
    progress: Callable[[int], None] | None,
) -> TransferReport:
    """Take the patterns of a file in, a batch a transaction."""
    checked_choice(on_invalid, "on_invalid", ("raise", "skip"))
    importing = _Import(store_batch, on_invalid)
    lines = _inputs(file, origin, importing.skipped)
    while batch := list(_until_error(lines)):
        importing.store([item for item in batch if isinstance(item, _Line)])
        if progress is not None:
            progress(importing.counts["read"])
        if isinstance(batch[-1], InvalidInput):
            raise to_be_mended(batch[-1])
    return importing.report()


def _inputs(
    file: TextOrBytes, origin: str, skipped: list[SkippedLine] | None
) -> Iterator[_Line | InvalidInput]:
    """Give the inputs of a file; lines that make none go to `skipped`, or are given as errors."""
    for number, value in pattern_objects(file, limits.IMPORT_LINE_BYTES):
        error = value if isinstance(value, InvalidInput) else None
        if not isinstance(value, InvalidInput):
            try:
                given = input_from(value, origin)
                checked_input(given)
            except InvalidInput as invalid:
                error = at_line(number, invalid)
            else:
                yield _Line(number, given)
        if error is not None and skipped is not None:
            skipped.append(_skipped(number, error))
        elif error is not None:
            yield error


def _skipped(number: int, error: InvalidInput) -> SkippedLine:
    return SkippedLine(line=number, code=error.code, message=str(error))


def _until_error(
    items: Iterator[PatternRecord | InvalidInput] | Iterator[_Line | InvalidInput],
) -> Iterator[PatternRecord | _Line | InvalidInput]:
    """Give at most a batch of items, ending with the first error."""
    for item in islice(items, _BATCH):
        yield item
        if isinstance(item, InvalidInput):
            return


def reembed(
    storage: StorageBackend,
    namespace: str,
    vectors: TextVectors,
    total: int,
    progress: Callable[[int, int], None] | None,
) -> Reembedded:
    """Make the vectors a namespace lacks for the model of `vectors`, then switch to it."""
    made = 0
    while True:
        last = ""
        while batch := storage.patterns_to_embed(namespace, vectors.model, last, _BATCH):
            texts = [description for _, description in batch]
            made += storage.add_vectors(
                namespace,
                vectors.model,
                [
                    (pattern_id, description, vector)
                    for (pattern_id, description), vector in zip(
                        batch, vectors.of_documents(texts), strict=True
                    )
                ],
            )
            last = batch[-1][0]
            if progress is not None:
                progress(min(made, total), total)
        # Patterns stored since the search began are found here, under the write lock.
        if storage.switch_model(namespace, vectors.model):
            return Reembedded(model=vectors.model.name, vectors=made)
