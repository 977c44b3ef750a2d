"""Erasing: the rows are gone when this returns; what a server keeps beside its rows is said, not hidden."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from reasoningbank.domain.pattern import Erasure
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.sql import removal, trajectories
from reasoningbank.storage.sql.writing import missing

UNPROVED: Final = (
    "the rows are gone; the server may keep their bytes in unused space until VACUUM and later "
    "writes, and in its write-ahead log, standbys and backups for as long as it keeps those"
)
_WAS_ERASED: Final = "SELECT 1 FROM erased_patterns WHERE namespace = ? AND id = ?"


def erase(connection: PostgresConnection, namespace: str, pattern_id: str) -> Erasure:
    """Remove a pattern and everything said about it.

    Raises:
        NotFound: When neither the pattern nor any history of it is there.
    """
    rows = removal.remove(connection, namespace, pattern_id)
    if (
        not any(rows.values())
        and connection.execute(_WAS_ERASED, (namespace, pattern_id)).fetchone() is None
    ):
        raise missing(pattern_id)
    return _said(pattern_id, rows)


def erase_trajectory(
    connection: PostgresConnection, namespace: str, trajectory_id: str
) -> list[Erasure]:
    """Erase a trajectory and the patterns derived from it alone, or drawn from comparing it.

    Raises:
        NotFound: When there is no such trajectory.
    """
    trajectories.check_is_there(connection, namespace, trajectory_id)
    ids = [
        *removal.derived_alone(connection, namespace, trajectory_id),
        *removal.drawn_by_contrast(connection, namespace, trajectory_id),
    ]
    removed = [
        (pattern_id, removal.remove(connection, namespace, pattern_id)) for pattern_id in ids
    ]
    removed.insert(
        0, (trajectory_id, removal.remove_trajectory(connection, namespace, trajectory_id))
    )
    return [_said(one, rows) for one, rows in removed]


def _said(erased_id: str, rows: dict[str, int]) -> Erasure:
    """Give what was removed. No byte of a file was looked at: the server's files are not ours to read."""
    return Erasure(
        id=UUID(erased_id),
        rows={table: count for table, count in rows.items() if count},
        bytes_checked=0,
        compacted=False,
        unproved=UNPROVED,
    )
