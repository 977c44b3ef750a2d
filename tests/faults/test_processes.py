"""Several processes on one file: nothing acknowledged is lost, and nobody hears of a lock."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.faults.children import finished, let_go, ready, running
from tests.faults.crowds import write_and_read_at_once
from tests.faults.observing import faults
from tests.faults.operations import build, opened, pattern


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
