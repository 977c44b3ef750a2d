"""Counts and lists on a server: kept apart by namespace, added up by whoever comes first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.domain.metrics import MetricPoint
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

MINUTE = 60_000
START = parse_timestamp("2026-11-21T00:00:00.000Z", "start")
PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}


@pytest.fixture
def bank(postgres_dsn: str) -> Iterator[ReasoningBank]:
    with ReasoningBank.open(postgres_dsn) as opened:
        yield opened


def test_what_one_process_counted_another_reads_in_the_same_namespace(postgres_dsn: str) -> None:
    with ReasoningBank.open(postgres_dsn) as bank:
        bank.store_pattern(**PATTERN)
        bank.recall("add a login")

    with (
        ReasoningBank.open(postgres_dsn, metrics=False) as same,
        ReasoningBank.open(postgres_dsn, namespace="other", metrics=False) as other,
    ):
        counted = same.metrics(last_seconds=3_600)
        assert {one.name: one.calls for one in counted.operations} == {
            "recall": 1,
            "store_pattern": 1,
        }
        assert other.metrics(last_seconds=3_600).operations == ()
        assert counted.storage.connections >= 1


def test_minutes_become_hours_and_nothing_is_lost(bank: ReasoningBank) -> None:
    storage = bank._storage
    for minute in range(0, 300, 7):
        now = START + minute * MINUTE
        points = [MetricPoint("calls", 1.0, format_timestamp(now))]
        assert storage.record_metrics("default", points, format_timestamp(now))

    kept = storage.metric_points("default", format_timestamp(START))
    assert sum(one.value for one in kept) == len(range(0, 300, 7))
    assert kept[0] == MetricPoint("calls", 9.0, "2026-11-21T00:00:00.000Z")


def test_pages_and_the_newest_are_listed(bank: ReasoningBank) -> None:
    ids = bank.store_patterns({**PATTERN, "strategy": f"Strategy {n}."} for n in range(5))
    recall = bank.recall("add a login")

    first = bank.patterns(newest_first=True, limit=3, category="backend", state="active")
    second = bank.patterns(newest_first=True, limit=3, after=first[-1].id)
    assert [one.id for one in first + second] == sorted(ids, reverse=True)
    assert [one.id for one in bank.recalls()] == [recall.id]
    assert bank.consolidations() == []


def test_progress_and_the_map_are_those_that_sqlite_gives(bank: ReasoningBank) -> None:
    tasks = ("Add login to the API", "Add logout to the API", "Bake bread")
    with ReasoningBank.open("memory:") as other:
        for one in (bank, other):
            ids = [
                one.store_pattern(task_description=task, task_category="c", strategy="Slowly.")
                for task in tasks
            ]
            one.record_outcome(pattern=ids[0], success=True, source="test")

        assert bank.progress() == other.progress()
        found, expected = bank.pattern_map(), other.pattern_map()
        # In order of their ids, which differ where two were made in one millisecond.
        assert set(found.success) == set(expected.success) == {1.0, None}
        for one, other_one in ((found.x, expected.x), (found.y, expected.y)):
            assert sorted(one) == pytest.approx(sorted(other_one), abs=1e-3)
        assert found.total == 3
