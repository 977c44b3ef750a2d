"""What a bank file holds, asked of the file as a whole and not of one namespace."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from reasoningbank.storage.sqlite.copying import opened_for_reading
from reasoningbank.storage.sqlite.settings import translated_error

_TABLES: Final = ("patterns", "trajectories")
_NOTED: Final = """
SELECT EXISTS (SELECT 1 FROM patterns WHERE created_by = ?1)
    OR EXISTS (SELECT 1 FROM trajectories WHERE actor = ?1)
    OR EXISTS (SELECT 1 FROM observations WHERE actor = ?1)
"""


def namespaces_of(path: Path) -> list[str]:
    """Give the namespaces of the bank at `path` that hold a pattern or an experience, in order.

    Raises:
        StorageCorrupt, Unavailable: When it cannot be read.
    """
    found: set[str] = set()
    try:
        with opened_for_reading(path) as connection:
            for table in _TABLES:
                if connection.table_exists("main", table):  # schema 1 has no experiences
                    rows = connection.execute(f"SELECT DISTINCT namespace FROM {table}")  # noqa: S608 - constants
                    found.update(str(namespace) for (namespace,) in rows)
    except apsw.Error as error:
        raise translated_error(error, str(path)) from error
    return sorted(found)


def holds_from(path: Path, actor: str) -> bool:
    """Give whether a bank holds anything that an actor has put there.

    Raises:
        StorageCorrupt, Unavailable: When it cannot be read.
    """
    try:
        with opened_for_reading(path) as connection:
            [(found,)] = connection.execute(_NOTED, (actor,))
    except apsw.Error as error:
        raise translated_error(error, str(path)) from error
    return bool(found)
