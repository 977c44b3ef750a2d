"""The lines of an export of patterns: a header, and then a pattern a line with all that is kept about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias, cast

import msgspec

from reasoningbank.bank.line_files import TextOrBytes, objects_of
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.export_formats import (
    PATTERNS,
    check_announced,
    check_namespace,
    check_time,
    header_of,
    record_of,
)
from reasoningbank.domain.json_value import JsonObject, checked_json_object
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import Observation, Pattern, PatternChange, PatternInput
from reasoningbank.domain.records import PatternRecord
from reasoningbank.domain.validation import (
    checked_count,
    checked_fields,
    checked_line,
    checked_outcome,
    pattern_input,
)

_Note: TypeAlias = PatternChange | Observation | Outcome
_NOTES: Final = ("history", "observations", "outcomes")
_encode = msgspec.json.Encoder(order="sorted").encode
_INPUT_FIELDS: Final = frozenset(PatternInput.__struct_fields__)
_RECORD_FIELDS: Final = frozenset(PatternRecord.__struct_fields__)
_CLAIMED_FIELDS: Final = frozenset(Pattern.__struct_fields__) - _INPUT_FIELDS | {"source"}


def header_line(namespace: str, exported_at: str) -> bytes:
    """Give the first line of an export."""
    return header_of(PATTERNS, namespace, exported_at)


def record_line(record: PatternRecord) -> bytes:
    """Give one pattern with what is kept about it as a line."""
    return bytes(_encode(record))


def pattern_objects(
    file: TextOrBytes, longest: int
) -> Iterator[tuple[int, JsonObject | InvalidInput]]:
    """Give what `objects_of` gives, the header of an export left out.

    Raises:
        InvalidInput: For a file that announces another kind of export: no line of it is a pattern.
    """
    for number, value in objects_of(file, longest):
        if isinstance(value, InvalidInput) or not _is_header(value):
            yield number, value
        else:
            check_announced(value, PATTERNS, f"line {number}")


def _is_header(value: JsonObject) -> bool:
    return "format" in value and "version" in value and "pattern" not in value


def record_from(value: JsonObject, namespace: str) -> PatternRecord:
    """Give the record of an export's line, every rule of the bank checked again.

    Raises:
        InvalidInput: For another shape, or content the bank would not have stored.
    """
    record = record_of(value, PatternRecord)
    pattern = record.pattern
    check_namespace(pattern.namespace, namespace)
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
            check_time(value, name)
    for name, low in (("uses", 0), ("successes", 0), ("failures", 0), ("version", 1)):
        checked_count(getattr(pattern, name), name, low=low, high=limits.SAFE_INTEGER)


def _check_notes(record: PatternRecord) -> None:
    """Check that what was noted about a pattern is about this one, and says what a bank notes."""
    checked_line(record.created_by, "created_by", limits.ACTOR_BYTES)
    for name in _NOTES:
        notes: tuple[_Note, ...] = getattr(record, name)
        for position, note in enumerate(notes):
            _check_note(note, record.pattern, f"{name}[{position}]")
    if len({outcome.id for outcome in record.outcomes}) < len(record.outcomes):
        raise InvalidInput("holds one id twice", field="outcomes")


def _check_note(note: _Note, pattern: Pattern, place: str) -> None:
    if note.pattern_id != pattern.id:
        raise InvalidInput("is another pattern's", field=f"{place}.pattern_id")
    checked_line(note.actor, f"{place}.actor", limits.ACTOR_BYTES)
    check_time(note.at, f"{place}.at")
    if isinstance(note, Outcome):
        _check_outcome(note, place)


def restorable(record: PatternRecord, on_damaged: Callable[[str], None]) -> PatternRecord:
    """Give a record with its notes up to the first that `record_from` would refuse.

    Notes have no checksum: what damage made of one may be read, and be nothing that a bank notes. `on_damaged` is called
    with the pattern's id where some are left out.
    """
    kept: dict[str, tuple[_Note, ...]] = {}
    for name in _NOTES:
        notes: tuple[_Note, ...] = getattr(record, name)
        for position, note in enumerate(notes):
            try:
                msgspec.convert(msgspec.to_builtins(note), type(note))
                _check_note(note, record.pattern, name)
            except (InvalidInput, msgspec.ValidationError):
                kept[name] = notes[:position]
                break
    if not kept:
        return record
    on_damaged(str(record.pattern.id))
    return msgspec.structs.replace(record, **kept)


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
