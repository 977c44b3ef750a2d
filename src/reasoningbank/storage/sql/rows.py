"""Between a row of ``patterns`` and a `Pattern`."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from reasoningbank.domain.checksum import row_checksum
from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.json_value import JsonObject, canonical_json
from reasoningbank.domain.pattern import Pattern, SimilarPattern
from reasoningbank.storage.sql.connection import Row, SqlValue

PATTERN_COLUMNS: Final = (
    "id, namespace, task_category, task_description, strategy, title, success_score, "
    "duration_seconds, data, trust, state, uses, successes, failures, last_used_at, created_at, "
    "updated_at, expires_at, version"
)
STORED_COLUMNS: Final = f"{PATTERN_COLUMNS}, created_by, dedupe_key, checksum"
_EMPTY_DATA: Final = "{}"


class _Data(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    tags: tuple[str, ...] = ()
    metadata: JsonObject = {}


_decode_data = msgspec.json.Decoder(_Data).decode


class StoredPattern(msgspec.Struct, frozen=True):
    """A pattern with what its row keeps beside it."""

    pattern: Pattern
    created_by: str
    key: bytes

    @property
    def kept(self) -> bool:
        """Whether it stands beside its equals, so that its id is part of its key."""
        return self.key != base_key(self.pattern)


def base_key(pattern: Pattern) -> bytes:
    """Give the key under which equals of a pattern meet it."""
    return dedupe_key(
        pattern.namespace, pattern.task_category, pattern.task_description, pattern.strategy
    )


def stored_from_row(row: Sequence[SqlValue]) -> StoredPattern:
    """Give what a row read as `STORED_COLUMNS` holds."""
    return StoredPattern(pattern_from_row(row), row[19], row[20])  # type: ignore[arg-type]


def pattern_from_row(row: Sequence[SqlValue]) -> Pattern:
    """Give the pattern of a row read as `PATTERN_COLUMNS`."""
    return Pattern(**_fields(row))  # type: ignore[arg-type]  # the table is STRICT


def similar_from_row(row: Sequence[SqlValue], similarity: float) -> SimilarPattern:
    """Give the pattern of a row read as `PATTERN_COLUMNS`, with its similarity."""
    return SimilarPattern(**_fields(row), similarity=similarity)  # type: ignore[arg-type]


def _fields(row: Sequence[SqlValue]) -> dict[str, object]:
    try:
        return _decoded(row)
    except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
        raise unreadable(str(row[0])) from error


def unreadable(pattern_id: str) -> StorageCorrupt:
    """Give the error for content that nothing can be made of."""
    return StorageCorrupt(
        f"the content of pattern {pattern_id} cannot be read",
        damaged_ids=(pattern_id,),
        hint="Run `reasoningbank doctor`; restore the pattern from an export.",
    )


def _decoded(row: Sequence[SqlValue]) -> dict[str, object]:
    (
        pattern_id, namespace, task_category, task_description, strategy, title, success_score,
        duration_seconds, data, trust, state, uses, successes, failures, last_used_at, created_at,
        updated_at, expires_at, version,
    ) = row[:19]  # fmt: skip
    extra = _NO_DATA if data == _EMPTY_DATA else _decode_data(data)  # type: ignore[arg-type]
    return {
        "id": msgspec.convert(pattern_id, UUID),  # a third of what UUID() takes  # type: ignore[arg-type]
        "namespace": namespace,
        "task_category": task_category,
        "task_description": task_description,
        "strategy": strategy,
        "title": title,
        "success_score": success_score,
        "duration_seconds": duration_seconds,
        "tags": extra.tags,
        "metadata": extra.metadata or {},
        "trust": trust,
        "state": state,
        "uses": uses,
        "successes": successes,
        "failures": failures,
        "last_used_at": last_used_at,
        "created_at": created_at,
        "updated_at": updated_at,
        "expires_at": expires_at,
        "version": version,
    }


_NO_DATA: Final = _Data()


def row_from_pattern(pattern: Pattern, created_by: str, key: bytes) -> Row:
    """Give the row of a pattern, in the order of `STORED_COLUMNS`, with its checksum."""
    data = _data_text(pattern)
    row: Row = (
        str(pattern.id),
        pattern.namespace,
        pattern.task_category,
        pattern.task_description,
        pattern.strategy,
        pattern.title,
        pattern.success_score,
        pattern.duration_seconds,
        data,
        pattern.trust,
        pattern.state,
        pattern.uses,
        pattern.successes,
        pattern.failures,
        pattern.last_used_at,
        pattern.created_at,
        pattern.updated_at,
        pattern.expires_at,
        pattern.version,
        created_by,
        key,
    )
    return (*row, checksum_of_row(row))


def _data_text(pattern: Pattern) -> str:
    if not pattern.tags and not pattern.metadata:
        return _EMPTY_DATA
    data: dict[str, object] = {}
    if pattern.metadata:
        data["metadata"] = pattern.metadata
    if pattern.tags:
        data["tags"] = pattern.tags
    return canonical_json(data)


def checksum_of_row(row: Sequence[SqlValue]) -> int:
    """Give the checksum of a row read as `STORED_COLUMNS` (its own last column left out)."""
    texts = (*row[:6], *row[8:11], *row[14:18], row[19], row[20].hex())  # type: ignore[union-attr]
    return row_checksum(
        texts,  # type: ignore[arg-type]
        row[6],  # type: ignore[arg-type]
        row[7],  # type: ignore[arg-type]
        (row[11], row[12], row[13], row[18]),  # type: ignore[arg-type]
    )


def is_sound(row: Sequence[SqlValue]) -> bool:
    """Give whether a row read as `STORED_COLUMNS` matches its checksum."""
    try:
        return checksum_of_row(row) == row[-1]
    except (ValueError, TypeError, AttributeError, OverflowError, struct.error):
        return False  # damage can make a column anything, whatever the schema says
