"""Numbered steps from older schemas to this release's, each with a backup before it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import apsw

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.storage.sqlite.copying import copy_into
from reasoningbank.storage.sqlite.creation import put_in_place, reserved_beside
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION, UPGRADES
from reasoningbank.storage.sqlite.settings import ConnectionSettings


def migrate(
    settings: ConnectionSettings,
    path: Path,
    *,
    steps: Mapping[int, str] = UPGRADES,
    target: int = SCHEMA_VERSION,
) -> list[Path]:
    """Bring the bank at `path` to version `target` and give the backups made on the way.

    Each step is one transaction that begins by looking at the version again, so two processes may
    migrate at once and a killed one leaves the old version or the new one, never one between.
    """
    backups: list[Path] = []
    connection = settings.open()
    try:
        while (version := _version(connection)) < target:
            if version + 1 not in steps:
                raise StorageCorrupt(
                    f"has schema {version}, from which no step leads on",
                    path=str(path),
                    hint="Restore a backup.",
                )
            backup = _backup(connection, path, version)
            if backup is not None:
                backups.append(backup)
                _step(connection, version + 1, steps[version + 1])
    finally:
        connection.close()
    return backups


def _version(connection: apsw.Connection) -> int:
    [(version,)] = connection.execute("PRAGMA user_version")
    return int(version)


def _backup(connection: apsw.Connection, path: Path, version: int) -> Path | None:
    """Copy the bank beside itself, as of now; None when another process has migrated it meanwhile.

    A copy gets its name when it is whole, and never the name of a copy that is there.
    """
    with reserved_beside(path) as temporary:
        copy_into(connection, temporary)
        if _version_of(temporary) != version:
            return None
        for name in _backup_names(path, version):
            if put_in_place(temporary, name):
                return name
    raise AssertionError("there is no end of names")


def _backup_names(path: Path, version: int) -> Iterator[Path]:
    yield path.with_name(f"{path.name}.backup-schema-{version}")
    for number in itertools.count(2):
        yield path.with_name(f"{path.name}.backup-schema-{version}-{number}")


def _version_of(path: Path) -> int:
    connection = apsw.Connection(str(path))
    try:
        return _version(connection)
    finally:
        connection.close()


def _step(connection: apsw.Connection, version: int, sql: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _version(connection) == version - 1:
            connection.execute(sql)
            connection.execute(f"PRAGMA user_version={version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
