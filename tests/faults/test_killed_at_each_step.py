"""SIGKILL before each single write of every change: the change is there as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from tests.faults.children import run
from tests.faults.killing import (
    kill_at_each_step,
    kill_reembedding_at_each_step,
    kill_schema_migration_at_each_step,
)
from tests.faults.observing import faults
from tests.faults.operations import CHANGES, opened, pattern

_MOST_TELLING = ("batch", "edit the task", "erase")


@pytest.mark.parametrize("change", _MOST_TELLING)
def test_a_change_is_whole_or_absent_wherever_the_process_is_killed(
    change: str, quick_folder: Path
) -> None:
    kill_at_each_step(quick_folder, change, torn=False)


@pytest.mark.long
@pytest.mark.parametrize("torn", [False, True], ids=["between writes", "in the middle of a write"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_whole_or_absent_wherever_the_process_is_killed(
    change: str, torn: bool, quick_folder: Path
) -> None:
    kill_at_each_step(quick_folder, change, torn=torn)


def test_a_creation_that_is_killed_leaves_a_whole_bank_or_none(quick_folder: Path) -> None:
    steps = run("die_at_each_step", quick_folder, "create", [], False)
    assert isinstance(steps, int)
    left_over = set()
    for step in range(1, steps):
        folder = quick_folder / str(step)
        names = sorted(place.name for place in folder.iterdir())
        there = (folder / "bank.db").exists()
        unfinished = [name for name in names if ".creating" in name]
        with opened(folder / "bank.db") as bank:
            assert bank.get_stats().total_patterns in ({0, 1} if there else {0})
            bank.store_pattern(pattern(1))
            assert faults(bank) == []
            assert_named(bank, unfinished)
        # What the killed process was building is neither used nor removed, and nothing else stays.
        assert sorted(place.name for place in folder.iterdir()) == ["bank.db", *unfinished]
        left_over.update(name.split(".creating")[-1] for name in unfinished)
    assert left_over == {"", "-journal"}, "no process was killed while it was building"


def test_a_reembedding_that_is_killed_goes_on_when_it_is_called_again(quick_folder: Path) -> None:
    kill_reembedding_at_each_step(quick_folder)


def test_a_migration_that_is_killed_leaves_the_old_schema_or_the_new_one(
    quick_folder: Path,
) -> None:
    kill_schema_migration_at_each_step(quick_folder)


def assert_named(bank: ReasoningBank, unfinished: list[str]) -> None:
    [finding] = [finding for finding in bank.check(full=False) if finding.check == "left-overs"]
    assert (finding.level == "warning") == bool(unfinished)
    if unfinished:
        assert f"{len(unfinished)} file" in finding.message
        assert unfinished[0] in finding.message


def test_the_left_overs_of_a_bank_with_brackets_in_its_name_are_named_too(tmp_path: Path) -> None:
    path = tmp_path / "bank [old].db"
    (tmp_path / "bank [old].db.0123456789abcdef.creating").touch()
    with opened(path) as bank:
        assert_named(bank, ["bank [old].db.0123456789abcdef.creating"])
