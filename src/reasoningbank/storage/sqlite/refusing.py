"""Refusing writes to a bank that another has taken the place of, whoever has it open and in whatever language.

Triggers do it while it lasts; a bank in use has none. Copies pass them, which note so for the length of
their transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import apsw

from reasoningbank.storage.sqlite.settings import REFUSED

_MARK: Final = "copies_pass"
# Every write of a bank inserts into one of these, or changes one of the last two.
_TABLES: Final = (
    "changes", "observations", "trajectories", "pattern_links", "recalls", "consolidations",
    "trajectory_states",
)  # fmt: skip
_OPERATIONS: Final = ("INSERT", "UPDATE", "DELETE")


def refuse(connection: apsw.Connection, reason: str | None) -> None:
    """Refuse every write but copies from now on, or with None take them again."""
    for table in _TABLES:
        for operation in _OPERATIONS:
            name = f"refuse_{operation.lower()}_{table}"
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
            if reason is not None:
                said = f"{REFUSED}{reason}".replace("'", "''")
                connection.execute(
                    f"CREATE TRIGGER {name} BEFORE {operation} ON {table} "  # noqa: S608 - constants
                    f"WHEN NOT EXISTS (SELECT 1 FROM bank_properties WHERE name = '{_MARK}') "
                    f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
                )


def is_refusing(connection: apsw.Connection) -> bool:
    """Give whether writes are refused."""
    found = connection.execute(
        "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = 'refuse_insert_changes'"
    ).fetchone()
    return found is not None


@contextmanager
def passing(connection: apsw.Connection) -> Iterator[None]:
    """Let the writes of a transaction pass, where writes are refused."""
    if not is_refusing(connection):
        yield
        return
    connection.execute("INSERT INTO bank_properties (name, value) VALUES (?, '')", (_MARK,))
    yield
    connection.execute("DELETE FROM bank_properties WHERE name = ?", (_MARK,))
