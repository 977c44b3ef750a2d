"""SQLite with the sqlite-vec extension, put together by hand: a table, an index, a table of vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import sqlite_vec
from loop import THOUSAND, Rows, number_in, serve

SCHEMA = """
CREATE TABLE IF NOT EXISTS patterns (id INTEGER PRIMARY KEY, task TEXT, category TEXT, strategy TEXT, score REAL);
CREATE INDEX IF NOT EXISTS by_category ON patterns (category, score DESC);
CREATE VIRTUAL TABLE IF NOT EXISTS vectors USING vec0(embedding float[768] distance_metric=cosine);
"""
INSERT = "INSERT INTO patterns (id, task, category, strategy, score) VALUES (?, ?, ?, ?, ?)"
INSERT_VECTOR = "INSERT INTO vectors (rowid, embedding) VALUES (?, ?)"
GET = "SELECT * FROM patterns WHERE id = ?"
IN_CATEGORY = "SELECT * FROM patterns WHERE category = ? ORDER BY score DESC LIMIT 10"
NEAREST = """SELECT p.* FROM (SELECT rowid AS near, distance FROM vectors WHERE embedding MATCH ? AND k = ?) v
JOIN patterns p ON p.id = v.near ORDER BY v.distance"""


class ByHand:
    packages = ("sqlite-vec", "apsw")

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def open(self, path: Path) -> None:
        path.mkdir(exist_ok=True)
        self.database = apsw.Connection(str(path / "patterns.db"))
        self.database.enable_load_extension(True)  # noqa: FBT003 - that is its only argument
        self.database.load_extension(sqlite_vec.loadable_path())
        list(self.database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"))
        list(self.database.execute(SCHEMA))

    def close(self) -> None:
        self.database.close()

    def fill(self, first: int, count: int) -> None:
        for start in range(first, first + count, THOUSAND):
            numbers = range(start, min(start + THOUSAND, first + count))
            self._many([self._prepare(number) for number in numbers])

    def operations(self) -> Any:
        return {
            "get": (self.id_of, self.get),
            "category": (self.rows.category, lambda name: list(self.database.execute(IN_CATEGORY, (name,)))),
            "similar_5": (self._query, lambda vector: list(self.database.execute(NEAREST, (vector, 5)))),
            "similar_10": (self._query, lambda vector: list(self.database.execute(NEAREST, (vector, 10)))),
            "store": (self._prepare, lambda one: self._many([one])),
            "store_thousand": (lambda first: [self._prepare(number) for number in range(first, first + THOUSAND)], self._many),
        }  # fmt: skip

    def found(self, answer: Any) -> list[int]:
        return [number_in(row[3]) for row in answer]

    def id_of(self, number: int) -> int:
        return number

    def get(self, id: int) -> Any:
        return next(iter(self.database.execute(GET, (id,))), None)

    def store(self, number: int) -> int:
        self._many([self._prepare(number)])
        return number

    def _prepare(self, number: int) -> Any:
        return number, *self.rows.text(number), self.rows.packed(number)

    def _many(self, given: Any) -> None:
        with self.database:
            self.database.executemany(INSERT, (one[:-1] for one in given))
            self.database.executemany(INSERT_VECTOR, ((one[0], one[-1]) for one in given))

    def _query(self, number: int) -> bytes:
        return self.rows.packed(number, "queries.f32")


serve(ByHand)
