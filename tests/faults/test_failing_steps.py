"""Each statement and each write of every change fails in turn: nothing of the change stays."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from reasoningbank import EmbeddingMismatch, ReasoningBank, Unavailable
from tests.faults.failing_files import counter
from tests.faults.failing_steps import (
    MOST_STEPS,
    fail_each_step,
    input_output_error,
    interrupted,
    no_space,
    statements_that_fail,
    writes_that_fail,
)
from tests.faults.observing import faults
from tests.faults.operations import CHANGES, build, opened, pattern

READS: dict[str, Callable[[ReasoningBank, list[UUID]], object]] = {
    "get": lambda bank, ids: bank.get_pattern(ids[0]),
    "category": lambda bank, ids: bank.search_by_category("line"),
    "similar": lambda bank, ids: bank.find_similar("check bearing 2"),
    "stats": lambda bank, ids: bank.get_stats(),
    "history": lambda bank, ids: bank.history(ids[0]),
    "observations": lambda bank, ids: bank.observations(ids[0]),
    "outcomes": lambda bank, ids: bank.outcomes(ids[0]),
    "reliability": lambda bank, ids: bank.reliability(ids[0]),
    "export": lambda bank, ids: bank.export_jsonl(io.BytesIO()),
}


@pytest.fixture(autouse=True)
def nothing_armed() -> Iterator[None]:
    counter.disarm()
    yield
    counter.disarm()


@pytest.fixture
def failing_statements() -> Iterator[None]:
    with statements_that_fail():
        yield


@pytest.fixture
def failing_writes() -> Iterator[None]:
    with writes_that_fail():
        yield


@pytest.mark.usefixtures("failing_statements")
@pytest.mark.parametrize("change", CHANGES)
def test_a_statement_that_fails_undoes_the_whole_change(change: str, quick_folder: Path) -> None:
    assert fail_each_step(quick_folder, change, input_output_error, once=True) > 3


@pytest.mark.usefixtures("failing_statements")
@pytest.mark.parametrize("change", ["store", "merge", "edit the task", "delete", "erase"])
def test_a_bank_is_usable_after_even_undoing_failed(change: str, quick_folder: Path) -> None:
    assert fail_each_step(quick_folder, change, input_output_error, once=False) > 3


@pytest.mark.usefixtures("failing_statements")
@pytest.mark.parametrize("change", ["store", "edit", "erase"])
def test_an_interrupt_at_any_statement_undoes_the_whole_change(
    change: str, quick_folder: Path
) -> None:
    assert fail_each_step(quick_folder, change, interrupted, once=True) > 3


@pytest.mark.usefixtures("failing_writes")
@pytest.mark.parametrize("act", [input_output_error, no_space])
@pytest.mark.parametrize("change", ["store", "batch", "merge", "edit the task", "erase", "restore"])
def test_a_write_that_fails_undoes_the_whole_change(
    change: str, act: Callable[[], None], quick_folder: Path
) -> None:
    assert fail_each_step(quick_folder, change, act, once=True) > 3


@pytest.mark.usefixtures("failing_writes")
@pytest.mark.parametrize("change", ["store", "erase"])
def test_a_disk_that_stays_full_undoes_the_whole_change(change: str, quick_folder: Path) -> None:
    assert fail_each_step(quick_folder, change, no_space, once=False) > 3


@pytest.mark.usefixtures("failing_statements")
def test_a_statement_of_a_reembedding_that_fails_leaves_one_of_the_models_in_use(
    quick_folder: Path,
) -> None:
    base = quick_folder / "base.db"
    build(base)
    for step in range(1, MOST_STEPS):
        path = quick_folder / f"{step}.db"
        shutil.copyfile(base, path)
        with opened(path, embedder="other") as other, opened(path, embedder="small") as small:
            counter.arm(step, input_output_error)
            failed = False
            try:
                other.reembed()
            except Unavailable:
                failed = True
            counter.disarm()
            if failed:
                assert len(small.find_similar(pattern(3).task_description)) == 5
                assert faults(small) == []
                other.reembed()
            assert other.find_similar(pattern(3).task_description)[0].similarity == 1.0
            with pytest.raises(EmbeddingMismatch):
                small.find_similar(pattern(3).task_description)
            assert faults(other) == []
        if not failed:
            assert step > 5
            return
    raise AssertionError("there is no end of steps")


@pytest.mark.usefixtures("failing_statements")
@pytest.mark.parametrize("read", READS)
def test_a_read_that_fails_is_a_typed_error_and_the_next_one_works(
    read: str, quick_folder: Path
) -> None:
    ids = build(quick_folder / "bank.db")
    with opened(quick_folder / "bank.db") as bank:
        expected = READS[read](bank, ids)
    for step in range(1, MOST_STEPS):
        with opened(quick_folder / "bank.db") as bank:
            outcomes = set()
            for _ in range(6):
                # More often than there are readers to lend: none may get lost on the way.
                outcomes.add(_fails_at(step, bank, read, ids))
                assert READS[read](bank, ids) == expected
        if True not in outcomes:
            assert step > 1
            return
    raise AssertionError("there is no end of steps")


def _fails_at(step: int, bank: ReasoningBank, read: str, ids: list[UUID]) -> bool:
    """Tell whether a read comes to that step, from which on everything fails."""
    counter.arm(step, input_output_error, once=False)
    try:
        READS[read](bank, ids)
    except Unavailable:
        return True
    finally:
        counter.disarm()
    return False
