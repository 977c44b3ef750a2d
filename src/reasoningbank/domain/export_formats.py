"""The three kinds of export: the name in their first line, and what holds for every line after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.timestamps import checked_timestamp

_Record = TypeVar("_Record")

PATTERNS: Final = "reasoningbank-export"
EXPERIENCES: Final = "reasoningbank-trajectories"
EVERYTHING: Final = "reasoningbank-copies"
VERSION: Final = 1
"""Of all three."""

_WHAT_READS: Final = {
    PATTERNS: "It is an export of patterns: use `reasoningbank restore FILE`.",
    EXPERIENCES: "It is an export of experiences: use `reasoningbank restore FILE --trajectories`.",
    EVERYTHING: "It is an export of everything: `reasoningbank restore FILE` puts it into an empty bank.",
}


def check_announced(header: Mapping[str, object], wanted: str, field: str) -> None:
    """Refuse what announces itself as another kind of export, or as of another version.

    Raises:
        InvalidInput: With what reads it, where it is one of ours.
    """
    announced, version = header["format"], header["version"]
    if announced == wanted and version == VERSION:
        return
    known = _WHAT_READS.get(str(announced)) if version == VERSION else None
    raise InvalidInput(
        f"announces {announced!r:.80} version {version!r:.20}; this reads {wanted!r} version {VERSION}",
        field=field,
        hint=known or "Upgrade agent-reasoningbank.",
    )


def header_of(kind: str, namespace: str, exported_at: str) -> bytes:
    """Give the first line of an export of one namespace."""
    header = {
        "format": kind,
        "version": VERSION,
        "namespace": namespace,
        "exported_at": exported_at,
    }
    return msgspec.json.encode(header, order="sorted")


def record_of(value: Mapping[str, object], kind: type[_Record]) -> _Record:
    """Give the object of a line as a record.

    Raises:
        InvalidInput: For another shape.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"is not a record of an export: {error}",
            field="record",
            hint="Use import for content of other origin.",
        ) from error


def check_namespace(found: str, wanted: str) -> None:
    """Refuse what was exported of another namespace than the bank is open for.

    Raises:
        InvalidInput: Naming both.
    """
    if found != wanted:
        raise InvalidInput(
            f"is {found!r}, but the bank is open for {wanted!r}",
            field="namespace",
            hint="Open the bank with the first one, or use import.",
        )


def check_time(value: str, field: str) -> None:
    """Refuse a time that is not in the form that an export writes.

    Raises:
        InvalidInput: Naming the field.
    """
    if checked_timestamp(value, field) != value:
        raise InvalidInput("is not in the form that an export writes", field=field)
