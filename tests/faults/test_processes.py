"""Several processes on one file: nothing acknowledged is lost, and nobody hears of a lock."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from tests.faults.children import finished, let_go, ready, running
from tests.faults.observing import faults
from tests.faults.operations import build, opened, pattern
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


def assert_all_are_there(path: Path, notes: list[Path], count: int) -> None:
    acknowledged = [line.split() for file in notes for line in file.read_text().splitlines()]
    with ReasoningBank.open(path, verify_reads=True) as bank:
        assert faults(bank) == []
        assert bank.get_stats().total_patterns == len(acknowledged) == count
        for writer, number, pattern_id in acknowledged:
            found = bank.get_pattern(pattern_id)
            assert found is not None
            assert found.strategy == numbered(int(writer), int(number)).strategy


def test_what_one_process_stored_is_found_by_others_at_their_next_call(tmp_path: Path) -> None:
    write_and_read_at_once(tmp_path, writers=4, stores=100, readers=4)


@pytest.mark.long
def test_eight_writers_and_four_readers_lose_nothing(tmp_path: Path) -> None:
    write_and_read_at_once(tmp_path, writers=8, stores=500, readers=4)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no such timer")
def test_waiting_for_another_writer_can_be_interrupted(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "bank.db"
    build(path)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with opened(path, begin=1_000) as bank:
            with running("hold", path) as child:
                ready(child)
                signal.setitimer(signal.ITIMER_REAL, 0.2)
                with pytest.raises(KeyboardInterrupt):
                    bank.store_pattern(pattern(7))
                assert bank.get_stats().total_patterns == 5
                let_go(child)
                finished(child)
            bank.store_pattern(pattern(7))
            assert bank.get_stats().total_patterns == 6
            assert faults(bank) == []
    finally:
        signal.signal(signal.SIGALRM, before)
