"""Backups of a bank in use: whole, checked, kept to a number; and restored under those who have it open."""

from __future__ import annotations

import gzip
import io
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import apsw
import pytest

from reasoningbank import (
    Busy,
    Conflict,
    ForeignDatabase,
    InvalidInput,
    ReasoningBank,
    ReasoningBankError,
    SchemaTooNew,
    StorageCorrupt,
    Unavailable,
)
from reasoningbank.storage.sqlite import restoring
from reasoningbank.storage.sqlite.backups import back_up
from reasoningbank.storage.sqlite.restoring import restore_backup
from reasoningbank.storage.sqlite.schema import APPLICATION_ID
from tests.faults.operations import opened
from tests.storage.rollout.pairs import until


def stored(bank: ReasoningBank, count: int, first: int = 0):
    return [
        bank.store_pattern(
            task_description=f"Task number {number}", task_category="c", strategy="Test first."
        )
        for number in range(first, first + count)
    ]


def exported(bank: ReasoningBank) -> list[bytes]:
    file = io.BytesIO()
    bank.export_jsonl(file)
    return file.getvalue().splitlines()[1:]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        stored(bank, 30)
    return tmp_path / "bank.db"


def test_a_backup_restored_elsewhere_is_the_same_bank(path, tmp_path):
    report = back_up(path)
    restored = restore_backup(Path(report.path), tmp_path / "other.db")

    assert (report.patterns, restored.patterns, restored.kept) == (30, 30, None)
    assert report.bytes < report.bank_bytes
    with ReasoningBank.open(path) as bank, ReasoningBank.open(tmp_path / "other.db") as other:
        assert exported(bank) == exported(other)
        assert [one for one in other.check() if one.level != "ok"] == []
        assert other.find_similar("Task number 7", top_k=1) == bank.find_similar(
            "Task number 7", top_k=1
        )


def test_gunzip_makes_a_bank_file_of_a_backup(path, tmp_path):
    report = back_up(path)

    (tmp_path / "plain.db").write_bytes(gzip.decompress(Path(report.path).read_bytes()))

    with ReasoningBank.open(tmp_path / "plain.db") as bank:
        assert bank.get_stats().total_patterns == 30


def test_only_the_owner_can_read_a_backup(path):
    assert Path(back_up(path).path).stat().st_mode & 0o777 == 0o600


def test_a_backup_taken_while_others_write_holds_one_moment(path, tmp_path):
    stop = threading.Event()

    def write() -> None:
        with ReasoningBank.open(path) as bank:
            number = 1_000
            while not stop.is_set():
                bank.store_patterns(
                    {"task_description": f"{number} {half}", "task_category": "c", "strategy": "s"}
                    for half in ("first", "second")
                )
                number += 1

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        reports = [back_up(path, tmp_path / f"{number}.db.gz") for number in range(5)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert len({report.patterns for report in reports}) > 1
    for report in reports:
        assert report.patterns % 2 == 0  # both of a pair, or neither


def test_only_so_many_backups_of_this_bank_are_kept_and_nothing_else_is_removed(path, tmp_path):
    folder = tmp_path / "kept"
    with ReasoningBank.open(tmp_path / "bank2" / "bank.db") as other:
        stored(other, 1)
    others = Path(back_up(tmp_path / "bank2" / "bank.db", folder).path)
    strangers = [
        folder / "bank-20200101T000000000Z.db.gz",
        folder / "bank-notes.db.gz",
        folder / "readme.txt",
    ]
    for stranger in strangers:
        stranger.write_bytes(gzip.compress(b"somebody's own"))
    made = [Path(back_up(path, folder, keep=3).path) for _ in range(6)]

    assert set(folder.iterdir()) == {others, *strangers, *made[-3:]}


def test_a_damaged_bank_is_not_backed_up(path):
    with path.open("r+b") as file:
        file.seek(4096 * 12)
        file.write(os.urandom(4096 * 4))

    with pytest.raises(ReasoningBankError):
        back_up(path)

    assert list((path.parent / "backups").iterdir()) == []


@pytest.mark.parametrize("part", [0.2, 0.9, 0.999])
def test_a_backup_that_is_cut_off_is_refused_and_the_bank_stays(path, part):
    report = back_up(path)
    backup = Path(report.path)
    backup.write_bytes(backup.read_bytes()[: int(report.bytes * part)])
    before = path.read_bytes()

    with pytest.raises(StorageCorrupt):
        restore_backup(backup, path)

    assert path.read_bytes() == before
    assert sorted(place.name for place in path.parent.iterdir()) == ["backups", "bank.db"]


def test_a_backup_with_one_byte_changed_is_refused(path):
    backup = Path(back_up(path).path)
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)

    with pytest.raises(StorageCorrupt):
        restore_backup(backup, path)


