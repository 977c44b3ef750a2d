"""Banks as earlier schemas have them: the tables of then, and of the rows what those tables can hold."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from uuid import UUID

import apsw

from reasoningbank.storage.sqlite.schema import APPLICATION_ID, MIGRATIONS
from tests.faults.operations import build


def build_old(path: Path, version: int) -> list[UUID]:
    """Make the small bank with the tables of an earlier schema; give the ids of its patterns."""
    today = path.with_name(f"{path.name}.today")
    ids = build(today)[:5]  # the sixth is deleted
    with closing(apsw.Connection(str(path))) as old:
        for statement in (
            f"PRAGMA application_id={APPLICATION_ID}",
            f"PRAGMA user_version={version}",
            *(MIGRATIONS[step] for step in sorted(MIGRATIONS) if step <= version),
            f"ATTACH '{today}' AS today",
        ):
            old.execute(statement)
        for table in _tables(old, "main"):
            shared = [
                one for one in _columns(old, "main", table) if one in _columns(old, "today", table)
            ]
            names = ", ".join(shared)
            old.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM today.{table}")
        old.execute("DETACH today")
        for _ in old.execute("PRAGMA journal_mode=WAL"):
            pass
    today.unlink()
    return ids


def _tables(connection: apsw.Connection, schema: str) -> list[str]:
    return [
        str(name)
        for (name,) in connection.execute(
            f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    ]


def _columns(connection: apsw.Connection, schema: str, table: str) -> list[str]:
    return [
        str(row[1]) for row in connection.execute(f"PRAGMA {schema}.table_info({table})").fetchall()
    ]
