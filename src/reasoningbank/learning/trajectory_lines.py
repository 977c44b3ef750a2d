"""Our own file of experiences: JSON lines, a header and then one experience a line.

A line is either what a caller would give (`TrajectoryInput` as JSON) or what an export writes: a
stored trajectory with its links. An export read as foreign content claims nothing: who confirmed
an outcome is taken back to ``imported`` unless the reader is told to believe more.
"""

from __future__ import annotations

from typing import Final, cast

import msgspec

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.export_formats import (
    EXPERIENCES,
    check_announced,
    check_namespace,
    check_time,
    header_of,
    record_of,
)
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import SOURCE_WEIGHT, OutcomeSource
from reasoningbank.domain.records import TrajectoryRecord
from reasoningbank.domain.trajectory import Trajectory, TrajectoryInput, Verdict
from reasoningbank.domain.validation import checked_line
from reasoningbank.learning.checking import checked_trajectory, checked_verdict, trajectory_input

_HEADER_FIELDS: Final = frozenset({"format", "version", "namespace", "exported_at"})
_CLAIMED: Final = ("id", "namespace", "actor", "created_at", "state", "note")
_encode = msgspec.json.Encoder(order="sorted").encode


def header_line(namespace: str, exported_at: str) -> bytes:
    """Give the first line of an export."""
    return header_of(EXPERIENCES, namespace, exported_at)


def record_line(record: TrajectoryRecord) -> bytes:
    """Give one experience with what is kept about it as a line."""
    return bytes(_encode(record))


def is_header(value: JsonObject, place: str) -> bool:
    """Give whether an object is the header of an export of experiences.

    Raises:
        InvalidInput: For the header of another kind of export.
    """
    if "format" not in value or "version" not in value or not value.keys() <= _HEADER_FIELDS:
        return False
    check_announced(value, EXPERIENCES, place)
    return True


def record_from(value: JsonObject, namespace: str) -> TrajectoryRecord:
    """Give the record of an export's line, every rule of the bank checked again.

    Raises:
        InvalidInput: For another shape, or content the bank would not have stored.
    """
    record = record_of(value, TrajectoryRecord)
    kept = record.trajectory
    check_namespace(kept.namespace, namespace)
    given = given_of(kept)
    checked, _ = checked_trajectory(given)
    for name in TrajectoryInput.__struct_fields__:
        if getattr(checked, name) != getattr(given, name):
            raise InvalidInput("is not in the form that an export writes", field=name)
    checked_line(kept.actor, "actor", limits.ACTOR_BYTES)
    _check_bookkeeping(record)
    return record


def _check_bookkeeping(record: TrajectoryRecord) -> None:
    kept = record.trajectory
    known = kept.verdict is not None and kept.verdict.kind != "unknown"
    if kept.state in {"judged", "learned"} and not known:
        raise InvalidInput(f"is {kept.state!r} without a verdict", field="state")
    if kept.state == "pending" and known:
        raise InvalidInput("is 'pending' although there is a verdict", field="state")
    if (kept.state == "withdrawn") != (record.state_before is not None):
        raise InvalidInput(
            "must be given for what was withdrawn, and only then", field="state_before"
        )
    for name, note in (("note", kept.note), ("note_before", record.note_before)):
        if note is not None and len(note.encode()) > limits.NOTE_BYTES:
            raise InvalidInput(f"has more than {limits.NOTE_BYTES:,} bytes", field=name)
    check_time(kept.created_at, "created_at")
    for at, link in enumerate(record.links):
        checked_line(link.actor, f"links[{at}].actor", limits.ACTOR_BYTES)
        check_time(link.at, f"links[{at}].at")
        if kept.id not in {link.source_id, link.target_id}:
            raise InvalidInput("is about another experience", field=f"links[{at}]")


def given_of(kept: Trajectory) -> TrajectoryInput:
    """Give a stored experience as what a caller would have given."""
    return TrajectoryInput(
        task_description=kept.task_description,
        task_category=kept.task_category,
        steps=kept.steps,
        verdict=kept.verdict,
        metadata=kept.metadata,
        origin=kept.origin,
    )


def input_from(
    value: JsonObject, believed: OutcomeSource, origin: str | None = None
) -> TrajectoryInput:
    """Give a line of foreign content as an input that claims no more than `believed`.

    What an exported line says of its own standing goes to ``metadata.provenance``. One that does not
    say where it comes from is given `origin`.

    Raises:
        InvalidInput: For a field that no experience has, by its name.
    """
    if isinstance(value.get("trajectory"), dict):
        for name in value:
            if name not in TrajectoryRecord.__struct_fields__:
                raise InvalidInput("is not a field of an export's record", field=name)
        kept = dict(cast("JsonObject", value["trajectory"]))
        claimed = {name: kept.pop(name) for name in _CLAIMED if name in kept}
        metadata = kept.get("metadata", {})
        if isinstance(metadata, dict):
            kept["metadata"] = {**metadata, "provenance": claimed}
        value = kept
    given = trajectory_input(value)
    verdict = None if given.verdict is None else checked_verdict(given.verdict)
    return msgspec.structs.replace(
        given, verdict=lowered(verdict, believed), origin=given.origin or origin
    )


def lowered(verdict: Verdict | None, believed: OutcomeSource) -> Verdict | None:
    """Give a verdict whose source weighs at most what `believed` does; the claim goes to evidence."""
    if verdict is None or SOURCE_WEIGHT[verdict.source] <= SOURCE_WEIGHT[believed]:
        return verdict
    return msgspec.structs.replace(
        verdict, source=believed, evidence={**verdict.evidence, "claimed_source": verdict.source}
    )
