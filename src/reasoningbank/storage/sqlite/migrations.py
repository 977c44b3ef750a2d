"""Numbered steps from older schemas to this release's, each with a backup before it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import apsw

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION, UPGRADES
from reasoningbank.storage.sqlite.settings import ConnectionSettings, restrict_mode


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
            backups.append(_backup(connection, path, version))
            _step(connection, version + 1, steps[version + 1])
    finally:
        connection.close()
    return backups


def _version(connection: apsw.Connection) -> int:
    [(version,)] = connection.execute("PRAGMA user_version")
    return int(version)


def _backup(connection: apsw.Connection, path: Path, version: int) -> Path:
    """Copy the bank beside itself, as of now, unless this version was copied before."""
    backup = path.with_name(f"{path.name}.backup-schema-{version}")
    number = 1
    while backup.exists():
        number += 1
        backup = path.with_name(f"{path.name}.backup-schema-{version}-{number}")
    connection.execute("VACUUM INTO ?", (str(backup),))
    restrict_mode(backup)
    return backup


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
