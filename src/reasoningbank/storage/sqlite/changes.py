"""The log of changed patterns, by which caches and consolidation know how far they have looked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from reasoningbank.domain.consolidation import Reached
from reasoningbank.domain.pattern import Pattern
from reasoningbank.storage.sql import consolidations
from reasoningbank.storage.sql.reading import rows_by_id
from reasoningbank.storage.sql.rows import PATTERN_COLUMNS, pattern_from_row

_LOG: Final = "INSERT INTO changes (namespace, id, kind) VALUES (?, ?, ?)"
_LOG_ENDS: Final = """
SELECT COALESCE((SELECT MIN(seq) FROM changes), 1), COALESCE((SELECT MAX(seq) FROM changes), 0)
"""
_ALL: Final = (
    f"SELECT {PATTERN_COLUMNS} FROM patterns "  # noqa: S608 - constants
    "WHERE namespace = ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?"
)
_CHANGED: Final = """
SELECT id, MAX(seq) AS last FROM changes
WHERE seq > ? AND namespace = ? AND kind IN ('put', 'outcome') GROUP BY id ORDER BY last LIMIT ?
"""
_TOTAL: Final = "SELECT COALESCE(SUM(patterns), 0) FROM category_counts WHERE namespace = ?"
_NEW: Final = """
SELECT COUNT(DISTINCT id) FROM changes WHERE seq > ? AND namespace = ? AND kind = 'put'
"""
_FIRST: Final = "SELECT COALESCE(MIN(seq), 1) FROM changes"

# The log is cut every so many entries, and this many stay: a cache that missed more rebuilds.
_LOG_KEPT: Final = 65_536
_LOG_CUT_EVERY: Final = 4_096


def log(connection: apsw.Connection, namespace: str, ids: Sequence[str], kind: str) -> None:
    """Tell every cache, of every process, that patterns changed."""
    if len(ids) == 1:
        connection.execute(_LOG, (namespace, ids[0], kind))
    else:
        connection.executemany(_LOG, [(namespace, pattern_id, kind) for pattern_id in ids])
    _cut(connection, len(ids))


def _cut(connection: apsw.Connection, added: int) -> None:
    """Drop old entries once in a while; the newest always stays, so numbers never repeat."""
    last = connection.last_insert_rowid()
    if last // _LOG_CUT_EVERY != (last - added) // _LOG_CUT_EVERY:
        connection.execute("DELETE FROM changes WHERE seq <= ?", (last - _LOG_KEPT,))


def ends(connection: apsw.Connection) -> tuple[int, int]:
    """Give the numbers of the first entry that is there and of the last."""
    first, last = connection.execute(_LOG_ENDS).fetchone()  # type: ignore[misc]
    return first, last


def page(
    connection: apsw.Connection, namespace: str, reached: Reached | None, limit: int
) -> tuple[list[Pattern], Reached]:
    """Give active patterns that changed since a point, and the point after them."""
    first, last = ends(connection)
    if reached is None or (reached.after is None and not first - 1 <= reached.log <= last):
        reached = Reached(last, "")
    if reached.after is not None:
        rows = connection.execute(_ALL, (namespace, reached.after, limit)).fetchall()
        patterns = [pattern_from_row(row) for row in rows]
        end = str(patterns[-1].id) if len(patterns) == limit else None
        return patterns, Reached(reached.log, end)
    changed = connection.execute(_CHANGED, (reached.log, namespace, limit)).fetchall()
    if not changed:
        return [], reached
    rows_found = rows_by_id(connection, namespace, [str(row[0]) for row in changed])
    found = [pattern_from_row(rows_found[row[0]]) for row in changed if row[0] in rows_found]
    active = [pattern for pattern in found if pattern.state == "active"]
    return active, Reached(int(changed[-1][1]))  # type: ignore[arg-type]


def new_patterns(connection: apsw.Connection, namespace: str, enough: int) -> int:
    """Count what was stored or changed since consolidation looked; `enough` while it is at it."""
    reached = consolidations.reached(connection, namespace)
    if reached is None:
        return int(connection.execute(_TOTAL, (namespace,)).fetchone()[0])  # type: ignore[index]
    [(first,)] = connection.execute(_FIRST)
    if reached.after is not None or reached.log < first - 1:
        return enough
    return int(connection.execute(_NEW, (reached.log, namespace)).fetchone()[0])  # type: ignore[index]


def since(connection: apsw.Connection, seen: int) -> int:
    """Give how many changes the bank has had since one of them."""
    row = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM changes").fetchone()
    return max(int(row[0]) - seen, 0) if row else 0
