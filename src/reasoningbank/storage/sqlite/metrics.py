"""Counts of operations: added up by name and minute, later by hour and day, then forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp
from reasoningbank.storage.sqlite import properties

_INSERT: Final = "INSERT INTO performance_metrics (metric_name, value, timestamp) VALUES (?, ?, ?)"
_TOTALS: Final = """
SELECT metric_name, SUM(value), timestamp FROM performance_metrics WHERE timestamp >= ?
GROUP BY metric_name, timestamp ORDER BY timestamp, metric_name
"""
_BETWEEN: Final = """
SELECT metric_name, SUM(value), substr(timestamp, 1, ?) FROM performance_metrics
WHERE timestamp >= ? AND timestamp < ? GROUP BY 1, 3
"""
_DELETE_BETWEEN: Final = "DELETE FROM performance_metrics WHERE timestamp >= ? AND timestamp < ?"

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_BEGINNING: Final = "0000"
_MERGED_UNTIL: Final = "metrics_merged"
_WHOLE_BANK: Final = ""

MERGE_EVERY: Final = 10 * _MINUTE
MINUTES_KEPT: Final = 2 * _HOUR
HOURS_KEPT: Final = 7 * _DAY
DAYS_KEPT: Final = 90 * _DAY

_MINUTE_TEXT: Final = len("2026-11-21T13:45")
_HOUR_TEXT: Final = len("2026-11-21T13")
_DAY_TEXT: Final = len("2026-11-21")
_REST: Final = "0000-01-01T00:00:00.000Z"


def record(connection: apsw.Connection, points: Sequence[MetricPoint], now: str) -> None:
    """Add counts; every ten minutes also add up what is older, and drop what is oldest.

    Merging looks at each row of the table (10 ms for 100,000), so whoever comes first after that
    time does it, and the others find it done.
    """
    connection.executemany(_INSERT, [(one.name, one.value, one.at) for one in points])
    now_ms = parse_timestamp(now, "now")
    merged = properties.get(connection, _MERGED_UNTIL, _WHOLE_BANK, int) or 0
    # A clock that was set back must not stop merging for good.
    if now_ms - merged < MERGE_EVERY and merged <= now_ms:
        return
    _merge(connection, merged, now_ms)
    properties.put(connection, _MERGED_UNTIL, _WHOLE_BANK, now_ms)


def totals(connection: apsw.Connection, since: str) -> list[MetricPoint]:
    """Give what was counted in each minute, hour or day that begins at `since` or later."""
    rows = connection.execute(_TOTALS, (since,))
    return [MetricPoint(str(name), float(value), str(at)) for name, value, at in rows]


def changes_since(connection: apsw.Connection, seen: int) -> int:
    """Give how many changes the bank has had since one of them."""
    row = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM changes").fetchone()
    return max(int(row[0]) - seen, 0) if row else 0


def _merge(connection: apsw.Connection, merged: int, now_ms: int) -> None:
    """Add up what has become old enough since the time of the last merge."""
    if merged > now_ms:
        merged = 0
    minutes = now_ms - now_ms % _MINUTE
    hours, hours_before = ((one - MINUTES_KEPT) // _HOUR * _HOUR for one in (now_ms, merged))
    days, days_before = ((one - HOURS_KEPT) // _DAY * _DAY for one in (now_ms, merged))
    _add_up(connection, max(hours, merged - merged % _MINUTE), minutes, _MINUTE_TEXT)
    if hours > hours_before:
        _add_up(connection, max(days, hours_before), hours, _HOUR_TEXT)
    if days > days_before:
        _add_up(connection, days_before, days, _DAY_TEXT)
        connection.execute(_DELETE_BETWEEN, (_BEGINNING, _text(now_ms - DAYS_KEPT)))


def _add_up(connection: apsw.Connection, start: int, end: int, length: int) -> None:
    """Make one row of those that share a name and the first `length` characters of their time."""
    between = (_text(start), _text(end))
    rows = connection.execute(_BETWEEN, (length, *between)).fetchall()
    connection.execute(_DELETE_BETWEEN, between)
    connection.executemany(
        _INSERT, [(name, value, f"{at}{_REST[length:]}") for name, value, at in rows]
    )


def _text(milliseconds: int) -> str:
    return format_timestamp(max(milliseconds, 0))
