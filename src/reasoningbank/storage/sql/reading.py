"""Questions asked of one bank, each on a connection the caller lends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import Observation, Pattern, PatternChange
from reasoningbank.storage.sql.connection import Row, SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.rows import (
    PATTERN_COLUMNS,
    STORED_COLUMNS,
    StoredPattern,
    pattern_from_row,
    stored_from_row,
    unreadable,
)

_GET: Final = f"SELECT {PATTERN_COLUMNS} FROM patterns WHERE namespace = ? AND id = ?"  # noqa: S608 - constants
_GET_STORED: Final = f"SELECT {STORED_COLUMNS} FROM patterns WHERE namespace = ? AND id = ?"  # noqa: S608
_CREATED: Final = "SELECT created_at, created_by FROM patterns WHERE namespace = ? AND id = ?"
HISTORY: Final = """
SELECT version, kind, actor, at, before FROM pattern_history
WHERE namespace = ? AND pattern_id = ? ORDER BY sequence
"""
OUTCOMES: Final = """
SELECT id, kind, score, source, evidence, actor, at, weight, recall_id FROM outcomes
WHERE namespace = ? AND pattern_id = ? ORDER BY rowid
"""
OBSERVATIONS: Final = """
SELECT at, actor, content FROM observations
WHERE namespace = ? AND pattern_id = ? ORDER BY sequence
"""
_IN_CHUNK: Final = 500

_decode_object = msgspec.json.Decoder(JsonObject).decode


def category_query(columns: str) -> str:
    """Give the question for the active patterns of a category, best first."""
    return f"""
SELECT {columns} FROM patterns
WHERE namespace = ? AND task_category = ? AND state = 'active'
  AND (expires_at IS NULL OR expires_at > ?)
ORDER BY success_score DESC NULLS LAST, created_at DESC, id LIMIT ?
"""  # noqa: S608 - constants


_CATEGORY: Final = category_query(PATTERN_COLUMNS)


@contextmanager
def content_of(pattern_id: str) -> Iterator[None]:
    """Report whatever goes wrong in making something of stored content as damage to a pattern."""
    try:
        yield
    except (ValueError, TypeError, LookupError, AttributeError, msgspec.MsgspecError) as error:
        raise unreadable(pattern_id) from error


def get_pattern(connection: SqlConnection, namespace: str, pattern_id: str) -> Pattern | None:
    """Give the pattern, or None."""
    try:
        row = connection.execute(_GET, (namespace, pattern_id)).fetchone()
    except UnicodeDecodeError as error:
        raise unreadable(pattern_id) from error
    return None if row is None else pattern_from_row(row)


def stored_pattern(
    connection: SqlConnection, namespace: str, pattern_id: str
) -> StoredPattern | None:
    """Give a pattern that is going to be changed, with what its row keeps beside it, or None."""
    with content_of(pattern_id):
        asked = _GET_STORED + engine_of(connection).for_update
        row = connection.execute(asked, (namespace, pattern_id)).fetchone()
    return None if row is None else stored_from_row(row)


def patterns_by_category(
    connection: SqlConnection, namespace: str, category: str, limit: int, now: str
) -> list[Pattern]:
    """Give the active patterns of a category: best score first, nulls last, then newest, then id."""
    rows = connection.execute(_CATEGORY, (namespace, category, now, limit))
    return [pattern_from_row(row) for row in rows]


def rows_by_id(
    connection: SqlConnection,
    namespace: str,
    ids: Sequence[str],
    *,
    columns: str = PATTERN_COLUMNS,
) -> dict[str, Row]:
    """Give the rows of those ids that exist."""
    rows: dict[str, Row] = {}
    for start in range(0, len(ids), _IN_CHUNK):
        chunk = ids[start : start + _IN_CHUNK]
        marks = ",".join("?" * len(chunk))
        found = connection.execute(
            f"SELECT {columns} FROM patterns "  # noqa: S608 - only marks are put in
            f"WHERE namespace = ? AND id IN ({marks})",
            (namespace, *chunk),
        )
        rows.update((str(row[0]), row) for row in found)
    return rows


def history(connection: SqlConnection, namespace: str, pattern_id: str) -> Iterator[PatternChange]:
    """Give the changes noted for a pattern, oldest first."""
    with content_of(pattern_id):
        for row in connection.execute(HISTORY, (namespace, pattern_id)):
            version, kind, actor, at, before = row
            yield PatternChange(
                pattern_id=UUID(pattern_id),
                version=version,
                kind=kind,
                actor=actor,
                at=at,
                before=_decode_object(before),
            )


def full_history(connection: SqlConnection, namespace: str, pattern_id: str) -> list[PatternChange]:
    """Give a pattern's whole history, its creation first; also of a pattern that was deleted."""
    changes = list(history(connection, namespace, pattern_id))
    born = connection.execute(_CREATED, (namespace, pattern_id)).fetchone()
    if born is None and changes and changes[-1].kind == "deleted":
        last: JsonObject = changes[-1].before
        with content_of(pattern_id):
            born = (last["pattern"]["created_at"], last["created_by"])  # type: ignore[index]
    if born is None:
        return changes
    at, actor = born
    created = PatternChange(
        pattern_id=UUID(pattern_id), version=0, kind="created", actor=actor, at=at, before={}
    )
    return [created, *changes]


def outcomes(connection: SqlConnection, namespace: str, pattern_id: str) -> Iterator[Outcome]:
    """Give the outcomes of a pattern, oldest first."""
    with content_of(pattern_id):
        for row in connection.execute(OUTCOMES, (namespace, pattern_id)):
            outcome_id, kind, score, source, evidence, actor, at, weight, recall_id = row
            yield Outcome(
                id=UUID(outcome_id),
                pattern_id=UUID(pattern_id),
                kind=kind,
                score=score,
                source=source,
                evidence=_decode_object(evidence),
                actor=actor,
                at=at,
                weight=weight,
                recall_id=None if recall_id is None else UUID(recall_id),
            )


def observations(
    connection: SqlConnection, namespace: str, pattern_id: str
) -> Iterator[Observation]:
    """Give the stores merged into a pattern, oldest first."""
    with content_of(pattern_id):
        for at, actor, content in connection.execute(OBSERVATIONS, (namespace, pattern_id)):
            yield Observation(
                pattern_id=UUID(pattern_id), at=at, actor=actor, content=_decode_object(content)
            )
