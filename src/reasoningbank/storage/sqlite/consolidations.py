"""Consolidations that were carried out, so that they can be taken back."""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from reasoningbank.domain.consolidation import ConsolidationReport
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import Stamp
from reasoningbank.storage.sqlite.rows import PATTERN_COLUMNS, pattern_from_row

_CHANGED: Final = (
    f"SELECT {PATTERN_COLUMNS} FROM patterns "  # noqa: S608 - constants
    "WHERE namespace = ? AND id > ? AND updated_at > ? AND state = 'active' ORDER BY id LIMIT ?"
)
_decode = msgspec.json.Decoder(ConsolidationReport).decode


def patterns_changed(
    connection: apsw.Connection, namespace: str, since: str, after: str, limit: int
) -> list[Pattern]:
    """Give active patterns changed after a time, in the order of their ids, after an id."""
    rows = connection.execute(_CHANGED, (namespace, after, since, limit))
    return [pattern_from_row(row) for row in rows]


def insert(
    connection: apsw.Connection, namespace: str, report: ConsolidationReport, stamp: Stamp
) -> None:
    """Keep a report."""
    connection.execute(
        "INSERT INTO consolidations (namespace, id, report, actor, at) VALUES (?, ?, ?, ?, ?)",
        (namespace, str(report.id), canonical_json(report), stamp.actor, stamp.at),
    )


def get(
    connection: apsw.Connection, namespace: str, report_id: str
) -> tuple[ConsolidationReport, str | None] | None:
    """Give a report and when it was undone, or None."""
    row = connection.execute(
        "SELECT report, undone_at FROM consolidations WHERE namespace = ? AND id = ?",
        (namespace, report_id),
    ).fetchone()
    return None if row is None else (_decode(row[0]), row[1])


def mark_undone(connection: apsw.Connection, namespace: str, report_id: str, at: str) -> None:
    """Note that a consolidation was taken back."""
    connection.execute(
        "UPDATE consolidations SET undone_at = ? WHERE namespace = ? AND id = ?",
        (at, namespace, report_id),
    )


def last_at(connection: apsw.Connection, namespace: str) -> str:
    """Give when a namespace was consolidated last; empty when never."""
    row = connection.execute(
        "SELECT MAX(at) FROM consolidations WHERE namespace = ? AND undone_at IS NULL",
        (namespace,),
    ).fetchone()
    return str(row[0]) if row is not None and row[0] is not None else ""


def pruned_ids(connection: apsw.Connection, namespace: str) -> list[str]:
    """Give the ids of patterns that consolidations pruned and nobody took back."""
    rows = connection.execute(
        "SELECT report FROM consolidations WHERE namespace = ? AND undone_at IS NULL ORDER BY id",
        (namespace,),
    )
    return [
        str(step.pattern_id)
        for (report,) in rows
        for step in _decode(report).proposals
        if step.kind == "prune"
    ]
