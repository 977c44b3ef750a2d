"""Several processes that make one bank at once: one makes it, all use it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from tests.faults.children import finished, let_go, ready, running
from tests.faults.observing import faults, tables
from tests.faults.operations import build


def create_at_once(folder: Path, processes: int, program: str, *, starts: int = 1) -> None:
    path = folder / "new" / "bank.db"
    with ExitStack() as children:
        creating = [
            children.enter_context(running(program, path, number)) for number in range(processes)
        ]
        for _ in range(starts):
            for child in creating:
                ready(child)
            for child in creating:
                let_go(child)
        stored = [finished(child) for child in creating]
    with ReasoningBank.open(path) as bank:
        assert faults(bank) == []
        # Whoever used another file than the rest has lost what it stored.
        assert [bank.get_pattern(str(one)) is not None for one in stored] == [True] * processes
        assert bank.get_stats().total_patterns == processes
    assert [place.name for place in path.parent.iterdir()] == ["bank.db"]


def test_eight_processes_that_create_a_bank_at_once_share_one(quick_folder: Path) -> None:
    create_at_once(quick_folder, 8, "open_and_store")


def test_so_they_do_where_the_file_system_has_no_hard_links(quick_folder: Path) -> None:
    create_at_once(quick_folder, 4, "open_and_store_without_links", starts=2)


def test_processes_that_migrate_a_bank_at_once_do_it_once(quick_folder: Path) -> None:
    path = quick_folder / "bank.db"
    build(path)
    before = tables(path)
    with ExitStack() as children:
        migrating = [
            children.enter_context(running("migrate_at_once", path, number)) for number in range(4)
        ]
        for child in migrating:
            ready(child)
        for child in migrating:
            let_go(child)
        backups = sum(int(str(finished(child))) for child in migrating)
    assert {row[-1] for row in tables(path)["patterns"]} == {"red"}
    made = [place for place in quick_folder.iterdir() if ".backup-" in place.name]
    assert len(made) == backups >= 1
    assert all(tables(backup) == before for backup in made)
    assert len(list(quick_folder.iterdir())) == 1 + backups


def test_a_bank_that_was_there_first_is_never_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reasoningbank.storage.sqlite import creation

    path = tmp_path / "bank.db"
    build = creation._build

    def be_overtaken(*arguments: object) -> None:
        build(*arguments)  # type: ignore[arg-type]
        monkeypatch.setattr(creation, "_build", build)
        with ReasoningBank.open(path) as winner:
            winner.store_pattern(
                task_description="be first", task_category="races", strategy="Start early."
            )

    monkeypatch.setattr(creation, "_build", be_overtaken)
    with ReasoningBank.open(path) as bank:
        assert [one.task_description for one in bank.search_by_category("races")] == ["be first"]
