"""What an operation costs in things that can be counted: statements and bytes.

Times are for `make bench`. These bounds hold on any machine, so a change that makes an operation do
more work fails here, and whoever makes it decides whether that is worth it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import apsw
import pytest

from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus

ROWS = 1_000


@pytest.fixture
def statements(monkeypatch) -> list[str]:
    """Every statement that any connection opened from now on carries out; clear it to start anew."""
    noted: list[str] = []

    def watch(connection: apsw.Connection) -> None:
        def note(_: object, sql: str, bindings: object) -> bool:
            noted.append(sql.strip())
            return True

        connection.set_exec_trace(note)

    monkeypatch.setattr(apsw, "connection_hooks", [*apsw.connection_hooks, watch])
    return noted


@pytest.fixture
def watched(tmp_path: Path, statements: list[str]) -> Iterator[ReasoningBank]:
    """A bank that has done everything once, so that what comes only once is behind it."""
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_patterns(corpus.pattern(number) for number in range(100))
        bank.store_pattern(corpus.pattern(100))
        bank.find_similar("a login endpoint")
        bank.get_stats()
        statements.clear()
        yield bank


def test_storing_one_takes_seven_statements(watched, statements):
    """The model's name, the four rows, and the transaction's two ends."""
    watched.store_pattern(corpus.pattern(200))

    assert "BEGIN IMMEDIATE" in statements
    assert len(statements) <= 7


def test_storing_many_takes_three_statements_a_row(watched, statements):
    watched.store_patterns(corpus.pattern(number) for number in range(200, 200 + ROWS))

    assert len(statements) >= 3 * ROWS
    assert len(statements) <= 3 * ROWS + len(corpus.CATEGORIES) + 5


def test_reading_one_takes_one_statement(watched, statements):
    [pattern, *_] = watched.search_by_category("backend")
    statements.clear()

    watched.get_pattern(pattern.id)

    assert len(statements) == 1


def test_a_category_takes_one_statement(watched, statements):
    assert len(watched.search_by_category("backend", limit=10)) == 10

    assert len(statements) == 1


def test_the_counts_take_five_statements_whatever_is_in_the_bank(watched, statements):
    """Counters, expired patterns and the model of one moment: a transaction's two ends as well."""
    watched.get_stats()

    assert len(statements) <= 5


def test_a_search_takes_five_statements(watched, statements):
    """The model's name, the end of the log, the rows found, and the transaction's two ends."""
    assert len(watched.find_similar("a login endpoint", top_k=5)) == 5

    assert len(statements) <= 5


def test_a_search_after_a_store_takes_one_more(watched, statements):
    watched.store_pattern(corpus.pattern(300))
    statements.clear()

    watched.find_similar("a login endpoint", top_k=5)

    assert len(statements) <= 6


def test_a_recall_takes_nine_statements_and_none_for_each_neighbour(watched, statements):
    """What filters hide, the model, the log, rows, duplicates, outcomes, groups, and two ends."""
    watched._recalls.add = lambda event: None  # the event is written by another thread

    assert len(watched.recall("a login endpoint").patterns) == 1

    assert len(statements) <= 9


def test_a_recall_of_several_groups_takes_one_more_for_the_vectors(watched, statements):
    watched._recalls.add = lambda event: None

    assert len(watched.recall("a login endpoint", experiences=3).patterns) > 1

    assert len(statements) <= 10


def test_a_recall_waits_for_no_write(watched, statements):
    """The event is still to be written when the call returns: the writer was never asked for."""
    with watched._storage._connections.writing():
        recall = watched.recall("a login endpoint")
        assert recall.recorded
    watched.close()

    assert sum(one.startswith("INSERT INTO recalls") for one in statements) == 1


def test_reading_a_category_reads_no_more_rows_than_it_gives(watched, statements):
    """The index gives the order: the plan of what the bank asks must hold no sort."""
    watched.search_by_category("backend")
    [asked] = statements
    connection = apsw.Connection(watched.get_stats().path)
    nothing = [None] * asked.count("?")
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked}", nothing)]
    connection.close()

    assert len(plan) == 1
    assert "USING INDEX idx_patterns_category" in plan[0]


def test_a_pattern_takes_at_most_2400_bytes_of_the_file(tmp_path):
    """Text about 600 bytes, vector 768, the rest keys, indexes and half-full pages."""
    path = tmp_path / "bank.db"
    numbers = count()
    with ReasoningBank.open(path) as bank:
        for _ in range(4):
            bank.store_patterns(corpus.pattern(next(numbers)) for _ in range(ROWS))

    assert path.stat().st_size / next(numbers) <= 2_400
