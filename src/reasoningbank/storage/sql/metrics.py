"""Counts of operations: added up by name and minute, later by hour and day, then forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp
from reasoningbank.storage.sql import properties
from reasoningbank.storage.sql.connection import SqlConnection

# Each is given the namespace first, although a file keeps the counts of all of them together.
INSERT: Final = """
INSERT INTO performance_metrics (metric_name, value, timestamp) VALUES (?2, ?3, ?4)
"""
TOTALS: Final = """
SELECT metric_name, SUM(value), timestamp FROM performance_metrics WHERE timestamp >= ?2
GROUP BY metric_name, timestamp ORDER BY timestamp, metric_name
"""
BETWEEN: Final = """
SELECT metric_name, SUM(value), substr(timestamp, 1, ?4) FROM performance_metrics
WHERE timestamp >= ?2 AND timestamp < ?3 GROUP BY 1, 3
"""
DELETE_BETWEEN: Final = "DELETE FROM performance_metrics WHERE timestamp >= ?2 AND timestamp < ?3"

_SECOND: Final = 1_000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_BEGINNING: Final = "0000"
_MERGED_UNTIL: Final = "metrics_merged"

MERGE_EVERY: Final = 10 * _MINUTE
MINUTES_KEPT: Final = 2 * _HOUR
HOURS_KEPT: Final = 7 * _DAY
DAYS_KEPT: Final = 90 * _DAY

_MINUTE_TEXT: Final = len("2026-11-21T13:45")
_HOUR_TEXT: Final = len("2026-11-21T13")
_DAY_TEXT: Final = len("2026-11-21")
_REST: Final = "0000-01-01T00:00:00.000Z"


def record(connection: SqlConnection, namespace: str, points: Sequence[MetricPoint]) -> None:
    """Add counts, in the order of their names, as every process does."""
    rows = [(namespace, one.name, one.value, one.at) for one in points]
    connection.executemany(INSERT, sorted(rows))


def merging_is_due(connection: SqlConnection, namespace: str, now: str) -> bool:
    """Say whether what is older is to be added up again.

    Merging looks at each row of the table (10 ms for 100,000), so whoever comes first after ten
    minutes does it, and the others find it done.
    """
    now_ms = parse_timestamp(now, "now")
    merged = properties.get(connection, _MERGED_UNTIL, namespace, int) or 0
    # A clock that was set back must not stop merging for good.
    return now_ms - merged >= MERGE_EVERY or merged > now_ms


def merge(connection: SqlConnection, namespace: str, now: str) -> None:
    """Add up what has become old enough since the last time, and drop what is oldest."""
    now_ms = parse_timestamp(now, "now")
    merged = properties.get(connection, _MERGED_UNTIL, namespace, int) or 0
    _merge(connection, namespace, merged, now_ms)
    properties.put(connection, _MERGED_UNTIL, namespace, now_ms)


def totals(connection: SqlConnection, namespace: str, since: str) -> list[MetricPoint]:
    """Give what was counted in each minute, hour or day that begins at `since` or later."""
    rows = connection.execute(TOTALS, (namespace, since))
    return [MetricPoint(str(name), float(value), str(at)) for name, value, at in rows]


def _merge(connection: SqlConnection, namespace: str, merged: int, now_ms: int) -> None:
    """Add up what has become old enough since the time of the last merge."""
    if merged > now_ms:
        merged = 0
    minutes = now_ms - now_ms % _MINUTE
    hours, hours_before = ((one - MINUTES_KEPT) // _HOUR * _HOUR for one in (now_ms, merged))
    days, days_before = ((one - HOURS_KEPT) // _DAY * _DAY for one in (now_ms, merged))
    _add_up(connection, namespace, max(hours, merged - merged % _MINUTE), minutes, _MINUTE_TEXT)
    if hours > hours_before:
        _add_up(connection, namespace, max(days, hours_before), hours, _HOUR_TEXT)
    if days > days_before:
        _add_up(connection, namespace, days_before, days, _DAY_TEXT)
        oldest = _text(now_ms - DAYS_KEPT)
        connection.execute(DELETE_BETWEEN, (namespace, _BEGINNING, oldest))


def _add_up(connection: SqlConnection, namespace: str, start: int, end: int, length: int) -> None:
    """Make one row of those that share a name and the first `length` characters of their time."""
    between = (namespace, _text(start), _text(end))
    rows = connection.execute(BETWEEN, (*between, length)).fetchall()
    connection.execute(DELETE_BETWEEN, between)
    connection.executemany(
        INSERT, [(namespace, name, value, f"{at}{_REST[length:]}") for name, value, at in rows]
    )


def _text(milliseconds: int) -> str:
    return format_timestamp(max(milliseconds, 0))
