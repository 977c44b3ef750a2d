"""File systems that fill up or cannot be written, and banks on them."""

from __future__ import annotations

import ctypes
import io
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from reasoningbank import ReasoningBank, Unavailable
from tests.faults.counting import count
from tests.faults.observing import faults, tables
from tests.faults.operations import opened, pattern

DISK_BYTES = 2 * 1024 * 1024
BALLAST_BYTES = 512 * 1024
LONG = "x" * 2_000
_REMOUNT, _READ_ONLY, _DETACH = 32, 1, 2


class NoDisk(Exception):
    """No file system of its own can be had here, and why."""


@contextmanager
def disk_of(size: int, place: Path) -> Iterator[Path]:
    """Mount a file system of so many bytes for the length of the block.

    Raises:
        NoDisk: Where that may not be done.
    """
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise NoDisk("a file system of its own needs Linux, and only root may mount one")
    place.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(place), b"tmpfs", 0, f"size={size}".encode()) != 0:
        raise NoDisk(f"it may not be mounted: {os.strerror(ctypes.get_errno())}")
    try:
        yield place
    finally:
        # Detached even when somebody still holds files open on it.
        gone = libc.umount2(os.fsencode(place), _DETACH)
        assert gone == 0, os.strerror(ctypes.get_errno())


def make_read_only(disk: Path) -> None:
    """Let nobody write a file system from now on, root included."""
    libc = ctypes.CDLL(None, use_errno=True)
    made = libc.mount(None, os.fsencode(disk), None, _REMOUNT | _READ_ONLY, None)
    assert made == 0, os.strerror(ctypes.get_errno())


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            for size in (65_536, 4_096, 512):
                while filler.write(bytes(size)) == size:
                    pass
        except OSError:
            pass


def store_until_refused(bank: ReasoningBank) -> list[UUID]:
    """Store until there is no space; give what was acknowledged."""
    acknowledged: list[UUID] = []
    for number in range(0, 100_000, 20):
        try:
            acknowledged.append(bank.store_pattern(pattern(number, metadata={"long": LONG})))
            acknowledged += bank.store_patterns([pattern(number + more) for more in range(1, 20)])
        except Unavailable:
            count(refused=1)
            return acknowledged
    raise AssertionError("there is no end of space")


def assert_exactly(bank: ReasoningBank, acknowledged: list[UUID]) -> None:
    """Fail unless a bank holds what was acknowledged and nothing else."""
    there = {one.id for one in bank.search_by_category("line", 10_000)}
    count(
        acknowledged=len(acknowledged),
        lost=len(set(acknowledged) - there),
        doubled=len(there - set(acknowledged)),
    )
    assert bank.get_stats().total_patterns == len(acknowledged)
    assert there == set(acknowledged)
    assert faults(bank) == []


class files_of_at_most:  # noqa: N801 - reads as a phrase in a with statement
    """Let no file of this process grow beyond a size, until the function it gives is called."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> Callable[[], None]:
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._signal = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, self._before[1]))
        return self._lift

    def _lift(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)

    def __exit__(self, *_: object) -> None:
        self._lift()
        signal.signal(signal.SIGXFSZ, self._signal)


CHANGES: dict[str, Callable[[ReasoningBank, UUID], object]] = {
    "store": lambda bank, pattern_id: bank.store_pattern(pattern(50)),
    "update": lambda bank, pattern_id: bank.update_pattern(
        pattern_id, metadata={"long": LONG * 20}
    ),
    "delete": lambda bank, pattern_id: bank.delete_pattern(pattern_id),
    "erase": lambda bank, pattern_id: bank.erase(pattern_id),
    "outcome": lambda bank, pattern_id: bank.record_outcome(pattern=pattern_id, success=True),
    "restore": lambda bank, pattern_id: bank.restore_jsonl(io.BytesIO(exported(200))),
}


def exported(count: int) -> bytes:
    file = io.BytesIO()
    with opened(Path("memory:"), begin=50_000) as other:
        other.store_patterns([pattern(1_000 + number) for number in range(count)])
        other.export_jsonl(file)
    return file.getvalue()


def fill_and_free(disk: Path) -> None:
    """Store until a disk is full, free some of it, and go on with the same bank."""
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(BALLAST_BYTES))
    with opened(disk / "bank.db") as bank:
        acknowledged = store_until_refused(bank)
        assert len(acknowledged) > 20
        assert_exactly(bank, acknowledged)
        ballast.unlink()
        acknowledged.append(bank.store_pattern(pattern(-1)))
        assert_exactly(bank, acknowledged)
    with opened(disk / "bank.db") as bank:
        assert_exactly(bank, acknowledged)


def change_without_space(disk: Path, change: str) -> None:
    """Make a change where no byte is left, and again once there is; ``disk/ballast`` is there to go."""
    path = disk / "bank.db"
    with opened(path) as bank:
        ids = bank.store_patterns([pattern(number, metadata={"n": LONG}) for number in range(9)])
        before = tables(path)
        fill(disk)
        try:
            CHANGES[change](bank, ids[3])
        except Unavailable:
            count(refused=1)
            assert tables(path) == before or change == "erase"
        assert faults(bank) == []
        assert bank.find_similar(pattern(2).task_description, top_k=1)[0].id == ids[2]
        (disk / "ballast").unlink()
        (disk / "filler").unlink()
        if tables(path) == before:
            CHANGES[change](bank, ids[3])
        assert tables(path) != before
        assert faults(bank) == []
        count(acknowledged=1)
