"""The program that dies at the first step of a change, then at the second, until it survives."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from uuid import UUID

from tests.faults.failing_files import CountedFiles, count_calls_of_python, counter, die
from tests.faults.operations import CHANGES, migrate_to_next, opened, pattern, reembed
from tests.storage.rollout.pairs import copy_rollout


def die_at_each_step(folder: str, change: str, ids: list[str], torn: bool) -> int:
    """Make a change in one forked process after the other; give at which step none died.

    Each works on its own copy of ``folder/base.db``, in ``folder/STEP/bank.db``, and what it leaves
    behind stays there. Without a base the bank is made by the process itself.
    """
    files = CountedFiles(torn=torn, default=True)
    count_calls_of_python(folder)
    step = 0
    while True:
        step += 1
        copy = Path(folder, str(step), "bank.db")
        copy.parent.mkdir()
        if Path(folder, "base.db").exists():
            shutil.copyfile(Path(folder, "base.db"), copy)
        if Path(folder, "base.db.rollout").exists():
            copy_rollout(Path(folder, "base.db"), copy)
        if _survived(copy, change, ids, step):
            del files
            return step


def _survived(copy: Path, change: str, ids: list[str], step: int) -> bool:
    child = os.fork()
    if child == 0:
        _change_and_end(copy, change, ids, step)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0, f"{change} failed at step {step}"
    return True


def _change_and_end(copy: Path, change: str, ids: list[str], step: int) -> None:
    code = 1
    try:
        counter.arm(step, die)
        _change(copy, change, [UUID(one) for one in ids])
        code = 0
    finally:
        os._exit(code)


def _change(copy: Path, change: str, ids: list[UUID]) -> None:
    if change == "migrate":
        migrate_to_next(copy)
    elif change == "reembed":
        reembed(copy)
    else:
        with opened(copy, begin=1_000) as bank:
            if change == "open":
                bank.get_stats()
            elif change == "create":
                bank.store_pattern(pattern(0))
            else:
                CHANGES[change](bank, ids)
