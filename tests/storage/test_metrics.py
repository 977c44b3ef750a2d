"""How counts are kept: added up by minute, hour and day, bounded in number, and forgotten in the end."""

from __future__ import annotations

from collections import Counter

import apsw
import pytest

from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp
from reasoningbank.storage import open_storage

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NAMESPACE = "default"
START = parse_timestamp("2026-11-21T00:00:00.000Z", "start")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "bank.db"


@pytest.fixture
def storage(path):
    opened = open_storage(path)
    yield opened
    opened.close()


@pytest.fixture
def any_storage(any_target):
    opened = open_storage(any_target)
    yield opened
    opened.close()


def record(storage, at_ms: int, **counted: float) -> None:
    at = format_timestamp(at_ms - at_ms % MINUTE)
    points = [MetricPoint(name, value, at) for name, value in counted.items()]
    assert storage.record_metrics(NAMESPACE, points, format_timestamp(at_ms))


def rows(path) -> list[tuple[str, float, str]]:
    connection = apsw.Connection(str(path))
    found = connection.execute(
        "SELECT metric_name, value, timestamp FROM performance_metrics ORDER BY 3, 1"
    ).fetchall()
    connection.close()
    return found


def total(storage, name: str) -> float:
    return sum(one.value for one in storage.metric_points(NAMESPACE, "0000") if one.name == name)


def test_counts_of_one_minute_are_added_up_when_they_are_read(any_storage):
    record(any_storage, START, calls=2)
    record(any_storage, START + 10_000, calls=3)

    assert any_storage.metric_points(NAMESPACE, format_timestamp(START)) == [
        MetricPoint("calls", 5.0, "2026-11-21T00:00:00.000Z")
    ]


def test_only_what_began_since_then_is_read(any_storage):
    record(any_storage, START, calls=2)
    record(any_storage, START + MINUTE, calls=3)

    [point] = any_storage.metric_points(NAMESPACE, format_timestamp(START + 1))
    assert point.value == 3


def test_many_writers_of_one_minute_leave_one_row(storage, path):
    for _ in range(200):
        record(storage, START + 20_000, calls=1)
    record(storage, START + 11 * MINUTE, calls=1)

    assert rows(path) == [
        ("calls", 200.0, "2026-11-21T00:00:00.000Z"),
        ("calls", 1.0, "2026-11-21T00:11:00.000Z"),
    ]


def test_minutes_become_hours_after_two_hours(storage, path):
    for minute in range(200):
        record(storage, START + minute * MINUTE, calls=1)

    kept = rows(path)
    assert ("calls", 60.0, "2026-11-21T00:00:00.000Z") in kept
    assert sum(value for _, value, _ in kept) == 200
    assert len(kept) <= 1 + 200 - 60


def test_hours_become_days_after_a_week_and_are_dropped_after_ninety_days(storage, path):
    for hour in range(100 * 24):
        record(storage, START + hour * HOUR, calls=1)

    kept = rows(path)
    assert len(kept) <= 83 + 8 * 24 + 3
    assert {value for _, value, at in kept if at.startswith("2027-01-01")} == {24.0}
    oldest = parse_timestamp(kept[0][2], "timestamp")
    assert START + 8 * DAY <= oldest <= START + 11 * DAY


def test_nothing_is_lost_or_counted_twice_by_adding_up(any_storage):
    given = Counter()
    for step in range(900):
        record(any_storage, START + step * 7 * MINUTE, calls=1, rows=step)
        given["calls"] += 1
        given["rows"] += step

    assert {name: total(any_storage, name) for name in given} == given


def test_a_long_silence_leaves_no_minutes_behind(storage, path):
    record(storage, START, calls=1)
    record(storage, START + MINUTE, calls=1)
    record(storage, START + 30 * DAY, calls=1)

    assert rows(path) == [
        ("calls", 2.0, "2026-11-21T00:00:00.000Z"),
        ("calls", 1.0, "2026-12-21T00:00:00.000Z"),
    ]


def test_a_clock_that_was_set_back_stops_nothing(storage, path):
    record(storage, START + 30 * DAY, calls=1)
    for minute in range(400):
        record(storage, START + minute * MINUTE, calls=1)

    assert total(storage, "calls") == 401
    assert len(rows(path)) <= 402 - 3 * 59


def test_the_table_stays_bounded_however_long_a_bank_is_used(storage, path):
    names = {f"get_pattern.bucket.{number}": 1 for number in range(20)}
    for step in range(20 * 24 * 4):
        record(storage, START + step * 15 * MINUTE, **names)

    slots = 3 * 4 + 8 * 24 + 13
    assert len(rows(path)) <= len(names) * slots


def test_a_server_shows_the_counts_of_one_namespace_to_no_other(postgres_dsn):
    storage = open_storage(postgres_dsn)
    record(storage, START, calls=2)

    assert total(storage, "calls") == 2
    assert storage.metric_points("another", "0000") == []
    assert storage.namespaces() == [NAMESPACE]
    storage.close()
