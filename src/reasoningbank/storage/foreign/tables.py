"""The tables of another program's database, and their rows as far as they can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

import apsw
import msgspec

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.storage.sqlite.settings import ENGINE_ERRORS

_TABLES: Final = "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY name"
_PAGE: Final = 256
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1
_TRIED_ONE_BY_ONE: Final = 1_000_000
# Vectors are computed anew, so they are not even read.
_VECTORS: Final = frozenset({"embedding", "vector"})

Value: TypeAlias = str | int | float | bytes | None


class ForeignTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of another program's database.

    Args:
        name: Its name.
        columns: The names of its columns, in small letters.
        rows: How many rows it says it has, or None where even that is damaged.
        numbered: Whether its rows have a number of their own (it is not WITHOUT ROWID).
        virtual: Whether a module stands behind it, which is never called.
    """

    name: str
    columns: tuple[str, ...]
    rows: int | None
    numbered: bool = True
    virtual: bool = False


class ForeignRow(NamedTuple):
    """One row: its number in the table, and its values by column."""

    number: int
    values: dict[str, Value]


class Lost(NamedTuple):
    """Rows that cannot be read.

    Args:
        first: The number of the first of them, as far as known.
        numbers: Their numbers, where an index still tells them; else how many is not known.
        reason: What the engine says.
    """

    first: int
    numbers: tuple[int, ...]
    reason: str


