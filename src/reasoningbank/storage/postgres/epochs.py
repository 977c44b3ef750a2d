"""Which patterns changed since a point: epochs of a namespace, in place of a log with numbers.

Each pattern says in which epoch of its namespace it was last put, and last changed at all. Writers
hold the row of the namespace, with its epoch, in common; whoever ends an epoch holds it alone. So
when an epoch ends, every change that bears its number is committed, and none will follow: nothing
is missed, and neither a clock nor a sequence is needed.

A `Reached` point says that every change up to epoch ``log`` was looked at; with ``after`` it says
``EPOCH:ID``, that those after that epoch are being looked at in the order of ids, up to that id.
"""

from __future__ import annotations

from typing import Final

from reasoningbank.domain.consolidation import Reached
from reasoningbank.domain.pattern import Pattern
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.sql import consolidations
from reasoningbank.storage.sql.rows import PATTERN_COLUMNS, pattern_from_row

_END: Final = "UPDATE namespaces SET epoch = epoch + 1 WHERE namespace = ? RETURNING epoch - 1"
_ANY: Final = """
SELECT 1 FROM patterns WHERE namespace = ? AND changed_in > ? AND state = 'active' LIMIT 1
"""
_PAGE: Final = (
    f"SELECT {PATTERN_COLUMNS} FROM patterns "  # noqa: S608 - constants
    "WHERE namespace = ? AND changed_in > ? AND id > ? AND state = 'active' ORDER BY id LIMIT ?"
)
_TOTAL: Final = """
SELECT CAST(COALESCE(SUM(patterns), 0) AS bigint) FROM category_counts WHERE namespace = ?
"""
_NEW: Final = """
SELECT COUNT(*) FROM (
    SELECT 1 FROM patterns WHERE namespace = ? AND changed_in > ? AND put_in > ? LIMIT ?
) AS found
"""


def page(
    connection: PostgresConnection, namespace: str, reached: Reached | None, limit: int
) -> tuple[list[Pattern], Reached]:
    """Give active patterns that changed since a point, and the point after them.

    The connection has the namespace to itself.
    """
    since, last = (0, "") if reached is None else _position(reached)
    if reached is None or reached.after is None:
        if reached is not None and not connection.execute(_ANY, (namespace, since)).fetchall():
            return [], reached
        [(epoch,)] = connection.execute(_END, (namespace,)).fetchall()
    else:
        epoch = reached.log
    rows = connection.execute(_PAGE, (namespace, since, last, limit)).fetchall()
    patterns = [pattern_from_row(row) for row in rows]
    if len(patterns) == limit:
        return patterns, Reached(epoch, f"{since}:{patterns[-1].id}")
    return patterns, Reached(epoch)


def new_patterns(connection: PostgresConnection, namespace: str, enough: int) -> int:
    """Count what was stored or changed since consolidation looked; `enough` while it is at it."""
    reached = consolidations.reached(connection, namespace)
    if reached is None:
        [(total,)] = connection.execute(_TOTAL, (namespace,)).fetchall()
        return int(total)
    if reached.after is not None:
        return enough
    bindings = (namespace, reached.log, reached.log, max(enough, 1))
    [(count,)] = connection.execute(_NEW, bindings).fetchall()
    return int(count)


def _position(reached: Reached) -> tuple[int, str]:
    if reached.after is None:
        return reached.log, ""
    since, _, last = reached.after.partition(":")
    return int(since), last
