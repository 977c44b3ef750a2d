"""The rows that go when a pattern or a trajectory is erased."""

from __future__ import annotations

from typing import Final

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.storage.sql import trajectories
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.verification import get_verified_pattern
from reasoningbank.storage.sql.writing import remove_damaged_row, remove_row

_TABLES: Final = (
    "pattern_history",
    "observations",
    "outcomes",
    "idempotency_keys",
    "withdrawals",
)
# Trajectories that were compared with each other share their origin.
DRAWN_BY_CONTRAST: Final = """
SELECT DISTINCT p.id FROM trajectories erased
JOIN trajectories t ON t.namespace = erased.namespace AND t.origin = erased.origin
JOIN pattern_links l
    ON l.namespace = t.namespace AND l.target_id = t.id AND l.kind = 'derived_from'
JOIN patterns p ON p.namespace = l.namespace AND p.id = l.source_id
JOIN json_each(p.data, '$.metadata.contrasted_with') other
WHERE erased.namespace = ?1 AND erased.id = ?2 AND other.value = ?2
"""


def derived_alone(connection: SqlConnection, namespace: str, trajectory_id: str) -> list[str]:
    """Give the patterns that were derived from this trajectory and from no other."""
    return [
        pattern_id
        for pattern_id in trajectories.derived_ids(connection, namespace, trajectory_id)
        if connection.execute(
            "SELECT COUNT(*) FROM pattern_links "
            "WHERE namespace = ? AND source_id = ? AND kind = 'derived_from'",
            (namespace, pattern_id),
        ).fetchone()
        == (1,)
    ]


def drawn_by_contrast(connection: SqlConnection, namespace: str, trajectory_id: str) -> list[str]:
    """Give the patterns for which this trajectory was compared with others that show them."""
    rows = connection.execute(DRAWN_BY_CONTRAST, (namespace, trajectory_id))
    return [str(row[0]) for row in rows]


def remove_trajectory(
    connection: SqlConnection, namespace: str, trajectory_id: str
) -> dict[str, int]:
    """Remove a trajectory with its links; give how many rows of which table went."""
    connection.execute(
        "DELETE FROM pattern_links WHERE namespace = ? AND target_id = ?",
        (namespace, trajectory_id),
    )
    links = connection.changes()
    connection.execute(
        "DELETE FROM trajectory_states WHERE namespace = ? AND trajectory_id = ?",
        (namespace, trajectory_id),
    )
    connection.execute(
        "DELETE FROM trajectories WHERE namespace = ? AND id = ?", (namespace, trajectory_id)
    )
    return {"trajectories": connection.changes(), "pattern_links": links}


def remove(connection: SqlConnection, namespace: str, pattern_id: str) -> dict[str, int]:
    """Remove a pattern and all that is kept about it; give how many rows of which table went."""
    rows: dict[str, int] = {}
    [(rows["pattern_embeddings"],)] = connection.execute(
        "SELECT COUNT(*) FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?",
        (namespace, pattern_id),
    )
    try:
        pattern = get_verified_pattern(connection, namespace, pattern_id)
    except StorageCorrupt:
        remove_damaged_row(connection, namespace, pattern_id)
        rows["patterns"] = 1
    else:
        if pattern is not None:
            remove_row(connection, pattern, "erase")
            rows["patterns"] = 1
    connection.execute(
        "DELETE FROM pattern_links WHERE namespace = ?1 AND (source_id = ?2 OR target_id = ?2)",
        (namespace, pattern_id),
    )
    rows["pattern_links"] = connection.changes()
    for table in _TABLES:
        connection.execute(
            f"DELETE FROM {table} WHERE namespace = ? AND pattern_id = ?",  # noqa: S608
            (namespace, pattern_id),
        )
        rows[table] = connection.changes()
    if "patterns" not in rows and any(rows.values()):
        engine_of(connection).log(connection, namespace, [pattern_id], "erase")
    return rows
