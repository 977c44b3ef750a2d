"""Backup, switch, going on, going back: what a target is at each point, also while others use it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from reasoningbank import PatternInput, ReasoningBank, SimilarPattern
from reasoningbank.domain.errors import Busy, InvalidInput, NotFound
from reasoningbank.migration import running
from reasoningbank.migration.rolling_back import roll_back, take_out
from reasoningbank.migration.running import migrate
from reasoningbank.storage import open_storage
from tests.migration import foreign


def pattern(number: int) -> PatternInput:
    return PatternInput(
        task_description=f"own task {number}", task_category="own", strategy=f"own way {number}"
    )


def records(path: Path) -> list[object]:
    """Everything kept about every pattern and experience, to compare banks by."""
    storage = open_storage(path)
    try:
        return [*storage.records("default"), *storage.trajectory_records("default")]
    finally:
        storage.close()


def tree(directory: Path) -> dict[str, str]:
    return {
        str(file.relative_to(directory)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(directory.rglob("*"))
        if file.is_file()
    }


def test_the_target_keeps_what_it_held_and_a_copy_of_how_it_was_stands_beside(
    tmp_path: Path,
) -> None:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(pattern(1))
    before = records(tmp_path / "bank.db")
    source = foreign.many(tmp_path / "memory.db", 30)

    report = migrate(str(source), tmp_path / "bank.db")

    assert report.backup is not None
    assert records(Path(report.backup)) == before
    assert (report.tally.total("migrated"), report.tally.total("merged")) == (27, 3)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 28
        assert bank.find_similar("old keys of service 7")[0].task_category == "security"


def test_running_it_again_changes_nothing(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 30)
    migrate(str(source), tmp_path / "bank.db")
    kept, listed = records(tmp_path / "bank.db"), sorted(tmp_path.rglob("*"))

    again = migrate(str(source), tmp_path / "bank.db")

    assert records(tmp_path / "bank.db") == kept
    assert sorted(tmp_path.rglob("*")) == listed
    assert (again.run, again.tally.total("known"), again.tally.total("migrated")) == ("", 30, 0)


def test_rows_that_are_new_in_the_source_come_when_it_is_run_again(tmp_path: Path) -> None:
    source = foreign.agentic_flow(tmp_path / "memory.db", [foreign.flow_pattern("a")])
    migrate(str(source), tmp_path / "bank.db")
    source.unlink()
    foreign.agentic_flow(source, [foreign.flow_pattern("a"), foreign.flow_pattern("b")])

    again = migrate(str(source), tmp_path / "bank.db")

    assert (again.tally.total("known"), again.tally.total("migrated")) == (1, 1)


def test_a_pattern_deleted_since_stays_deleted(tmp_path: Path) -> None:
    source = foreign.agentic_flow(tmp_path / "memory.db", [foreign.flow_pattern("a")])
    migrate(str(source), tmp_path / "bank.db")
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.delete_pattern(bank.find_similar("a")[0].id)
    migrate(str(source), tmp_path / "bank.db")
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 0


def test_the_source_and_its_directory_are_untouched_with_a_log_beside_it(tmp_path: Path) -> None:
    import sqlite3

    folder = tmp_path / "theirs"
    folder.mkdir()
    source = foreign.many(folder / "memory.db", 10)
    writer = sqlite3.connect(source)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    row = foreign.flow_pattern("in the log alone")
    writer.execute(
        "INSERT INTO patterns (id, type, pattern_data) VALUES (?, ?, ?)",
        (row["id"], row["type"], row["pattern_data"]),
    )
    writer.commit()
    # The files are looked at by another process: closing them here would drop the writer's locks.
    look = "import sys, pathlib, hashlib; print([(f.name, hashlib.sha256(f.read_bytes()).hexdigest()) for f in sorted(pathlib.Path(sys.argv[1]).iterdir())])"
    before = subprocess.check_output([sys.executable, "-c", look, str(folder)])
    run = (
        "import sys; from reasoningbank.migration.running import migrate; "
        "print(migrate(sys.argv[1], sys.argv[2]).tally.total('migrated'))"
    )
    done = subprocess.check_output(
        [sys.executable, "-c", run, str(source), str(tmp_path / "bank.db")], text=True
    )
    after = subprocess.check_output([sys.executable, "-c", look, str(folder)])
    writer.close()
    assert done.strip() == "10"  # nine that differ, and the one in the log
    assert after == before


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="becomes another user")
def test_a_source_on_a_read_only_directory_is_read_by_an_ordinary_user(tmp_path: Path) -> None:
    import shutil
    import tempfile

    outer = Path(tempfile.mkdtemp())
    try:
        outer.chmod(0o755)
        folder, mine = outer / "theirs", outer / "mine"
        folder.mkdir()
        mine.mkdir()
        os.chown(mine, 65_534, 65_534)
        source = foreign.many(folder / "memory.db", 10)
        source.chmod(0o444)
        folder.chmod(0o555)
        before = tree(folder)
        # Once as root into another place, so that the ordinary user has nothing left to import.
        run = (
            "import os, sys; from reasoningbank.migration.running import migrate; "
            "migrate(sys.argv[1], sys.argv[3]); "
            "os.setgroups([]); os.setgid(65534); os.setuid(65534); "
            "assert not os.access(sys.argv[1], os.W_OK); "
            "print(migrate(sys.argv[1], sys.argv[2]).tally.total('migrated'))"
        )
        done = subprocess.run(
            [sys.executable, "-c", run, str(source), str(mine / "bank.db"), str(tmp_path / "x.db")],
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.stdout.strip() == "9", done.stderr
        assert tree(folder) == before
    finally:
        shutil.rmtree(outer)


def test_rollback_restores_the_earlier_bank_and_exports_what_was_written_since(
    tmp_path: Path,
) -> None:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_patterns([pattern(1), pattern(2)])
        [two] = [p for p in bank.search_by_category("own") if p.strategy == "own way 2"]
    before = records(tmp_path / "bank.db")
    source = foreign.many(tmp_path / "memory.db", 30)
    migrate(str(source), tmp_path / "bank.db")
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(pattern(3))
        brought = bank.find_similar("old keys of service 7")[0]
        bank.record_outcome(pattern=brought.id, success=True, source="test")
        bank.delete_pattern(two.id)

    report = roll_back(tmp_path / "bank.db")

    assert records(tmp_path / "bank.db") == before
    assert (report.patterns, report.experiences, report.deleted) == (2, 0, 1)
    with ReasoningBank.open("memory:") as bank, Path(report.files[0]).open("rb") as file:
        assert bank.restore_jsonl(file).created == 2
        assert {p.strategy for p in bank.search_by_category("own")} == {"own way 3"}
        assert bank.get_pattern(brought.id).successes == 1
    with pytest.raises(NotFound):
        roll_back(tmp_path / "bank.db")


def test_after_a_rollback_the_same_source_can_be_brought_again(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 30)
    ReasoningBank.open(tmp_path / "bank.db").close()
    migrate(str(source), tmp_path / "bank.db")
    roll_back(tmp_path / "bank.db")
    assert migrate(str(source), tmp_path / "bank.db").tally.total("migrated") == 27


def test_rollback_of_a_bank_that_was_not_there_moves_it_away(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 10)
    migrate(str(source), tmp_path / "bank.db")
    with ReasoningBank.open(tmp_path / "bank.db"), pytest.raises(Busy):
        roll_back(tmp_path / "bank.db")
    report = roll_back(tmp_path / "bank.db")
    assert not (tmp_path / "bank.db").exists()
    assert report.kept is not None
    assert len(records(Path(report.kept))) == 9


def test_those_who_have_the_bank_open_see_the_switch_and_the_way_back(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 30)

    def nearest(bank: ReasoningBank) -> SimilarPattern:
        return bank.find_similar("old keys of service 7")[0]

    with ReasoningBank.open(tmp_path / "bank.db") as other:
        other.put(pattern(1))
        assert nearest(other).task_category == "own"
        report = migrate(str(source), tmp_path / "bank.db")
        assert report.way == "switched"
        assert nearest(other).task_category == "security"
        other.put(pattern(2))
        roll_back(tmp_path / "bank.db")
        assert nearest(other).task_category == "own"
        other.put(pattern(3))
        assert other.get_stats().total_patterns == 2
        assert other.find_similar("own task 3")[0].strategy == "own way 3"
        assert all(finding.level != "error" for finding in other.check())


def test_no_write_is_lost_that_others_make_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = foreign.many(tmp_path / "memory.db", 600)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(pattern(0))
    stop, acknowledged = threading.Event(), [pattern(0).strategy]

    def write() -> None:
        with ReasoningBank.open(tmp_path / "bank.db") as bank:
            number = 1
            while not stop.is_set():
                bank.put(pattern(number))
                acknowledged.append(pattern(number).strategy)
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        report = migrate(str(source), tmp_path / "bank.db")
    finally:
        stop.set()
        writer.join()
    assert report.way == "written directly"
    assert (report.tally.total("migrated"), report.tally.total("merged")) == (540, 60)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        kept = {p.strategy for p in bank.search_by_category("own", limit=10_000)}
        assert kept == set(acknowledged)
        assert bank.get_stats().categories["security"] == 540
    back = roll_back(tmp_path / "bank.db")
    assert back.patterns == len(acknowledged) - _in_backup(report.backup)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert "security" not in bank.get_stats().categories


def _in_backup(backup: str | None) -> int:
    assert backup is not None
    return len(records(Path(backup)))


def test_what_a_run_brought_can_be_taken_out_through_the_storage_alone(tmp_path: Path) -> None:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(
            PatternInput(
                task_description="When the keys of service 3 are old, rotate them.",
                task_category="security",
                strategy="1) issue a new key. 2) revoke the old one. Service 3.",
                source="test",
            )
        )
        [own] = bank.search_by_category("security")
    source = foreign.many(tmp_path / "memory.db", 30)
    report = migrate(str(source), tmp_path / "bank.db")
    storage = open_storage(tmp_path / "bank.db")
    taken = take_out(storage, "default", f"migration {report.run}", "2026-11-21T00:00:00.000Z")
    storage.close()
    assert taken == 26
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        [left] = bank.search_by_category("security")
        assert (left.id, left.trust, left.metadata, left.title) == (own.id, "confirmed", {}, None)
    assert migrate(str(source), tmp_path / "bank.db").tally.total("migrated") == 26


def test_a_switch_that_was_made_but_not_noted_is_not_made_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.put(pattern(1))
    before = records(tmp_path / "bank.db")
    source = foreign.many(tmp_path / "memory.db", 30)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(running._Run, "_finished", killed)
        with pytest.raises(KeyboardInterrupt):
            migrate(str(source), tmp_path / "bank.db")
    report = migrate(str(source), tmp_path / "bank.db")

    assert report.resumed
    assert report.tally.total("migrated") == 27
    roll_back(tmp_path / "bank.db")
    assert records(tmp_path / "bank.db") == before


def test_a_bank_that_others_make_meanwhile_is_kept_and_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = foreign.many(tmp_path / "memory.db", 30)
    convert = running._Run._converted

    def converted_while_others_begin(self: running._Run, *given: object) -> object:
        done = convert(self, *given)
        with ReasoningBank.open(tmp_path / "bank.db") as bank:
            bank.put(pattern(1))
        return done

    monkeypatch.setattr(running._Run, "_converted", converted_while_others_begin)
    report = migrate(str(source), tmp_path / "bank.db")
    assert (report.way, report.tally.total("migrated")) == ("written directly", 27)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 28
    back = roll_back(tmp_path / "bank.db")
    assert not back.removed
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().categories == {"own": 1}


def test_two_at_once_are_refused_and_the_target_is_no_source(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 10)
    from reasoningbank.migration.journal import Work

    with Work.beside(tmp_path / "bank.db", "").turn(), pytest.raises(Busy):
        migrate(str(source), tmp_path / "bank.db")
    with pytest.raises(InvalidInput, match="itself"):
        migrate(str(source), source)
    with pytest.raises(InvalidInput):
        migrate(str(source), "memory:")


def test_the_journal_tells_what_became_of_the_rows(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 10)
    report = migrate(str(source), tmp_path / "bank.db")
    journal = tmp_path / "bank.db.migrations" / report.run / "journal.json"
    told = msgspec.json.decode(journal.read_bytes())
    assert (told["step"], told["source"]) == ("finished", str(source))
    assert told["tally"]["files"][0]["tables"]
