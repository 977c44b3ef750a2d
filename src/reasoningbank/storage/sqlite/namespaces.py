"""Which namespaces a bank file has."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from reasoningbank.storage.sqlite.copying import opened_for_reading
from reasoningbank.storage.sqlite.settings import translated_error

_TABLES: Final = ("patterns", "trajectories")


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