class ForeignFile:
    """A database of another program, open as a private copy."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def tables(self) -> list[ForeignTable]:
        """Give the tables in the order of their names; views are no tables.

        Raises:
            StorageCorrupt: When the schema is damaged, so that nothing can be reached.
        """
        try:
            return [
                _table(self._connection, str(name), str(sql or ""))
                for name, sql in self._connection.execute(_TABLES).fetchall()
            ]
        except ENGINE_ERRORS as error:
            raise StorageCorrupt(
                f"has a damaged schema, so nothing in it can be reached ({error})",
                hint="Restore a backup of it.",
            ) from error

    def rows(self, table: ForeignTable, on_lost: Callable[[Lost], None]) -> Iterator[ForeignRow]:
        """Give the rows of a table, passing over those that damage has made unreadable.

        Bytes that are no UTF-8 stand in a text as lone surrogates, as `os.fsdecode` has them.
        Vectors are left out.

        Args:
            table: One of `tables`.
            on_lost: Called for each stretch of rows that cannot be read.
        """
        return _rows(self._connection, table, on_lost)


def _table(connection: apsw.Connection, name: str, sql: str) -> ForeignTable:
    statement = " ".join(sql.upper().split())
    if statement.startswith("CREATE VIRTUAL"):
        return ForeignTable(name=name, columns=(), rows=None, virtual=True)
    return ForeignTable(
        name=name,
        columns=_columns(connection, name),
        rows=_counted(connection, name),
        numbered="WITHOUT ROWID" not in statement.rpartition(")")[2],
    )


def _columns(connection: apsw.Connection, table: str) -> tuple[str, ...]:
    try:
        found = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
        return tuple(str(name).lower() for (name,) in found)
    except ENGINE_ERRORS:
        return ()


def _counted(connection: apsw.Connection, table: str) -> int | None:
    try:
        [(count,)] = connection.execute(f"SELECT COUNT(*) FROM {_quoted(table)}")  # noqa: S608 - quoted
    except ENGINE_ERRORS:
        return None
    return int(count)


def _rows(
    connection: apsw.Connection, table: ForeignTable, on_lost: Callable[[Lost], None]
) -> Iterator[ForeignRow]:
    columns = [name for name in table.columns if name not in _VECTORS]
    if not table.numbered:
        yield from _in_order(connection, table, columns, on_lost)
        return
    start = _SMALLEST
    while True:
        page, damage = _page(connection, table, columns, start, _PAGE)
        yield from page
        if page and page[-1].number == _LARGEST:
            return
        start = page[-1].number + 1 if page else start
        if damage is not None:
            yield from _salvaged(connection, table, start, str(damage), on_lost)
            return
        if len(page) < _PAGE:
            return


def _page(
    connection: apsw.Connection, table: ForeignTable, columns: list[str], start: int, limit: int
) -> tuple[list[ForeignRow], apsw.Error | None]:
    """Give the rows from a number on; where damage begins among them, those before it."""
    found: list[ForeignRow] = []
    try:
        for number, *values in connection.execute(_select(table, columns), (start, limit)):
            found.append(ForeignRow(number, dict(zip(columns, values, strict=True))))
    except UnicodeDecodeError:
        return _page_of_bytes(connection, table, columns, start, limit)
    except apsw.Error as error:
        return found, error
    return found, None


def _page_of_bytes(
    connection: apsw.Connection, table: ForeignTable, columns: list[str], start: int, limit: int
) -> tuple[list[ForeignRow], apsw.Error | None]:
    found: list[ForeignRow] = []
    sql = _select(table, columns, as_bytes=True)
    try:
        for number, *pairs in connection.execute(sql, (start, limit)):
            found.append(ForeignRow(number, _decoded(columns, pairs)))
    except apsw.Error as error:
        return found, error
    return found, None


def _decoded(columns: list[str], pairs: list[Value]) -> dict[str, Value]:
    """Give values by column from (type, value) pairs, in which text stands as bytes."""
    values: dict[str, Value] = {}
    for position, name in enumerate(columns):
        kind, value = pairs[2 * position : 2 * position + 2]
        if kind == "text" and isinstance(value, bytes):
            value = _text(value)
        values[name] = value
    return values


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return value.decode("utf-8", "surrogateescape")


def _select(table: ForeignTable, columns: list[str], *, as_bytes: bool = False) -> str:
    names = [_quoted(name) for name in columns]
    if as_bytes:
        names = [
            f"typeof({name}), CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
            for name in names
        ]
    listed = ", ".join(["_rowid_", *names])
    return (
        f"SELECT {listed} FROM {_quoted(table.name)} NOT INDEXED "  # noqa: S608 - quoted
        "WHERE _rowid_ >= ? ORDER BY _rowid_ LIMIT ?"
    )


def _salvaged(
    connection: apsw.Connection,
    table: ForeignTable,
    start: int,
    reason: str,
    on_lost: Callable[[Lost], None],
) -> Iterator[ForeignRow]:
    """Give the rows from a number on that can still be read, one by one."""
    columns = [name for name in table.columns if name not in _VECTORS]
    known = _numbers_by_index(connection, table, start)
    end = _end(connection, table, columns, start)
    numbers = range(start, end) if end - start <= _TRIED_ONE_BY_ONE else known
    lost: list[int] = []
    failed = False
    for number in numbers:
        page, damage = _page(connection, table, columns, number, 1)
        if page and page[0].number == number:
            yield page[0]
        elif damage is not None:
            failed = True
            if number in known:
                lost.append(number)
    if failed or not known:
        on_lost(Lost(lost[0] if lost else start, tuple(lost), reason))


def _numbers_by_index(
    connection: apsw.Connection, table: ForeignTable, start: int
) -> dict[int, None]:
    """Give the numbers of rows from a number on that the indexes of a table know, in order."""
    numbers: set[int] = set()
    try:
        indexes = connection.execute(
            "SELECT name FROM pragma_index_list(?) WHERE partial = 0", (table.name,)
        ).fetchall()
    except ENGINE_ERRORS:
        return {}
    for (index,) in indexes:
        try:
            for (number,) in connection.execute(
                f"SELECT _rowid_ FROM {_quoted(table.name)} INDEXED BY {_quoted(str(index))}"  # noqa: S608 - quoted
            ):
                numbers.add(int(number))
        except ENGINE_ERRORS:
            pass  # what it told until then is known
    return dict.fromkeys(sorted(number for number in numbers if number >= start))


def _end(connection: apsw.Connection, table: ForeignTable, columns: list[str], start: int) -> int:
    """Give a number behind the last row: strides double until there is nothing, and no damage."""
    stride = 1
    while start + stride < _LARGEST:
        page, damage = _page(connection, table, columns, start + stride, 1)
        if not page and damage is None:
            return start + stride
        stride *= 2
    return _LARGEST


def _in_order(
    connection: apsw.Connection,
    table: ForeignTable,
    columns: list[str],
    on_lost: Callable[[Lost], None],
) -> Iterator[ForeignRow]:
    """Give the rows of a table without row numbers; what follows damage cannot be reached."""
    names = ", ".join(
        f"typeof({name}), CASE typeof({name}) WHEN 'text' THEN CAST({name} AS BLOB) ELSE {name} END"
        for name in map(_quoted, columns)
    )
    number = 0
    try:
        for pairs in connection.execute(f"SELECT {names} FROM {_quoted(table.name)}"):  # noqa: S608
            number += 1
            yield ForeignRow(number, _decoded(columns, list(pairs)))
    except apsw.Error as error:
        on_lost(Lost(number + 1, (), str(error)))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
