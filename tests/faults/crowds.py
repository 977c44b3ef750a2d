"""Several processes on one file, and whether all that was acknowledged is there."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from reasoningbank import ReasoningBank
from tests.faults.children import finished, let_go, ready, running
from tests.faults.counting import count
from tests.faults.observing import faults
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
