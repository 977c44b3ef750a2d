"""Rollouts that meet killed writers at every step, full disks, forks, other embedders and rights that are missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reasoningbank import EmbeddingMismatch, ReasoningBank, ReasoningBankError, Unavailable
from reasoningbank.storage.rollout import Rollout
from tests.faults.children import run
from tests.faults.operations import CHANGES, build, opened, pattern
from tests.faults.small_disks import BALLAST_BYTES, fill
from tests.faults.test_full_disk import small_disk  # noqa: F401 - a fixture
from tests.storage.rollout.pairs import begun, is_level, level, until

_MOST_TELLING = ("merge", "erase")


def contents(path: Path) -> dict[str, object]:
    """Give all patterns with what is kept about them, but for what differs between two runs."""
    with opened(path) as bank:
        return {
            str(one.id): (one, len(bank.history(one.id)), len(bank.outcomes(one.id)))
            for category in bank.get_stats().categories
            for one in bank.search_by_category(category, 1_000)
        }


def kill_at_each_step(folder: Path, change: str) -> int:
    ids = build(folder / "base.db")
    begun(folder / "base.db", percent=0)
    steps = run("die_at_each_step", folder, change, ids, False)
    assert isinstance(steps, int)
    assert steps > 5
    for step in range(1, steps + 1):
        path = folder / str(step) / "bank.db"
        with opened(path):
            level(Rollout(str(path)))
        candidate = path.with_suffix(".candidate.db")
        assert contents(path) == contents(candidate), f"step {step}"
    return steps


@pytest.mark.parametrize("change", _MOST_TELLING)
def test_a_writer_killed_at_any_step_leaves_two_banks_that_become_equal(change, tmp_path):
    kill_at_each_step(tmp_path, change)


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGES)
def test_every_change_killed_at_any_step_leaves_two_banks_that_become_equal(change, tmp_path):
    kill_at_each_step(tmp_path, change)


def test_a_full_disk_loses_nothing_that_was_acknowledged(small_disk, tmp_path):  # noqa: F811
    """The bank and the queue are on the full disk, the candidate is on another."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(BALLAST_BYTES))
    path = small_disk / "bank.db"
    build(path)
    rollout = Rollout(str(path), patience=60.0)
    rollout.start(str(tmp_path / "candidate.db"))
    with opened(path) as bank:
        acknowledged, refused = [], 0
        fill(small_disk)
        for number in range(100, 160):
            try:
                acknowledged.append(
                    bank.store_pattern(pattern(number, metadata={"x": "y" * 2_000}))
                )
            except Unavailable:
                refused += 1
        assert refused > 0
        (small_disk / "filler").unlink()
        ballast.unlink()
        acknowledged.append(bank.store_pattern(pattern(200)))
        assert all(bank.get_pattern(one) for one in acknowledged)
        until(lambda: is_level(rollout), "level banks")
    level(rollout)
    with opened(tmp_path / "candidate.db") as candidate:
        assert all(candidate.get_pattern(one) for one in acknowledged)


def test_a_bank_opened_before_a_fork_is_refused_in_the_child_and_works_in_the_parent(tmp_path):
    program = """
import os, sys
from reasoningbank import ReasoningBank, Unavailable
with ReasoningBank.open(sys.argv[1]) as bank:
    kept = bank.store_pattern(task_description="a", task_category="c", strategy="s")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            bank.get_pattern(kept)
        except Unavailable:
            try:
                bank.store_pattern(task_description="b", task_category="c", strategy="s")
            except Unavailable:
                code = 0
        finally:
            bank.close()
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert bank.get_pattern(kept) is not None
    bank.store_pattern(task_description="d", task_category="c", strategy="s")
"""
    rollout = begun(tmp_path / "bank.db")

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "bank.db")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    level(rollout)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 2


def test_another_embedder_is_refused_as_without_a_rollout(tmp_path):
    build(tmp_path / "bank.db")
    rollout = begun(tmp_path / "bank.db")

    with opened(tmp_path / "bank.db", embedder="other") as bank:
        with pytest.raises(EmbeddingMismatch):
            bank.store_pattern(pattern(50))
        with pytest.raises(EmbeddingMismatch):
            bank.find_similar("bearing")
        bank.reembed()
        assert len(bank.find_similar("bearing")) == 5
    level(rollout)


def test_a_candidate_that_cannot_be_written_is_refused_at_the_start(tmp_path, monkeypatch):
    build(tmp_path / "bank.db")
    from reasoningbank.storage.sqlite.backend import SqliteStorage

    monkeypatch.setattr(SqliteStorage, "read_only", property(lambda _: True))

    with pytest.raises(Unavailable):
        Rollout(str(tmp_path / "bank.db")).start(str(tmp_path / "candidate.db"))

    assert not (tmp_path / "bank.db.rollout").exists()


def test_a_damaged_journal_is_an_error_and_never_a_bank_without_its_rollout(tmp_path):
    build(tmp_path / "bank.db")
    begun(tmp_path / "bank.db")
    (tmp_path / "bank.db.rollout" / "journal.db").write_bytes(b"damaged " * 100)

    with pytest.raises(ReasoningBankError):
        ReasoningBank.open(tmp_path / "bank.db")


def test_two_programs_may_start_the_same_rollout_at_once(tmp_path):
    build(tmp_path / "bank.db")
    program = (
        "import sys; from reasoningbank.storage.rollout import Rollout;"
        "Rollout(sys.argv[1]).start(sys.argv[2])"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "bank.db"), str(tmp_path / "new.db")],
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [child.communicate()[1] for child in children]

    assert 0 in [child.returncode for child in children], said
    rollout = Rollout(str(tmp_path / "bank.db"))
    rollout.check()
    level(rollout)


def test_a_bank_without_a_rollout_loads_nothing_of_it(tmp_path):
    program = """
import sys
from reasoningbank import ReasoningBank
with ReasoningBank.open(sys.argv[1]) as bank:
    bank.store_pattern(task_description="a", task_category="c", strategy="s")
    bank.find_similar("a")
print([name for name in sys.modules if "rollout" in name])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "bank.db")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[]\n"


def test_marks_of_killed_programs_are_swept_away(tmp_path):
    program = """
import os, signal, sys
from reasoningbank import ReasoningBank
ReasoningBank.open(sys.argv[1])
os.kill(os.getpid(), signal.SIGKILL)
"""
    begun(tmp_path / "bank.db")
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program, str(tmp_path / "bank.db")], check=False)
    folder = tmp_path / "bank.db.rollout"

    with ReasoningBank.open(tmp_path / "bank.db"):
        until(lambda: len(list(folder.glob("alive-*"))) == 1, "the marks to go")

    assert list(folder.glob("alive-*")) == []
