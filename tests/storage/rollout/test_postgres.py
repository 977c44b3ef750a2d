"""Rollouts from a SQLite file to PostgreSQL, by a role that owns nothing and sees one namespace at a time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.storage import StorageBackend
from reasoningbank.storage.rollout import Rollout
from tests.faults.children import finished, let_go, ready, running
from tests.faults.programs import numbered
from tests.postgres.fixtures import TEAM, as_team, initialise, make_role
from tests.spec.runner import DirectFace, Run, Stores
from tests.spec.test_scenarios import SCENARIOS
from tests.storage.rollout.pairs import Settled, begun, level, opened, until

WRITERS, STORES = 8, 50


class PairedStores(Stores):
    """Stores that are rollouts to databases of their own, answered by those."""

    def __init__(self, folder: Path, databases) -> None:
        super().__init__(folder)
        self.folder = folder
        self.made = databases
        self.candidates = {}
        self.rollouts = {}

    def open(self, name: str) -> StorageBackend:
        path = self.folder / f"{name}.db"
        if name not in self.candidates:
            self.candidates[name] = self.made.bank()
        self.rollouts[name] = begun(path, candidate=as_team(self.candidates[name]))
        return opened(path, Settled)


def run_scenario(name: str, folder: Path, databases) -> None:
    stores = PairedStores(folder, databases)
    try:
        with Run(stores, DirectFace()) as run:
            run.run(SCENARIOS[name])
            assert run.damage() == []
        for rollout in stores.rollouts.values():
            level(rollout)
            assert rollout.status().mismatches == ()
    finally:
        for dsn in stores.candidates.values():
            databases.drop(dsn)


@pytest.mark.parametrize("name", sorted(SCENARIOS)[::15])
def test_a_rollout_to_a_server_does_what_the_scenario_says(name, tmp_path, postgres_databases):
    run_scenario(name, tmp_path, postgres_databases)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_rollout_to_a_server_does_what_every_scenario_says(name, tmp_path, postgres_databases):
    run_scenario(name, tmp_path, postgres_databases)


@pytest.fixture
def server(new_postgres):
    server = new_postgres()
    server.execute("CREATE DATABASE bank")
    dsn = server.dsn("bank")
    make_role(dsn)
    initialise(dsn, role=TEAM)
    return server


@pytest.fixture
def rollout(server, tmp_path: Path) -> Rollout:
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_patterns(numbered(99, number) for number in range(20))
    rollout = Rollout(str(tmp_path / "bank.db"), patience=120.0)
    rollout.start(as_team(server.dsn("bank")), shadow_percent=20)
    return rollout


def acknowledged(notes: list[Path]) -> list[list[str]]:
    return [
        line.split() for file in notes if file.exists() for line in file.read_text().splitlines()
    ]


def under_load(rollout: Rollout, steps) -> list[Path]:
    folder = rollout.path.parent
    notes = [folder / f"acknowledged-{writer}" for writer in range(WRITERS)]
    with ExitStack() as children:
        storing = [
            children.enter_context(
                running("store_many", rollout.path, writer, STORES, notes[writer])
            )
            for writer in range(WRITERS)
        ]
        for child in storing:
            assert ready(child) == "ready"
        for child in storing:
            let_go(child)
        for number, step in enumerate(steps, start=1):
            share = WRITERS * STORES * number // (len(steps) + 1)
            until(lambda share=share: len(acknowledged(notes)) >= share, "writes")
            step()
        assert [finished(child) for child in storing] == [STORES] * WRITERS
    assert len(acknowledged(notes)) == WRITERS * STORES
    return notes


def assert_none_is_lost(target: object, notes: list[Path]) -> None:
    with ReasoningBank.open(target) as bank:
        for writer, number, pattern_id in acknowledged(notes):
            found = bank.get_pattern(pattern_id)
            assert found is not None, f"{writer} {number} {pattern_id} is lost"
            assert found.strategy == numbered(int(writer), int(number)).strategy


def to(rollout: Rollout, percent: int):
    return lambda: rollout.set(percent)


def test_a_server_that_is_killed_in_the_middle_gets_all_it_missed(rollout, server):
    steps = [to(rollout, 10), to(rollout, 25), server.kill, server.start, to(rollout, 50)]

    notes = under_load(rollout, [*steps, to(rollout, 100), rollout.roll_back])

    assert rollout.status().mismatches == ()
    assert_none_is_lost(rollout.path, notes)


def test_a_promoted_server_holds_every_write_and_so_does_the_file_it_came_from(rollout, server):
    notes = under_load(rollout, [to(rollout, 100), rollout.promote])

    assert_none_is_lost(rollout.path, notes)
    level(rollout)
    rollout.roll_back()
    assert_none_is_lost(rollout.path, notes)


def test_after_finishing_the_file_leads_to_the_server(rollout, server):
    notes = under_load(rollout, [to(rollout, 50), rollout.promote, rollout.finish])

    with ReasoningBank.open(rollout.path) as bank:
        assert bank.get_stats().backend == "postgresql"
    assert_none_is_lost(rollout.path, notes)


def test_a_read_goes_on_at_once_when_the_server_is_gone(rollout, server):
    rollout.set(100, error_budget=3)
    with ReasoningBank.open(rollout.path) as bank:
        bank.search_by_category("load")
        server.kill()
        for number in range(5):
            bank.find_similar(f"A question about {number}")
        stored = bank.store_pattern(numbered(1, 1))
        assert bank.get_pattern(stored) is not None
        server.start()
        until(lambda: not rollout.status().queued, "a server that is level")

    level(rollout)


def test_the_password_of_a_server_is_never_shown(rollout):
    from reasoningbank.storage.rollout import status_shown

    assert "not-the-owner" not in str(status_shown(rollout.status()))
    assert "not-the-owner" not in "".join(rollout.status().events)
