"""Several processes that make one bank at once: one makes it, all use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from tests.faults.crowds import create_at_once, migrate_at_once


def test_eight_processes_that_create_a_bank_at_once_share_one(quick_folder: Path) -> None:
    create_at_once(quick_folder, 8, "open_and_store")


def test_so_they_do_where_the_file_system_has_no_hard_links(quick_folder: Path) -> None:
    create_at_once(quick_folder, 4, "open_and_store_without_links", starts=2)


def test_processes_that_migrate_a_bank_at_once_do_it_once(quick_folder: Path) -> None:
    migrate_at_once(quick_folder, 4)


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
