"""The bare engine under a bank's tables: what `reasoningbank bench` compares the bank with.

Raw is apsw on a copy of the bank's own file, so tables, indexes, pages and rows are the same. It
does the least that leaves the file as the bank would leave it, and none of what a Python program
must do before: its rows are ready-made tuples, read back from what the bank stored, so that no id,
vector, key, checksum or text is made on its time.

- *store one*: ``BEGIN IMMEDIATE``; one ``INSERT`` each into ``patterns``, ``pattern_embeddings``
  and ``changes``; one upsert of the category's counter; ``COMMIT``. Six statements.
- *store many*: the same in one transaction, ``executemany`` for each table, and one upsert for
  each category.
- *get*: one ``SELECT`` by primary key; the tuple is the answer.
- *category*: one ``SELECT`` in the contract's order; the list of tuples is the answer.
- *stats*: the counters of the namespace and the number of expired patterns.

It looks up no duplicate (the UNIQUE index refuses one all the same) and no model, validates
nothing, takes no lock of its own and builds no objects. Its connection is opened with the bank's
own settings: write-ahead log, ``synchronous=NORMAL``, enforced foreign keys, the same page cache
(without its ``secure_delete`` and ``cell_size_check`` raw is at most 2 % faster).
Statements are prepared once and found again in apsw's statement cache. The SQL is in ``raw.sql``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from reasoningbank.storage.sqlite.settings import ConnectionSettings

if TYPE_CHECKING:
    from typing_extensions import Self

Value: TypeAlias = "str | int | float | bytes | None"
Row: TypeAlias = "tuple[Value, ...]"

TABLES: Final = ("patterns", "pattern_embeddings", "category_counts", "changes")
"""The tables a store writes to."""


class StoredRows(NamedTuple):
    """What one store leaves behind, ready to be bound."""

    pattern: Row
    vector: Row
    change: Row
    counter: Row


class RawBank:
    """Talk to a bank's file without the bank; the module says what each call does."""

    def __init__(self, path: Path, namespace: str = "default") -> None:
        settings = ConnectionSettings(
            str(path), str(path), read_only=False, durability="normal", busy_timeout=30.0
        )
        self._connection = settings.open()
        self._execute = self._connection.execute
        self._executemany = self._connection.executemany
        self._namespace = namespace
        self._sql = dict(_STATEMENTS)
        for name, table in (("insert_pattern", "patterns"), ("insert_vector", TABLES[1])):
            marks = ", ".join("?" * self._columns(table))
            self._sql[name] = self._sql[name].format(marks=marks)

    def store(self, rows: StoredRows) -> None:
        """Write the rows of one pattern in a transaction."""
        execute, sql = self._execute, self._sql
        execute(sql["begin"])
        execute(sql["insert_pattern"], rows.pattern)
        execute(sql["insert_vector"], rows.vector)
        execute(sql["insert_change"], rows.change)
        execute(sql["count_category"], rows.counter)
        execute(sql["commit"])

    def store_many(self, rows: Sequence[StoredRows], counters: Sequence[Row]) -> None:
        """Write the rows of many patterns in one transaction; `counters` as `counters_of` gives."""
        executemany, sql = self._executemany, self._sql
        self._execute(sql["begin"])
        executemany(sql["insert_pattern"], (row.pattern for row in rows))
        executemany(sql["insert_vector"], (row.vector for row in rows))
        executemany(sql["insert_change"], (row.change for row in rows))
        executemany(sql["count_category"], counters)
        self._execute(sql["commit"])

    def get(self, pattern_id: str) -> Row | None:
        """Read one pattern's row."""
        return self._execute(self._sql["pattern_by_id"], (self._namespace, pattern_id)).fetchone()

    def by_category(self, category: str, now: str, limit: int) -> list[Row]:
        """Read the rows of a category's first patterns."""
        bindings = (self._namespace, category, now, limit)
        return self._execute(self._sql["patterns_by_category"], bindings).fetchall()

    def stats(self, now: str) -> tuple[list[Row], int]:
        """Read the counters, and how many patterns have expired."""
        counts = self._execute(self._sql["counts"], (self._namespace,)).fetchall()
        [(expired,)] = self._execute(self._sql["expired"], (self._namespace, now))
        return counts, expired

    def rows_of(self, pattern_id: str) -> StoredRows:
        """Read back what storing a pattern wrote, to be stored again elsewhere."""
        key = (self._namespace, pattern_id)
        [pattern] = self._execute(self._sql["pattern_by_id"], key)
        [vector] = self._execute(self._sql["vector_by_id"], key)
        [category] = self._execute(self._sql["category_of"], key)
        return StoredRows(
            pattern=pattern,
            vector=vector,
            change=(*key, "put"),
            counter=(self._namespace, *category, 1),
        )

    def vectors(self) -> list[bytes]:
        """Read every vector, in the order of storing."""
        return [row[0] for row in self._execute(self._sql["vectors"], (self._namespace,))]

    def everything(self, table: str) -> list[Row]:
        """Read a whole table of `TABLES`, for comparing two banks."""
        return self._execute(self._sql["everything"].format(table=table)).fetchall()

    def integrity(self) -> str:
        """Give ``ok`` or the engine's first complaint."""
        [first, *_] = self._execute(self._sql["integrity"]).fetchall()
        return str(first[0])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _columns(self, table: str) -> int:
        [(count,)] = self._execute(self._sql["columns"], (table,))
        return int(count)


def counters_of(rows: Sequence[StoredRows]) -> list[Row]:
    """Give one counter upsert for each category that occurs in `rows`."""
    counts = Counter(row.counter[:2] for row in rows)
    return [(*key, count) for key, count in counts.items()]


def _statements() -> dict[str, str]:
    """Give the statements of ``raw.sql`` by their names."""
    text = files(__package__).joinpath("raw.sql").read_text("utf-8")
    statements: dict[str, str] = {}
    for paragraph in text.split("\n\n")[1:]:
        title, _, statement = paragraph.partition("\n")
        statements[title.removeprefix("-- ")] = statement.strip()
    return statements


_STATEMENTS: Final = _statements()
