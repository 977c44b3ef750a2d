"""Consolidating in the background with several processes on the file, killed ones, and across a fork."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.bank.core import system_clock
from reasoningbank.storage import open_storage
from reasoningbank.storage.sql.consolidation_turns import LEASE_MS
from tests.faults.children import finished, let_go, ready, run, running
from tests.faults.consolidating import NumberEmbedder, alike
from tests.faults.observing import assert_sound, tables


def active(path: Path) -> list[str]:
    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        return sorted(one.task_description for one in bank.search_by_category("pumps", limit=1_000))


def test_processes_that_consolidate_one_file_leave_one_of_each_and_lose_nothing(
    tmp_path: Path,
) -> None:
    path, writers, numbers = tmp_path / "bank.db", 3, 20
    with (
        running("store_alike", path, 1, numbers, 5) as first,
        running("store_alike", path, 2, numbers, 5) as second,
        running("store_alike", path, 3, numbers, 5) as third,
    ):
        children = (first, second, third)
        assert [ready(child) for child in children] == ["ready"] * writers
        for child in children:
            let_go(child)
        assert [finished(child) for child in children] == [numbers] * writers

    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        bank.consolidate()
        assert bank.get_stats().total_patterns == writers * numbers
    kept = Counter(text.split()[0] for text in active(path))
    assert kept == {str(number): 1 for number in range(numbers)}
    put_away = [row[1] for row in tables(path)["withdrawals"]]
    assert len(put_away) == len(set(put_away)) == (writers - 1) * numbers
    assert_sound(path)


@pytest.mark.parametrize("where", ["planning", "finishing"])
def test_a_run_that_was_killed_is_taken_over_once_its_turn_is_over(
    where: str, tmp_path: Path
) -> None:
    path = tmp_path / "bank.db"
    with running("stop_while_consolidating", path, where) as child:
        assert ready(child) == where
        child.kill()
        child.wait()
    assert_sound(path)
    assert len(active(path)) == {"planning": 2, "finishing": 1}[where]

    def store_one_more(ahead: int, number: int) -> None:
        storage = open_storage(path)
        with ReasoningBank(
            storage,
            embedder=NumberEmbedder(),
            clock=lambda: system_clock() + ahead,
            consolidate_every=2,
        ) as bank:
            bank.store_patterns([alike(number, "early"), alike(number, "late")])

    before = len(active(path))
    store_one_more(0, 2)
    assert len(active(path)) == before + 2
    store_one_more(LEASE_MS + 1_000, 3)
    assert [text.split()[0] for text in active(path)] == ["1", "2", "3"]


def test_what_a_killed_run_has_done_can_be_undone(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with running("stop_while_consolidating", path, "finishing") as child:
        assert ready(child) == "finishing"
        child.kill()
        child.wait()
    [(_, report_id, *_)] = tables(path)["consolidations"]

    with ReasoningBank.open(path, embedder=NumberEmbedder()) as bank:
        assert bank.undo_consolidation(str(report_id)) == 1
    assert len(active(path)) == 2
    assert_sound(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_fork_in_the_middle_of_a_run_harms_neither_side(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    assert run("fork_while_consolidating", path) == {"child": 0}
    assert len(active(path)) == 1
    assert_sound(path)
