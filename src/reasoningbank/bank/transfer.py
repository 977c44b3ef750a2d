"""The export file: JSON lines, a header and then one record a line, read and written as a stream."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import IO, Final, Literal, TypeAlias, cast

import msgspec

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject, checked_json_object, parse_json_object
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import Observation, Pattern, PatternChange, PatternInput
from reasoningbank.domain.records import PatternRecord
from reasoningbank.domain.timestamps import checked_timestamp
from reasoningbank.domain.validation import (
    checked_count,
    checked_fields,
    checked_line,
    checked_outcome,
    pattern_input,
)

FORMAT: Final = "reasoningbank-export"
FORMAT_VERSION: Final = 1

TextOrBytes: TypeAlias = "IO[str] | IO[bytes]"
OnInvalid: TypeAlias = Literal["raise", "skip"]

_encode = msgspec.json.Encoder(order="sorted").encode
_INPUT_FIELDS: Final = frozenset(PatternInput.__struct_fields__)
_RECORD_FIELDS: Final = frozenset(PatternRecord.__struct_fields__)
_CLAIMED_FIELDS: Final = frozenset(Pattern.__struct_fields__) - _INPUT_FIELDS | {"source"}


def write_export(
    file: TextOrBytes, namespace: str, exported_at: str, records: Iterable[PatternRecord]
) -> int:
    """Write a header and the records to a text or binary file; give how many records."""
    if _takes_text(file):
        write_text = cast("IO[str]", file).write

        def write(line: bytes) -> None:
            write_text(line.decode() + "\n")

    else:
        write_bytes = cast("IO[bytes]", file).write

        def write(line: bytes) -> None:
            write_bytes(line + b"\n")

    header = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "namespace": namespace,
        "exported_at": exported_at,
    }
    write(_encode(header))
    count = 0
    for record in records:
        write(_encode(record))
        count += 1
    return count


def _takes_text(file: TextOrBytes) -> bool:
    """Tell text files from binary ones, wrapped ones (temporary files) too."""
    _check_file(file, "write")
    return isinstance(file, io.TextIOBase) or "b" not in getattr(file, "mode", "b")


def _check_file(file: object, method: str) -> None:
    if not callable(getattr(file, method, None)):
        raise InvalidInput(
            f"must be an open file, not {type(file).__name__}",
            field="file",
            hint="Give what open() returns.",
        )


def json_lines(file: TextOrBytes, longest: int) -> Iterator[tuple[int, JsonObject | InvalidInput]]:
    """Give (line number, object) for each line of a file, the header of an export left out.

    A line that is no JSON object is given as the error it makes; a file that is no text at all
    raises it, since nothing that follows could be trusted.
    """
    _check_file(file, "readline")
    for number, text in text_lines(file, longest):
        try:
            value = parse_json_object(text, f"line {number}")
        except InvalidInput as error:
            yield number, error
            continue
        if "format" in value and "version" in value and "pattern" not in value:
            _check_header(value, number)
            continue
        yield number, value


def text_lines(file: TextOrBytes, longest: int) -> Iterator[tuple[int, str | bytes]]:
    """Give (line number, text) for each line of a file that is not empty, without a mark of UTF-8.

    Raises:
        InvalidInput: For a line of more than `longest` bytes, or a file that is no text.
    """
    number = 0
    while line := _line(file, number + 1, longest):
        number += 1
        line = line.strip()
        if isinstance(line, str):
            line = line.removeprefix("\ufeff")
        else:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line:
            yield number, line


def _line(file: TextOrBytes, number: int, longest: int) -> str | bytes:
    try:
        line = file.readline(longest + 1)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"is not UTF-8: {error.reason}", field=f"line {number}") from error
    if len(line) > longest:
        raise InvalidInput(f"is longer than {longest:,} bytes", field=f"line {number}")
    return line


def _check_header(header: JsonObject, number: int) -> None:
    if header["format"] != FORMAT or header["version"] != FORMAT_VERSION:
        raise InvalidInput(
            f"announces {header['format']!r} version {header['version']!r}; this release reads "
            f"{FORMAT!r} version {FORMAT_VERSION}",
            field=f"line {number}",
            hint="Upgrade agent-reasoningbank.",
        )


def record_from(value: JsonObject, namespace: str) -> PatternRecord:
    """Give the record of an export's line, every rule of the bank checked again.

    Raises:
        InvalidInput: For another shape, or content the bank would not have stored.
    """
    try:
        record = msgspec.convert(value, PatternRecord)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"is not a record of an export: {error}",
            field="record",
            hint="Use import for content of other origin.",
        ) from error
    pattern = record.pattern
    if pattern.namespace != namespace:
        raise InvalidInput(
            f"is {pattern.namespace!r}, but the bank is open for {namespace!r}",
            field="namespace",
            hint="Open the bank with the first one, or use import.",
        )
    fields = {
        name: getattr(pattern, name) for name in (*sorted(_INPUT_FIELDS - {"source"}), "state")
    }
    for name, checked in checked_fields(fields).items():
        if checked != fields[name]:
            raise InvalidInput("is not in the form that an export writes", field=name)
    _check_bookkeeping(pattern)
    _check_notes(record)
    return record


def _check_bookkeeping(pattern: Pattern) -> None:
    for name in ("created_at", "updated_at", "last_used_at"):
        value = getattr(pattern, name)
        if value is not None:
            _check_time(value, name)
    for name, low in (("uses", 0), ("successes", 0), ("failures", 0), ("version", 1)):
        checked_count(getattr(pattern, name), name, low=low, high=limits.SAFE_INTEGER)


def _check_time(value: str, field: str) -> None:
    if checked_timestamp(value, field) != value:
        raise InvalidInput("is not in the form that an export writes", field=field)


def _check_notes(record: PatternRecord) -> None:
    """Check that what was noted about a pattern is about this one, and says what a bank notes."""
    checked_line(record.created_by, "created_by", limits.ACTOR_BYTES)
    for name in ("history", "observations", "outcomes"):
        notes: tuple[PatternChange | Observation | Outcome, ...] = getattr(record, name)
        for position, note in enumerate(notes):
            place = f"{name}[{position}]"
            if note.pattern_id != record.pattern.id:
                raise InvalidInput("is another pattern's", field=f"{place}.pattern_id")
            checked_line(note.actor, f"{place}.actor", limits.ACTOR_BYTES)
            _check_time(note.at, f"{place}.at")
            if isinstance(note, Outcome):
                _check_outcome(note, place)
    if len({outcome.id for outcome in record.outcomes}) < len(record.outcomes):
        raise InvalidInput("holds one id twice", field="outcomes")


def _check_outcome(outcome: Outcome, place: str) -> None:
    if checked_outcome(None, outcome.score)[0] != outcome.kind:
        raise InvalidInput(f"does not go with the score {outcome.score}", field=f"{place}.kind")
    checked_json_object(outcome.evidence, f"{place}.evidence", limits.EVIDENCE_BYTES)


def input_from(value: JsonObject, origin: str) -> PatternInput:
    """Give a line of foreign content as an input that claims nothing.

    Both the records of an export and plain objects with a pattern's fields are taken. What the
    line says of its own standing (trust, counters, ids, times) goes to
    ``metadata.provenance.claimed``.

    Raises:
        InvalidInput: For a field that no pattern has, by its name.
    """
    pattern = value
    if "pattern" in value:
        pattern = cast("JsonObject", value["pattern"])
        for name in value:
            if name not in _RECORD_FIELDS:
                raise InvalidInput("is not a field of an export's record", field=name)
    if not isinstance(pattern, dict):
        raise InvalidInput("must be a JSON object", field="pattern")
    fields: dict[str, object] = {}
    claimed: JsonObject = {}
    for name, content in pattern.items():
        (claimed if name in _CLAIMED_FIELDS else fields)[name] = content
    metadata = fields.get("metadata", {})
    if not isinstance(metadata, dict):
        raise InvalidInput("must be a JSON object", field="metadata")
    if "provenance" in metadata:
        claimed["provenance"] = metadata["provenance"]
    provenance: JsonObject = {"origin": origin}
    if claimed:
        provenance["claimed"] = claimed
    fields["metadata"] = {**metadata, "provenance": provenance}
    fields["source"] = "imported"
    return pattern_input(fields)