def test_what_is_no_backup_is_refused(path, tmp_path):
    (tmp_path / "notes.txt").write_text("not a bank")

    with pytest.raises(InvalidInput):
        restore_backup(tmp_path / "notes.txt", path)


def test_something_else_that_is_compressed_is_refused_by_its_own_name(path, tmp_path):
    (tmp_path / "notes.gz").write_bytes(gzip.compress(b"not a bank"))

    with pytest.raises(InvalidInput) as refusal:
        restore_backup(tmp_path / "notes.gz", path)

    assert refusal.value.field == str(tmp_path / "notes.gz")


def test_a_restore_over_a_bank_keeps_what_it_held(path):
    backup = Path(back_up(path).path)
    with ReasoningBank.open(path) as bank:
        stored(bank, 5, 100)
        before = exported(bank)

    report = restore_backup(backup, path)

    with ReasoningBank.open(path) as bank, ReasoningBank.open(report.kept) as kept:
        assert bank.get_stats().total_patterns == 30
        assert exported(kept) == before


def test_programs_that_have_the_bank_open_go_on_with_what_was_restored(path):
    with ReasoningBank.open(path) as bank:
        gone = bank.search_by_category("c")[0].id
        backup = Path(back_up(path).path)
        bank.delete_pattern(gone)
        new = stored(bank, 1, 200)[0]
        bank.find_similar("Task number 200")  # so that there is a cache of what was there before

        report = restore_backup(backup, path)

        assert report.in_place
        assert bank.get_pattern(gone) is not None
        assert bank.get_pattern(new) is None
        assert bank.find_similar("Task number 200")[0].id != new
        later = stored(bank, 1, 300)[0]
        assert bank.find_similar("Task number 300", top_k=1)[0].id == later

    with ReasoningBank.open(path) as again:
        assert again.get_pattern(later) is not None
        assert [one for one in again.check() if one.level != "ok"] == []


def test_no_write_is_lost_between_what_is_kept_and_what_is_restored(path):
    """Every acknowledged write is in the copy that is kept, or in the bank after the restore."""
    backup = Path(back_up(path).path)
    ids, stop = [], threading.Event()

    def write() -> None:
        with ReasoningBank.open(path) as bank:
            number = 1_000
            while not stop.is_set():
                ids.extend(stored(bank, 1, number))
                number += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        until(lambda: len(ids) > 20, "writes")
        report = restore_backup(backup, path)
        count = len(ids)
        until(lambda: len(ids) > count + 20, "writes after it")
    finally:
        stop.set()
        thread.join()

    with ReasoningBank.open(path) as bank, ReasoningBank.open(report.kept) as kept:
        found = [
            (kept.get_pattern(one) is not None, bank.get_pattern(one) is not None) for one in ids
        ]
    assert all(first != second for first, second in found)
    assert found == sorted(found, reverse=True)


def test_a_restored_bank_with_other_models_is_searched_by_the_right_one(tmp_path):
    with opened(tmp_path / "first.db", embedder="one") as first:
        stored(first, 3)
        backup = Path(back_up(tmp_path / "first.db").path)
        with opened(tmp_path / "second.db", embedder="other") as second:
            stored(second, 4)
            restore_backup(backup, tmp_path / "second.db")

            with pytest.raises(ReasoningBankError) as caught:
                second.find_similar("Task number 1")
            assert caught.value.code == "embedding_mismatch"
        with opened(tmp_path / "second.db", embedder="one") as again:
            assert len(again.find_similar("Task number 1")) == 3


def test_a_damaged_bank_is_renamed_aside(path):
    backup = Path(back_up(path).path)
    path.write_bytes(b"\0" * 8192)

    report = restore_backup(backup, path)

    assert not report.in_place
    assert Path(report.kept).read_bytes() == b"\0" * 8192
    with ReasoningBank.open(path) as bank:
        assert bank.get_stats().total_patterns == 30


@pytest.mark.parametrize(
    ("statement", "expected"),
    [("PRAGMA application_id = 1", ForeignDatabase), ("PRAGMA user_version = 99", SchemaTooNew)],
)
def test_what_another_program_or_a_newer_release_wrote_is_not_replaced(
    path, tmp_path, statement, expected
):
    backup = Path(back_up(path).path)
    other = tmp_path / "other.db"
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE theirs (value); INSERT INTO theirs VALUES (1)")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(statement)
    connection.close()
    before = other.read_bytes()

    with pytest.raises(expected):
        restore_backup(backup, other)

    assert other.read_bytes() == before
    assert sorted(place.name for place in tmp_path.glob("other*")) == ["other.db"]


