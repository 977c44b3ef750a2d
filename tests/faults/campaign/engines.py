"""Another SQLite: what ours writes, the one of Python reads, and finds sound."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import apsw

from reasoningbank import Conflict, NotFound
from tests.faults.campaign.rounds import Family, LeftOut, Round
from tests.faults.children import run
from tests.faults.counting import count
from tests.faults.observing import assert_sound, tables
from tests.faults.operations import CHANGES, build, opened

_STRICT_TABLES = (3, 37, 0)


def _play(this: Round) -> str:
    if sqlite3.sqlite_version_info < _STRICT_TABLES:
        raise LeftOut(
            f"the SQLite of this Python, {sqlite3.sqlite_version}, knows no STRICT tables"
        )
    path = this.folder / "bank.db"
    ids = build(path)
    names = list(CHANGES)
    this.chance.shuffle(names)
    for number, name in enumerate(names[:6]):
        # Some change what an earlier one has removed, or bring what an earlier one has brought. The ids that
        # each makes begin far from those of the export that two of them bring.
        with opened(path, begin=100_000 * (number + 1)) as bank, suppress(Conflict, NotFound):
            CHANGES[name](bank, ids)
    run("store_and_die", path, 400, 3)  # they stand in the log alone; ids of their own
    _read_by_python(path)
    assert_sound(path)
    return f"SQLite {apsw.sqlite_lib_version()} wrote, {sqlite3.sqlite_version} read"


def _read_by_python(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert other.execute("PRAGMA foreign_key_check").fetchall() == []
        seen = {
            name: sorted(other.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for (name,) in other.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            ).fetchall()
        }
    ours = tables(path)
    count(acknowledged=len(ours["patterns"]), lost=len(ours["patterns"]) - len(seen["patterns"]))
    assert seen == ours


FAMILY = Family(
    name="engines",
    question="a bank with a log that was left behind is read by the other SQLite of this process, "
    "Python's own",
    play=_play,
    share=0.25,
    in_memory=True,
)
