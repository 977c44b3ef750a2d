"""Copies of a bank that is in use: of one moment, whole or not there."""

from __future__ import annotations

import threading
from pathlib import Path

import apsw
import pytest

from reasoningbank import Conflict, PatternInput, ReasoningBank
from reasoningbank.storage.sqlite.copying import copy_bank, copy_into


def pattern(number: int) -> PatternInput:
    return PatternInput(
        task_description=f"task {number}", task_category="copying", strategy=f"do {number}"
    )


def counted(path: Path) -> int:
    with ReasoningBank.open(path) as bank:
        assert all(finding.level != "error" for finding in bank.check())
        return bank.get_stats().total_patterns


def test_a_copy_holds_what_stands_in_the_log_of_a_bank_that_is_open(tmp_path: Path) -> None:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_patterns(pattern(number) for number in range(20))
        copy_bank(tmp_path / "bank.db", tmp_path / "copy.db")
        assert (tmp_path / "bank.db-wal").stat().st_size > 0
    assert counted(tmp_path / "copy.db") == 20
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bank.db", "copy.db"]


def test_a_copy_is_of_one_moment_while_another_writes_in_pairs(tmp_path: Path) -> None:
    stop = threading.Event()
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_patterns(pattern(number) for number in range(2_000))

        def write() -> None:
            number = 10_000
            while not stop.is_set():
                bank.store_patterns([pattern(number), pattern(number + 1)])
                number += 2

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for attempt in range(5):
                copy_bank(tmp_path / "bank.db", tmp_path / f"copy-{attempt}.db")
        finally:
            stop.set()
            writer.join()
    for attempt in range(5):
        assert counted(tmp_path / f"copy-{attempt}.db") % 2 == 0


def test_a_copy_goes_over_nothing_that_is_there(tmp_path: Path) -> None:
    ReasoningBank.open(tmp_path / "bank.db").close()
    (tmp_path / "copy.db").write_text("somebody's")
    with pytest.raises(Conflict):
        copy_bank(tmp_path / "bank.db", tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "somebody's"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["bank.db", "copy.db"]


def test_a_copy_inside_a_transaction_is_of_that_transaction(tmp_path: Path) -> None:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(pattern(1))
        connection = apsw.Connection(str(tmp_path / "bank.db"))
        connection.execute("BEGIN")
        connection.execute("SELECT COUNT(*) FROM patterns").fetchone()
        bank.put(pattern(2))
        (tmp_path / "copy.db").touch()
        seen: list[tuple[int, int]] = []
        copy_into(connection, tmp_path / "copy.db", lambda done, total: seen.append((done, total)))
        assert connection.in_transaction
        connection.close()
    assert counted(tmp_path / "copy.db") == 1
    assert seen[-1][0] == seen[-1][1] > 0
