"""Let each statement or write of a change fail in turn, and see that nothing of the change stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import apsw

from reasoningbank import Unavailable
from tests.faults.counting import count
from tests.faults.failing_files import NAME, CountedFiles, counter
from tests.faults.observing import faults, tables
from tests.faults.operations import CHANGES, build, exported, opened, pattern

MOST_STEPS = 500


class CountedStatements(apsw.Connection):
    """A connection whose statements count."""

    def __init__(self, name: str, **options: object) -> None:
        super().__init__(name, **options)  # type: ignore[arg-type]
        self.exec_trace = self._count

    @staticmethod
    def _count(*_: object) -> bool:
        counter.step()
        return True


class ConnectionToCountedFiles(apsw.Connection):
    def __init__(self, name: str, **options: object) -> None:
        super().__init__(name, vfs=NAME, **options)  # type: ignore[arg-type]


@contextmanager
def statements_that_fail() -> Iterator[None]:
    """Count the statements of every connection that is opened, so that one can be let fail."""
    try:
        with mock.patch.object(apsw, "Connection", CountedStatements):
            yield
    finally:
        counter.disarm()


@contextmanager
def writes_that_fail() -> Iterator[None]:
    """Count the writes of every connection that is opened, so that one can be let fail."""
    files = CountedFiles()
    try:
        with mock.patch.object(apsw, "Connection", ConnectionToCountedFiles):
            yield
    finally:
        counter.disarm()
        files.unregister()


def input_output_error() -> None:
    raise apsw.exception_for(apsw.SQLITE_IOERR_WRITE)


def interrupted() -> None:
    raise KeyboardInterrupt


def no_space() -> None:
    raise apsw.exception_for(apsw.SQLITE_FULL)


def sizes(path: Path) -> dict[str, int]:
    return {name: len(rows) for name, rows in tables(path).items()}


def fail_each_step(folder: Path, change: str, act: Callable[[], None], *, once: bool) -> int:
    """Let each step of a change fail in turn, each on a new bank; give how many steps there are.

    Once every step has passed, the change is made again on the same handle.
    """
    base, reference = folder / "base.db", folder / "reference.db"
    ids = build(base)
    before = tables(base)
    shutil.copyfile(base, reference)
    exported()
    with opened(reference, begin=1_000) as bank:
        CHANGES[change](bank, ids)
    for step in range(1, MOST_STEPS):
        path = folder / f"{step}.db"
        shutil.copyfile(base, path)
        with opened(path, begin=1_000) as bank:
            counter.arm(step, act, once=once)
            try:
                CHANGES[change](bank, ids)
            except (Unavailable, KeyboardInterrupt):
                survived = False
            else:
                survived = True
            reached = counter.reached
            counter.disarm()
            count(acknowledged=survived, refused=not survived)
            if not survived:
                assert_nothing_changed(change, before, tables(path), reference)
                CHANGES[change](bank, ids)
            assert sizes(path) == sizes(reference)
            assert faults(bank) == []
            assert bank.find_similar(pattern(3).task_description, top_k=1)[0].similarity == 1.0
        if not reached:
            return step - 1
    raise AssertionError("there is no end of steps")


def assert_nothing_changed(
    change: str, before: object, after: dict[str, list[tuple[object, ...]]], reference: Path
) -> None:
    if change.startswith("erase") and after != before:
        # What failed came after the rows were gone: making sure that the bytes are. Erasing again,
        # as the error says, finishes it.
        assert {name: len(rows) for name, rows in after.items()} == sizes(reference)
    else:
        assert after == before
