"""What the statements here need of a connection; `apsw.Connection` has it as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias

SqlValue: TypeAlias = "str | float | int | bytes | None"
Row: TypeAlias = "tuple[SqlValue, ...]"


class Rows(Protocol):
    """The answer to a statement, read once."""

    def __iter__(self) -> Iterator[Any]:
        """Give the rows that were not read yet."""

    def fetchone(self) -> Any:
        """Give the next row, or None."""

    def fetchall(self) -> list[Any]:
        """Give the rows that were not read yet."""


class SqlConnection(Protocol):
    """A connection to a bank, in a transaction where something is written.

    Placeholders are ``?``, or ``?1`` where one value stands in several places.
    """

    def execute(self, statements: str, bindings: Sequence[SqlValue] = ..., /) -> Rows:
        """Carry a statement out and give its rows."""

    def executemany(self, statements: str, rows: Sequence[Sequence[SqlValue]], /) -> object:
        """Carry a statement out once for each row of bindings."""

    def changes(self) -> int:
        """Give how many rows the last statement inserted, changed or removed."""
