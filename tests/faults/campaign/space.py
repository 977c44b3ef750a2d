"""No space left: on a full file system, and where no file may grow any more."""

from __future__ import annotations

from tests.faults.campaign.rounds import Family, Round
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
    fill_and_free,
    store_until_refused,
)


def _a_full_disk(this: Round) -> None:
    with disk_of(DISK_BYTES, this.folder / "disk") as disk:
        fill_and_free(disk)


def _a_change_without_a_byte(this: Round) -> None:
    changes = list(CHANGES)
    with disk_of(DISK_BYTES, this.folder / "disk") as disk:
        (disk / "ballast").write_bytes(bytes(BALLAST_BYTES))
        change_without_space(disk, changes[this.number // 3 % len(changes)])


def _a_file_that_may_not_grow(this: Round) -> None:
    size = this.chance.randrange(DISK_BYTES // 4, DISK_BYTES)
    with opened(this.folder / "bank.db") as bank, files_of_at_most(size) as lift:
        acknowledged = store_until_refused(bank)
        assert_exactly(bank, acknowledged)
        lift()
        acknowledged.append(bank.store_pattern(pattern(-1)))
        assert_exactly(bank, acknowledged)


_WAYS = (_a_full_disk, _a_file_that_may_not_grow, _a_change_without_a_byte)


def _play(this: Round) -> str | None:
    try:
        _WAYS[this.number % len(_WAYS)](this)
    except NoDisk as reason:
        _a_file_that_may_not_grow(this)
        return f"only by a limit on the size of files: {reason}"
    return None


FAMILY = Family(
    name="space",
    question="the disk (2 MB) or the largest file allowed is full in the middle of a change",
    play=_play,
    share=0.5,
)
