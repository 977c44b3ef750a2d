"""Forks, pickles, closing and forgetting: a bank says what it cannot do, and loses nothing."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path

import pytest

from reasoningbank import AsyncReasoningBank, Busy, ReasoningBank
from reasoningbank.storage import open_storage
from tests.faults.children import finished, let_go, ready, run, running
from tests.faults.observing import assert_sound
from tests.faults.operations import SmallEmbedder, opened, pattern

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")


@needs_fork
@pytest.mark.parametrize("locked", [False, True], ids=["at rest", "while other threads use it"])
@pytest.mark.parametrize("kind", ["file", "memory"])
def test_a_forked_child_is_told_so_and_its_parent_goes_on(
    kind: str, locked: bool, tmp_path: Path
) -> None:
    target = "memory:" if kind == "memory" else str(tmp_path / "bank.db")
    outcome = run("fork_and_use_both", target, locked)
    assert isinstance(outcome, dict)
    codes = dict(outcome["child"])
    assert codes.pop("close") == codes.pop("close again") == "done"
    assert set(codes.values()) == {"unavailable"}, codes
    assert outcome["child ended with"] == 0
    assert outcome["parent finds"] is True
    assert outcome["errors"] == []
    assert [place.name for place in tmp_path.iterdir()] == ["bank.db"] * (kind == "file")


@needs_fork
def test_a_child_that_ends_does_not_let_go_of_its_parents_locks(tmp_path: Path) -> None:
    with running("fork_while_writing", tmp_path / "bank.db") as child:
        assert ready(child) == "writing"
        impatient = ReasoningBank(
            open_storage(tmp_path / "bank.db", busy_timeout=0.1), embedder=SmallEmbedder()
        )
        with impatient, pytest.raises(Busy):
            impatient.store_pattern(pattern(2))
        let_go(child)
        assert finished(child) == "stored"
    assert_sound(tmp_path / "bank.db")


@needs_fork
def test_children_that_open_the_bank_anew_work_beside_their_parent(tmp_path: Path) -> None:
    assert run("work_after_fork", tmp_path / "bank.db", 4) == [0] * 4
    with opened(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 1 + 4 * 10 + 4
    assert_sound(tmp_path / "bank.db")


@pytest.mark.parametrize("way", ["let go", "kept", "asyncio"])
def test_a_bank_that_is_forgotten_loses_nothing_and_says_nothing(way: str, tmp_path: Path) -> None:
    # Whatever was answered is committed, so there is nothing to warn of: no ResourceWarning.
    # `finished` fails on anything written to stderr.
    flags = ("-X", "dev", "-W", "error")
    assert run("forget", tmp_path / "bank.db", way, flags=flags) == "stored"
    with opened(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 1
    assert_sound(tmp_path / "bank.db")
    assert [place.name for place in tmp_path.iterdir()] == ["bank.db"]


@pytest.mark.parametrize("use", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_bank_cannot_be_pickled_or_copied_and_says_what_to_do(use, bank: ReasoningBank) -> None:
    with pytest.raises(TypeError, match="open it again"):
        use(bank)


def test_nor_can_one_for_asyncio(bank: ReasoningBank) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with (
        ThreadPoolExecutor(1) as workers,
        pytest.raises(TypeError, match="open it again"),
    ):
        pickle.dumps(AsyncReasoningBank(bank, workers))
