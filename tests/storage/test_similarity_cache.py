"""The vectors in memory follow every write of every connection, however they missed it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.storage.sqlite import changes, search


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[ReasoningBank, ReasoningBank]]:
    """Two handles on one file, as two processes would have."""
    with (
        ReasoningBank.open(tmp_path / "bank.db") as first,
        ReasoningBank.open(tmp_path / "bank.db") as second,
    ):
        yield first, second


def pattern(task: str, category: str = "c") -> PatternInput:
    return PatternInput(task_description=task, task_category=category, strategy=f"do {task}")


def tasks(bank: ReasoningBank, category: str | None = None) -> set[str]:
    return {found.task_description for found in bank.find_similar("task", category, 100)}


def test_every_kind_of_write_is_found_by_the_other_handle_at_its_next_call(
    pair: tuple[ReasoningBank, ReasoningBank],
) -> None:
    writer, reader = pair
    assert tasks(reader) == set()
    first = writer.store_pattern(pattern("task one"))
    assert tasks(reader) == {"task one"}
    writer.store_patterns([pattern("task two"), pattern("task three", "d")])
    assert tasks(reader) == {"task one", "task two", "task three"}
    writer.update_pattern(first, task_description="task uno")
    assert tasks(reader) == {"task uno", "task two", "task three"}
    writer.update_pattern(first, task_category="d")
    assert tasks(reader, "d") == {"task uno", "task three"}
    writer.update_pattern(first, state="quarantined")
    assert tasks(reader) == {"task two", "task three"}
    writer.update_pattern(first, state="active")
    assert tasks(reader, "d") == {"task uno", "task three"}
    writer.delete_pattern(first)
    assert tasks(reader) == {"task two", "task three"}
    writer.erase(writer.find_similar("task two", top_k=1)[0].id)
    assert tasks(reader) == {"task three"}


def test_a_cache_that_missed_more_than_the_log_keeps_is_rebuilt(
    pair: tuple[ReasoningBank, ReasoningBank], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_LOG_KEPT", 4)
    monkeypatch.setattr(changes, "_LOG_CUT_EVERY", 4)
    writer, reader = pair
    writer.store_pattern(pattern("task 0"))
    assert tasks(reader) == {"task 0"}
    for number in range(1, 20):
        writer.store_pattern(pattern(f"task {number}"))
    assert tasks(reader) == {f"task {number}" for number in range(20)}


def test_the_log_stays_bounded_and_its_numbers_never_repeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_LOG_KEPT", 8)
    monkeypatch.setattr(changes, "_LOG_CUT_EVERY", 4)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        for number in range(10):
            bank.store_patterns([pattern(f"task {number} {part}") for part in range(5)])
        bank.store_pattern(pattern("last"))
    connection = apsw.Connection(str(tmp_path / "bank.db"))
    [(first, last, count)] = connection.execute("SELECT MIN(seq), MAX(seq), COUNT(*) FROM changes")
    connection.close()
    assert last == 51
    assert count == last - first + 1 <= 8 + 4


def test_a_cache_that_missed_many_changes_reads_all_at_once(
    pair: tuple[ReasoningBank, ReasoningBank], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_LOAD_ROWS", 3)
    writer, reader = pair
    writer.store_pattern(pattern("task 0"))
    assert tasks(reader) == {"task 0"}
    writer.store_patterns([pattern(f"task {number}") for number in range(1, 40)])
    assert tasks(reader) == {f"task {number}" for number in range(40)}


def test_indexes_of_namespaces_not_asked_for_are_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_CACHE_BYTES", 1)
    with ReasoningBank.open(tmp_path / "bank.db") as first:
        first.store_pattern(pattern("task a"))
        storage = first._storage
        second = ReasoningBank(storage, namespace="second")
        second.store_pattern(pattern("task b"))
        for _ in range(2):
            assert tasks(first) == {"task a"}
            assert tasks(second) == {"task b"}
        assert len(storage._search._cached) == 1  # type: ignore[attr-defined]


def test_a_file_put_back_to_an_earlier_state_is_noticed(
    pair: tuple[ReasoningBank, ReasoningBank], tmp_path: Path
) -> None:
    writer, reader = pair
    writer.store_pattern(pattern("task early"))
    copy = apsw.Connection(str(tmp_path / "copy.db"))
    source = apsw.Connection(str(tmp_path / "bank.db"))
    with copy.backup("main", source, "main") as backup:
        backup.step()
    writer.store_pattern(pattern("task late"))
    assert tasks(reader) == {"task early", "task late"}
    with source.backup("main", copy, "main") as backup:
        backup.step()
    assert tasks(reader) == {"task early"}
    source.close()
    copy.close()
