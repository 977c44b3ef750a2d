"""The server is killed with all its processes under writers: what was acknowledged is there, and once."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.children import finished, let_go, ready, running
from tests.faults.programs import numbered
from tests.postgres.cluster import wait_until
from tests.postgres.fixtures import initialise
from tests.postgres.server import PostgresServer
from tests.postgres.writers import assert_nothing_is_lost, open_bank, writing


def bank_on(server: PostgresServer) -> str:
    server.execute("CREATE DATABASE bank")
    dsn = server.dsn("bank")
    initialise(dsn)
    return dsn


def kill_and_start(server: PostgresServer) -> None:
    server.kill()
    time.sleep(random.uniform(0, 0.5))
    server.start()


def test_a_killed_server_loses_and_doubles_nothing_that_eight_threads_stored(new_postgres, capsys):
    server = new_postgres()
    dsn = bank_on(server)

    with open_bank(dsn) as bank, writing(bank) as journal:
        for _ in range(3):
            journal.wait_for(100)
            kill_and_start(server)
        journal.wait_for(100)

    assert_nothing_is_lost(dsn, journal)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n3 kills: {len(journal.times)} acknowledged, 0 lost, "
            f"longest gap {journal.longest_gap():.1f} s"
        )


@pytest.mark.long
def test_a_killed_server_loses_nothing_that_eight_processes_stored(
    new_postgres, tmp_path: Path, capsys
):
    server, count = new_postgres(), 400
    dsn = bank_on(server)
    notes = [tmp_path / f"acknowledged-{writer}" for writer in range(8)]

    with ExitStack() as children:
        storing = [
            children.enter_context(running("store_many", dsn, writer, count, notes[writer]))
            for writer in range(8)
        ]
        for child in storing:
            assert ready(child) == "ready"
        for child in storing:
            let_go(child)
        # Opening does not wait for a server to come back.
        wait_until(lambda: all(note.exists() and note.stat().st_size for note in notes))
        for _ in range(5):
            time.sleep(random.uniform(0.5, 2.0))
            kill_and_start(server)
        assert [finished(child) for child in storing] == [count] * 8

    acknowledged = [line.split() for file in notes for line in file.read_text().splitlines()]
    with open_bank(dsn, verify_reads=True) as bank:
        assert bank.get_stats().total_patterns == len(acknowledged) == 8 * count
        for writer, number, pattern_id in acknowledged:
            found = bank.get_pattern(pattern_id)
            assert found is not None
            assert found.strategy == numbered(int(writer), int(number)).strategy
            assert found.version == 1
    with capsys.disabled():
        print(f"\n5 kills: {len(acknowledged)} acknowledged by 8 processes, 0 lost")  # noqa: T201


def test_a_shutdown_in_the_middle_of_batches_is_waited_out(new_postgres):
    server = new_postgres()
    dsn = bank_on(server)

    with open_bank(dsn) as bank, writing(bank, writers=4) as journal:
        journal.wait_for(20)
        server.stop()  # what is open hears 57P01
        server.start()
        journal.wait_for(20)

    assert_nothing_is_lost(dsn, journal)
