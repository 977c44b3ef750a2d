"""No space left: a typed error, nothing half-stored, and the same handle works once there is space."""

from __future__ import annotations

import ctypes
import io
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest

from reasoningbank import ReasoningBank, Unavailable
from tests.faults.observing import digests, faults, tables
from tests.faults.operations import opened, pattern

_DISK_BYTES = 2 * 1024 * 1024
_BALLAST_BYTES = 512 * 1024
_LONG = "x" * 2_000
_MNT_DETACH = 2

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are set the POSIX way")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("NOT SHOWN: a full disk needs a small file system, which only root may mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={_DISK_BYTES}".encode()
    if libc.mount(b"tmpfs", os.fsencode(disk), b"tmpfs", 0, options) != 0:
        pytest.skip(f"NOT SHOWN: no small file system: {os.strerror(ctypes.get_errno())}")
    yield disk
    # Detached even when a failed test still holds files open on it.
    assert libc.umount2(os.fsencode(disk), _MNT_DETACH) == 0, os.strerror(ctypes.get_errno())


@pytest.fixture
def ballast(small_disk: Path) -> Path:
    """A file whose removal gives the disk space again."""
    file = small_disk / "ballast"
    file.write_bytes(bytes(_BALLAST_BYTES))
    return file


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
            acknowledged.append(bank.store_pattern(pattern(number, metadata={"long": _LONG})))
            acknowledged += bank.store_patterns([pattern(number + more) for more in range(1, 20)])
        except Unavailable:
            return acknowledged
    raise AssertionError("there is no end of space")


def assert_exactly(bank: ReasoningBank, acknowledged: list[UUID]) -> None:
    assert bank.get_stats().total_patterns == len(acknowledged)
    assert {one.id for one in bank.search_by_category("line", 10_000)} == set(acknowledged)
    assert faults(bank) == []


def test_a_disk_that_fills_up_keeps_what_was_acknowledged_and_nothing_else(
    small_disk: Path, ballast: Path
) -> None:
    with opened(small_disk / "bank.db") as bank:
        acknowledged = store_until_refused(bank)
        assert len(acknowledged) > 20
        assert_exactly(bank, acknowledged)
        ballast.unlink()
        acknowledged.append(bank.store_pattern(pattern(-1)))
        assert_exactly(bank, acknowledged)
    with opened(small_disk / "bank.db") as bank:
        assert_exactly(bank, acknowledged)


def test_a_file_that_may_not_grow_keeps_what_was_acknowledged_and_nothing_else(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "bank.db") as bank, files_of_at_most(_DISK_BYTES) as lift:
        acknowledged = store_until_refused(bank)
        assert len(acknowledged) > 20
        assert_exactly(bank, acknowledged)
        lift()
        acknowledged.append(bank.store_pattern(pattern(-1)))
        assert_exactly(bank, acknowledged)


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
        pattern_id, metadata={"long": _LONG * 20}
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


@pytest.mark.parametrize("change", CHANGES)
def test_without_a_byte_left_every_change_is_refused_whole_or_made_whole(
    change: str, small_disk: Path, ballast: Path
) -> None:
    path = small_disk / "bank.db"
    with opened(path) as bank:
        ids = bank.store_patterns([pattern(number, metadata={"n": _LONG}) for number in range(9)])
        before = tables(path)
        fill(small_disk)
        try:
            CHANGES[change](bank, ids[3])
        except Unavailable:
            assert tables(path) == before or change == "erase"
        assert faults(bank) == []
        assert bank.find_similar(pattern(2).task_description, top_k=1)[0].id == ids[2]
        ballast.unlink()
        (small_disk / "filler").unlink()
        if tables(path) == before:
            CHANGES[change](bank, ids[3])
        assert tables(path) != before
        assert faults(bank) == []


def test_a_bank_that_cannot_be_made_for_want_of_space_leaves_nothing(
    small_disk: Path, ballast: Path
) -> None:
    fill(small_disk)
    before = sorted(place.name for place in small_disk.iterdir())
    with pytest.raises(Unavailable):
        ReasoningBank.open(small_disk / "bank.db")
    assert sorted(place.name for place in small_disk.iterdir()) == before
    ballast.unlink()
    with opened(small_disk / "bank.db") as bank:
        bank.store_pattern(pattern(1))


def test_a_bank_that_cannot_be_opened_for_want_of_space_is_left_as_it_is(
    small_disk: Path, ballast: Path
) -> None:
    path = small_disk / "bank.db"
    with opened(path) as bank:
        stored = bank.store_pattern(pattern(1))
    fill(small_disk)
    before = digests(small_disk)["bank.db"]
    # Even reading needs 32 kB beside the file, for the memory that processes share.
    with pytest.raises(Unavailable, match="space"):
        opened(path)
    assert digests(small_disk)["bank.db"] == before
    ballast.unlink()
    with opened(path) as bank:
        assert bank.find_similar(pattern(1).task_description)[0].id == stored