def test_a_bank_that_another_program_holds_is_not_taken_for_a_damaged_one(path, monkeypatch):
    monkeypatch.setattr(restoring, "_BUSY_TIMEOUT", 0.05)
    backup = Path(back_up(path).path)
    holder = apsw.Connection(str(path))
    holder.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    holder.execute("BEGIN EXCLUSIVE")

    with pytest.raises(Busy):
        restore_backup(backup, path)

    assert list(path.parent.glob("*damaged*")) == []
    holder.close()
    with opened(path) as bank:
        assert bank.get_stats().total_patterns == 30


@pytest.mark.parametrize("place", [60, 68], ids=["version of the schema", "mark of a bank"])
def test_a_bank_whose_header_is_damaged_is_known_for_one_and_renamed_aside(path, place):
    backup = Path(back_up(path).path)
    content = bytearray(path.read_bytes())
    content[place : place + 4] = bytes(4)
    path.write_bytes(content)
    with pytest.raises(StorageCorrupt):
        ReasoningBank.open(path)

    report = restore_backup(backup, path)

    assert "damaged" in report.kept
    with opened(path) as bank:
        assert bank.get_stats().total_patterns == 30


def test_a_backup_is_not_replaced_by_what_it_holds(path):
    backup = Path(back_up(path).path)
    before = backup.read_bytes()

    with pytest.raises(InvalidInput, match="backup itself"):
        restore_backup(backup, backup)

    assert backup.read_bytes() == before


def test_a_directory_that_is_not_there_cannot_be_restored_into(path, tmp_path):
    backup = Path(back_up(path).path)

    with pytest.raises(Unavailable, match="cannot be written"):
        restore_backup(backup, tmp_path / "nowhere" / "bank.db")


def test_a_log_without_its_bank_is_not_taken_for_the_restored_ones(path):
    backup = Path(back_up(path).path)
    path.unlink()
    path.with_name("bank.db-wal").write_bytes(b"left by a bank that was removed")

    restore_backup(backup, path)

    with ReasoningBank.open(path) as bank:
        assert bank.get_stats().total_patterns == 30


def test_a_bank_held_by_a_writer_is_left_as_it_was(path, monkeypatch):
    backup = Path(back_up(path).path)
    monkeypatch.setattr("reasoningbank.storage.sqlite.restoring._BUSY_TIMEOUT", 0.2)
    holding = apsw.Connection(str(path))
    holding.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(ReasoningBankError) as caught:
            restore_backup(backup, path)
    finally:
        holding.execute("ROLLBACK")
        holding.close()

    assert caught.value.code == "busy"
    assert [place.name for place in path.parent.glob("bank.db.*")] == []


@pytest.mark.parametrize("keep", [0, -1])
def test_keeping_none_is_refused(path, keep):
    with pytest.raises(InvalidInput):
        back_up(path, keep=keep)


def test_a_file_that_is_there_is_not_overwritten(path, tmp_path):
    (tmp_path / "mine.db.gz").write_bytes(b"mine")

    with pytest.raises((InvalidInput, Conflict)):
        back_up(path, tmp_path / "mine.db.gz")

    assert (tmp_path / "mine.db.gz").read_bytes() == b"mine"


def test_a_full_disk_leaves_no_backup(path, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reasoningbank.storage.sqlite.backups.os.fsync", full)

    with pytest.raises(Unavailable):
        back_up(path, tmp_path / "kept")

    assert list((tmp_path / "kept").iterdir()) == []


_RESTORING = """
import sys
from pathlib import Path
from reasoningbank.storage.sqlite.restoring import restore_backup
print("ready", flush=True)
restore_backup(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_restore_that_is_killed_leaves_the_old_bank_or_the_new_one(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_patterns(
            {"task_description": f"Task {number}", "task_category": "c", "strategy": "s" * 500}
            for number in range(2_000)
        )
    backup = back_up(path).path
    with ReasoningBank.open(path) as bank:
        stored(bank, 1, 9_000)
    chance = random.Random(7)
    counts = []
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", _RESTORING, backup, str(path)], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.0, 0.4))
            child.kill()
        with ReasoningBank.open(path, verify_reads=True) as bank:
            counts.append(bank.get_stats().total_patterns)
            assert [one for one in bank.check() if one.level == "error"] == []
        if counts[-1] == 2_000:
            break

    assert set(counts) <= {2_000, 2_001}
    assert restore_backup(Path(backup), path).patterns == 2_000
