"""Several processes on one file, and whether all that was acknowledged is there."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from reasoningbank import ReasoningBank
from tests.faults.children import finished, let_go, ready, running
from tests.faults.counting import count
from tests.faults.observing import faults, tables
from tests.faults.operations import build
from tests.faults.programs import numbered


def write_and_read_at_once(folder: Path, *, writers: int, stores: int, readers: int) -> None:
    """Let processes store while others look for what was acknowledged; then look at the file."""
    path, stop = folder / "bank.db", folder / "stop"
    notes = [folder / f"acknowledged-{writer}" for writer in range(writers)]
    with ExitStack() as children:
        storing = [
            children.enter_context(running("store_many", path, writer, stores, notes[writer]))
            for writer in range(writers)
        ]
        reading = [
            children.enter_context(
                running("read_acknowledged", path, [str(one) for one in notes], stop)
            )
            for _ in range(readers)
        ]
        for child in (*storing, *reading):
            assert ready(child) == "ready"
        for child in (*storing, *reading):
            let_go(child)
        # A child that met a lock, a lost pattern or any other error ends with another exit code.
        assert [finished(child) for child in storing] == [stores] * writers
        stop.touch()
        assert [finished(child) for child in reading] == [stores * writers] * readers
    assert_all_are_there(path, notes, writers * stores)
    assert sorted(place.name for place in folder.glob("bank.db*")) == ["bank.db"]


def assert_all_are_there(path: Path, notes: list[Path], stored: int) -> None:
    """Look for everything that writers have noted, and for what is there more often than that."""
    acknowledged = [line.split() for file in notes for line in file.read_text().splitlines()]
    with ReasoningBank.open(path, verify_reads=True) as bank:
        found = {line[2]: bank.get_pattern(line[2]) for line in acknowledged}
        lost = [one for one, standing in found.items() if standing is None]
        there = bank.get_stats().total_patterns
        count(
            acknowledged=len(acknowledged),
            lost=len(lost),
            doubled=max(0, there - len(acknowledged)),
        )
        assert lost == []
        assert there == len(acknowledged) == stored
        assert faults(bank) == []
        for writer, number, pattern_id in acknowledged:
            standing = found[pattern_id]
            assert standing is not None
            assert standing.strategy == numbered(int(writer), int(number)).strategy


def create_at_once(folder: Path, processes: int, program: str, *, starts: int = 1) -> None:
    path = folder / "new" / "bank.db"
    with ExitStack() as children:
        creating = [
            children.enter_context(running(program, path, number)) for number in range(processes)
        ]
        for _ in range(starts):
            for child in creating:
                ready(child)
            for child in creating:
                let_go(child)
        stored = [finished(child) for child in creating]
    with ReasoningBank.open(path) as bank:
        assert faults(bank) == []
        # Whoever used another file than the rest has lost what it stored.
        assert [bank.get_pattern(str(one)) is not None for one in stored] == [True] * processes
        assert bank.get_stats().total_patterns == processes
    assert [place.name for place in path.parent.iterdir()] == ["bank.db"]


def migrate_at_once(folder: Path, processes: int) -> None:
    """Let processes bring one bank to the next schema at once; one does, and every backup is whole."""
    path = folder / "bank.db"
    build(path)
    before = tables(path)
    with ExitStack() as children:
        migrating = [
            children.enter_context(running("migrate_at_once", path, number))
            for number in range(processes)
        ]
        for child in migrating:
            ready(child)
        for child in migrating:
            let_go(child)
        backups = sum(int(str(finished(child))) for child in migrating)
    assert {row[-1] for row in tables(path)["patterns"]} == {"red"}
    made = [place for place in folder.iterdir() if ".backup-" in place.name]
    assert len(made) == backups >= 1
    assert all(tables(backup) == before for backup in made)
    assert len(list(folder.iterdir())) == 1 + backups
    count(acknowledged=len(before["patterns"]))
