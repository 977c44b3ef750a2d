"""Migrations that are killed, and that several processes make at once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from reasoningbank.storage.sqlite.schema import MIGRATIONS, SCHEMA_VERSION
from tests.faults.campaign.rounds import Family, Round
from tests.faults.children import finished, let_go, ready, run, running
from tests.faults.counting import count
from tests.faults.crowds import migrate_at_once
from tests.faults.killing import kill_schema_migration_at_each_step
from tests.faults.observing import faults, tables
from tests.faults.old_banks import build_old
from tests.faults.operations import opened, pattern
from tests.migration.killing import kill_and_finish

_PROCESSES = 4
_ROWS = 2_000
_FEW_ROWS = 600
OLD = tuple(version for version in sorted(MIGRATIONS) if version < SCHEMA_VERSION)


def _from_another_program(this: Round) -> None:
    chance = this.chance
    moments = [chance.uniform(0.1, 1.0) for _ in range(2 if this.short else 6)]
    moments.append(0.4)  # one that is killed for sure: half the time is the start of the process
    rows = _FEW_ROWS if this.short else _ROWS
    kill_and_finish(this.folder, rows, moments, existing=chance.random() < 0.5)


def _to_the_next_schema(this: Round) -> None:
    kill_schema_migration_at_each_step(this.folder)


def _from_each_old_schema(this: Round) -> None:
    """Kill a process before each write of opening an old bank; the next one opens it whole."""
    for version in OLD:
        folder = this.folder / str(version)
        folder.mkdir()
        ids = build_old(folder / "base.db", version)
        steps = run("die_at_each_step", folder, "open", ids, False)
        assert isinstance(steps, int)
        assert steps > 1
        for step in range(1, steps + 1):
            path = folder / str(step) / "bank.db"
            with opened(path, begin=3_000) as bank:
                there = {one.id for one in bank.search_by_category("line", 100)}
                count(acknowledged=len(ids), lost=len(set(ids) - there))
                assert there == set(ids)
                assert faults(bank) == []
                assert bank.find_similar(pattern(3).task_description)[0].similarity == 1.0


def _at_once(this: Round) -> None:
    folder = this.folder / "next"
    folder.mkdir()
    migrate_at_once(folder, _PROCESSES)
    for version in OLD:
        _open_at_once(this.folder / f"bank-{version}.db", version)


def _open_at_once(path: Path, version: int) -> None:
    ids = build_old(path, version)
    with ExitStack() as children:
        opening = [children.enter_context(running("open_at_once", path)) for _ in range(_PROCESSES)]
        for child in opening:
            ready(child)
        for child in opening:
            let_go(child)
        assert [finished(child) for child in opening] == [len(ids)] * _PROCESSES
    count(acknowledged=len(ids), lost=len(ids) - len(tables(path)["patterns"]))
    with opened(path, begin=3_000) as bank:
        assert {one.id for one in bank.search_by_category("line", 100)} == set(ids)
        assert faults(bank) == []


_WAYS = (_from_another_program, _from_each_old_schema, _at_once, _to_the_next_schema)


def _play(this: Round) -> str:
    _WAYS[this.number % len(_WAYS)](this)
    return f"from other programs, and from schema {', '.join(map(str, OLD))} to {SCHEMA_VERSION}"


FAMILY = Family(
    name="migration",
    question="a migration is killed at random moments and at each write, and made by four processes "
    "at once",
    play=_play,
    in_memory=True,
)
