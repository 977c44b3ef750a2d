"""What cannot be written: reading works where it can, storing is a typed error, and nothing changes."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank, Unavailable
from tests.faults.children import finished, let_go, ready, run, running
from tests.faults.observing import digests
from tests.faults.operations import opened, pattern
from tests.faults.reading_only import (
    READ,
    TASKS,
    assert_read_but_not_written,
    leave_a_log,
    tried_without_a_trace,
)
from tests.faults.small_disks import NoDisk, disk_of, make_read_only

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0,
    reason="NOT SHOWN: only root can become an ordinary user to try what one may not do",
)


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that every user may look into, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory(prefix="reasoningbank-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def path(place: Path) -> Path:
    """A bank of three patterns, closed, that every user may read."""
    with opened(place / "bank.db") as bank:
        bank.store_patterns([pattern(number) for number in range(3)])
    (place / "bank.db").chmod(0o644)
    return place / "bank.db"


def test_a_read_only_file_in_a_read_only_directory_is_read(path: Path) -> None:
    path.chmod(0o444)
    outcome = tried_without_a_trace(path)
    assert (outcome["may write the file"], outcome["may write the directory"]) == (False, False)
    assert_read_but_not_written(outcome, READ)


def test_a_read_only_file_in_a_writable_directory_is_read(path: Path) -> None:
    path.parent.chmod(0o777)
    outcome = tried_without_a_trace(path)
    assert (outcome["may write the file"], outcome["may write the directory"]) == (False, True)
    assert_read_but_not_written(outcome, READ)


def test_a_writable_file_in_a_read_only_directory_is_read(path: Path) -> None:
    path.chmod(0o666)
    outcome = tried_without_a_trace(path)
    assert (outcome["may write the file"], outcome["may write the directory"]) == (True, False)
    assert_read_but_not_written(outcome, READ)


def test_an_empty_log_beside_the_file_is_no_obstacle(path: Path) -> None:
    path.with_name("bank.db-wal").touch(0o644)
    assert_read_but_not_written(tried_without_a_trace(path), READ)


def test_a_log_left_by_a_killed_process_is_read_with_the_file(path: Path) -> None:
    read = leave_a_log(path)
    assert_read_but_not_written(tried_without_a_trace(path), read)


def test_so_it_is_in_a_directory_that_could_be_written(path: Path) -> None:
    read = leave_a_log(path)
    path.parent.chmod(0o777)
    assert_read_but_not_written(tried_without_a_trace(path), read)


@pytest.mark.parametrize("mode", [0o755, 0o777])
def test_a_log_that_cannot_be_read_is_an_error_rather_than_older_patterns(
    path: Path, mode: int
) -> None:
    leave_a_log(path)
    path.with_name("bank.db-shm").unlink()
    path.parent.chmod(mode)
    outcome = tried_without_a_trace(path)
    assert outcome["opened"] == "unavailable"
    assert "log" in str(outcome["said"])


def test_what_its_owner_stores_meanwhile_is_read(path: Path) -> None:
    with opened(path, begin=10_000) as owner:
        owner.store_pattern(pattern(3))
        for side in ("-wal", "-shm"):
            path.with_name(path.name + side).chmod(0o644)
        outcome = run("use_as_nobody", path)
    assert isinstance(outcome, dict)
    assert_read_but_not_written(
        outcome,
        {
            **READ,
            "listed": [*TASKS, pattern(3).task_description],
            "exported": 4,
            "counted": 4,
        },
    )


def test_what_its_owner_stores_after_the_bank_was_opened_is_read_by_the_next_call(
    path: Path,
) -> None:
    with running("use_twice_as_nobody", path) as child:
        ready(child)
        with opened(path, begin=10_000) as owner:
            owner.store_pattern(pattern(3))
        let_go(child)
        outcome = finished(child)
    assert isinstance(outcome, dict)
    later = outcome["read later"]
    assert isinstance(later, dict)
    assert later["listed"] == [*TASKS, pattern(3).task_description]
    assert later["similar"] == [1.0]
    assert later["faults"] == []


def test_a_reader_does_not_keep_its_owner_from_writing(path: Path) -> None:
    # Side files that a reader made would belong to it, and its owner could not write them.
    owner = 65_533
    path.parent.chmod(0o777)
    os.chown(path, owner, owner)
    with running("use_twice_as_nobody", path) as child:
        ready(child)
        assert run("store_as", path, owner) == "yes"
        let_go(child)
        outcome = finished(child)
    assert isinstance(outcome, dict)
    assert pattern(3).task_description in outcome["read later"]["listed"]


def test_a_bank_that_may_not_be_read_is_unavailable(path: Path) -> None:
    path.chmod(0o600)
    assert tried_without_a_trace(path)["opened"] == "unavailable"


def test_a_bank_in_a_directory_that_may_not_be_entered_is_unavailable(path: Path) -> None:
    path.parent.chmod(0o700)
    assert tried_without_a_trace(path)["opened"] == "unavailable"


def test_a_bank_that_cannot_be_made_is_unavailable(place: Path) -> None:
    assert tried_without_a_trace(place / "bank.db")["opened"] == "unavailable"


def test_a_directory_that_cannot_be_made_is_unavailable(place: Path) -> None:
    assert tried_without_a_trace(place / "new" / "deeper" / "bank.db")["opened"] == "unavailable"


@pytest.fixture
def read_only_disk(tmp_path: Path, path: Path) -> Iterator[Path]:
    """A bank on a file system mounted for reading, where root may not write either."""
    try:
        with disk_of(4 * 1024 * 1024, tmp_path / "disk") as disk:
            shutil.copyfile(path, disk / "bank.db")
            make_read_only(disk)
            yield disk / "bank.db"
    except NoDisk as reason:
        pytest.skip(f"NOT SHOWN: {reason}")


def test_a_bank_on_a_read_only_file_system_is_read(read_only_disk: Path) -> None:
    before = digests(read_only_disk.parent)
    with opened(read_only_disk) as bank:
        assert bank.find_similar(TASKS[0], top_k=1)[0].similarity == 1.0
        assert bank.get_stats().read_only
        assert [finding for finding in bank.check() if finding.level == "error"] == []
        with pytest.raises(Unavailable):
            bank.store_pattern(pattern(5))
    assert digests(read_only_disk.parent) == before
    with pytest.raises(Unavailable):
        ReasoningBank.open(read_only_disk.parent / "other.db")
