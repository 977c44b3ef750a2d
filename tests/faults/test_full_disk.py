"""No space left: a typed error, nothing half-stored, and the same handle works once there is space."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank, Unavailable
from tests.faults.observing import digests
from tests.faults.operations import opened, pattern
from tests.faults.small_disks import (
    BALLAST_BYTES,
    CHANGES,
    DISK_BYTES,
    NoDisk,
    assert_exactly,
    change_without_space,
    disk_of,
    files_of_at_most,
    fill,
    fill_and_free,
    store_until_refused,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits are set the POSIX way")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    try:
        with disk_of(DISK_BYTES, tmp_path / "disk") as disk:
            yield disk
    except NoDisk as reason:
        pytest.skip(f"NOT SHOWN: {reason}")


@pytest.fixture
def ballast(small_disk: Path) -> Path:
    """A file whose removal gives the disk space again."""
    file = small_disk / "ballast"
    file.write_bytes(bytes(BALLAST_BYTES))
    return file


def test_a_disk_that_fills_up_keeps_what_was_acknowledged_and_nothing_else(
    small_disk: Path,
) -> None:
    fill_and_free(small_disk)


def test_a_file_that_may_not_grow_keeps_what_was_acknowledged_and_nothing_else(
    tmp_path: Path,
) -> None:
    with opened(tmp_path / "bank.db") as bank, files_of_at_most(DISK_BYTES) as lift:
        acknowledged = store_until_refused(bank)
        assert len(acknowledged) > 20
        assert_exactly(bank, acknowledged)
        lift()
        acknowledged.append(bank.store_pattern(pattern(-1)))
        assert_exactly(bank, acknowledged)


@pytest.mark.parametrize("change", CHANGES)
def test_without_a_byte_left_every_change_is_refused_whole_or_made_whole(
    change: str, small_disk: Path, ballast: Path
) -> None:
    change_without_space(small_disk, change)


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
