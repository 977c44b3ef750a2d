"""Counts of operations: added up by name and minute, later by hour and day, then forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp
from reasoningbank.storage.sql import properties
from reasoningbank.storage.sql.connection import SqlConnection

INSERT: Final = """
INSERT INTO performance_metrics (metric_name, value, timestamp) VALUES (?2, ?3, ?4)
"""
TOTALS: Final = """
SELECT metric_name, SUM(value), timestamp FROM performance_metrics WHERE timestamp >= ?2
GROUP BY metric_name, timestamp ORDER BY timestamp, metric_name
"""
BETWEEN: Final = """
SELECT metric_name, SUM(value), substr(timestamp, 1, {length}) FROM performance_metrics
WHERE timestamp >= ?2 AND timestamp < ?3 GROUP BY 1, 3
"""
DELETE_BETWEEN: Final = """
DELETE FROM performance_metrics WHERE timestamp >= ?2 AND timestamp < ?3
"""
# The first value is the namespace, by which only a server keeps counts apart.

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

MINUTE_TEXT: Final = len("2026-11-21T13:45")
HOUR_TEXT: Final = len("2026-11-21T13")
DAY_TEXT: Final = len("2026-11-21")
_REST: Final = "0000-01-01T00:00:00.000Z"


def insert(
    connection: SqlConnection, namespace: str, points: Sequence[MetricPoint], now: str
) -> bool:
    """Add counts; give whether it is time to add up what is older."""
    connection.executemany(INSERT, [(namespace, one.name, one.value, one.at) for one in points])
    return _is_time(connection, namespace, parse_timestamp(now, "now")) is not None


def merge(connection: SqlConnection, namespace: str, now: str) -> None:
    """Add up what is older than some minutes, and drop what is oldest; nobody else may do so meanwhile.

    It looks at each row there is (10 ms for 100,000), so whoever comes first after ten minutes does
    it, and the others find it done.
    """
    now_ms = parse_timestamp(now, "now")
    merged = _is_time(connection, namespace, now_ms)
    if merged is None:
        return
    minutes = now_ms - now_ms % _MINUTE
    hours, hours_before = ((one - MINUTES_KEPT) // _HOUR * _HOUR for one in (now_ms, merged))
    days, days_before = ((one - HOURS_KEPT) // _DAY * _DAY for one in (now_ms, merged))
    start = max(hours, merged - merged % _MINUTE)
    _add_up(connection, namespace, (start, minutes), MINUTE_TEXT)
    if hours > hours_before:
        _add_up(connection, namespace, (max(days, hours_before), hours), HOUR_TEXT)
    if days > days_before:
        _add_up(connection, namespace, (days_before, days), DAY_TEXT)
        oldest = _text(now_ms - DAYS_KEPT)
        connection.execute(DELETE_BETWEEN, (namespace, _BEGINNING, oldest))
    properties.put(connection, _MERGED_UNTIL, namespace, now_ms)


def totals(connection: SqlConnection, namespace: str, since: str) -> list[MetricPoint]:
    """Give what was counted in each minute, hour or day that begins at `since` or later."""
    rows = connection.execute(TOTALS, (namespace, since))
    return [MetricPoint(str(name), float(value), str(at)) for name, value, at in rows]


def _is_time(connection: SqlConnection, namespace: str, now_ms: int) -> int | None:
    """Give when it was added up last, if it is time to do so again; 0 for never."""
    merged = properties.get(connection, _MERGED_UNTIL, namespace, int) or 0
    if merged > now_ms:
        return 0  # a clock that was set back must not stop it for good
    return merged if now_ms - merged >= MERGE_EVERY else None


def _add_up(
    connection: SqlConnection, namespace: str, between: tuple[int, int], length: int
) -> None:
    """Make one row of those that share a name and the first `length` characters of their time."""
    start, end = (_text(one) for one in between)
    rows = connection.execute(BETWEEN.format(length=length), (namespace, start, end)).fetchall()
    connection.execute(DELETE_BETWEEN, (namespace, start, end))
    connection.executemany(
        INSERT, [(namespace, name, value, f"{at}{_REST[length:]}") for name, value, at in rows]
    )


def _text(milliseconds: int) -> str:
    return format_timestamp(max(milliseconds, 0))
