"""The statements of the shared rooms as PostgreSQL words them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from reasoningbank.storage.sql import (
    copy_writing,
    counting,
    metrics,
    models,
    outcomes,
    properties,
    reading,
    removal,
    withdrawal,
    writing,
)
from reasoningbank.storage.sql.rows import STORED_COLUMNS

_PLACE: Final = re.compile(r"\?(\d*)")
_STORED: Final = STORED_COLUMNS.count(",") + 1
_EPOCH: Final = "(SELECT epoch FROM namespaces WHERE namespace = ${at})"


def _insertion_of_note(table: str, columns: str, namespace: int, pattern_id: int) -> str:
    """Give an insertion whose position among the notes of its pattern is the next one.

    Whoever notes something holds the pattern's row, so no two take the same position.
    """
    count = columns.count(",") + 1
    values = ", ".join(f"${at}" for at in range(1, count + 1))
    return (
        f"INSERT INTO {table} ({columns}, position) VALUES ({values}, "  # noqa: S608 - constants
        f"(SELECT COALESCE(MAX(position), 0) + 1 FROM {table} "
        f"WHERE namespace = ${namespace} AND pattern_id = ${pattern_id}))"
    )


def _of_namespace(statement: str) -> str:
    """Give a question about counts as one about those of a namespace."""
    return _PLACE.sub(r"$\1", statement.replace("WHERE ", "WHERE namespace = $1 AND "))


_ORIGIN: Final = "CAST({column} AS json) #>> '{{metadata,provenance,origin}}'"

_WORDED: Final[dict[str, str]] = {
    writing.UPDATE_PATTERN: (
        f"UPDATE patterns SET ({STORED_COLUMNS}, put_in, changed_in) = "  # noqa: S608 - constants
        f"({', '.join(f'${at}' for at in range(1, _STORED + 1))}, "
        f"{_EPOCH.format(at=_STORED + 1)}, {_EPOCH.format(at=_STORED + 1)}) "
        f"WHERE namespace = ${_STORED + 1} AND id = ${_STORED + 2}"
    ),
    writing.UPDATE_COUNTERS: f"""
UPDATE patterns SET trust = $1, uses = $2, successes = $3, failures = $4, last_used_at = $5,
    updated_at = $6, version = $7, checksum = $8, changed_in = {_EPOCH.format(at=9)}
WHERE namespace = $9 AND id = $10
""",  # noqa: S608 - constants
    writing.INSERT_HISTORY: _insertion_of_note(
        "pattern_history", "namespace, pattern_id, version, kind, actor, at, before", 1, 2
    ),
    writing.INSERT_OBSERVATION: _insertion_of_note(
        "observations", "namespace, pattern_id, actor, at, content", 1, 2
    ),
    outcomes.INSERT_OUTCOME: _insertion_of_note(
        "outcomes",
        "namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id",
        1,
        3,
    ),
    reading.HISTORY: reading.HISTORY.replace("sequence", "position"),
    reading.OBSERVATIONS: reading.OBSERVATIONS.replace("sequence", "position"),
    reading.OUTCOMES: reading.OUTCOMES.replace("rowid", "position"),
    models.NUMBER: "SELECT model FROM namespaces WHERE namespace = $1 AND model IS NOT NULL",
    models.CURRENT: """
SELECT m.model, m.name, m.dimension, m.version FROM namespaces n
JOIN embedding_models m ON m.namespace = n.namespace AND m.model = n.model
WHERE n.namespace = $1
""",
    models.KNOWN: """
SELECT model FROM embedding_models
WHERE namespace = $1 AND name = $2 AND dimension = $3 AND version = $4
""",
    copy_writing.FORGET_MODEL: "UPDATE namespaces SET model = NULL WHERE namespace = $1",
    counting.COUNTS: """
SELECT task_category, CAST(SUM(patterns) AS bigint), CAST(SUM(quarantined) AS bigint)
FROM category_counts WHERE namespace = $1
GROUP BY task_category HAVING SUM(patterns) <> 0 ORDER BY task_category
""",
    properties.GET: "SELECT value FROM bank_properties WHERE name = $1 AND namespace = $2",
    properties.PUT: """
INSERT INTO bank_properties (name, namespace, value) VALUES ($1, $2, $3)
ON CONFLICT (namespace, name) DO UPDATE SET value = excluded.value
""",
    properties.DROP: "DELETE FROM bank_properties WHERE name = $1 AND namespace = $2",
    properties.OF_ALL: (
        "SELECT namespace, value FROM bank_properties WHERE name = $1 ORDER BY namespace"
    ),
    metrics.INSERT: """
INSERT INTO performance_metrics (namespace, id, metric_name, value, timestamp)
VALUES ($1, CAST($4 AS text) || ' ' || CAST($2 AS text), $2, $3, $4)
ON CONFLICT (namespace, id) DO UPDATE SET value = performance_metrics.value + excluded.value
""",
    metrics.TOTALS: _of_namespace(metrics.TOTALS),
    metrics.BETWEEN: _of_namespace(metrics.BETWEEN),
    metrics.DELETE_BETWEEN: _of_namespace(metrics.DELETE_BETWEEN),
    withdrawal.DIRECT_OF_ORIGIN: withdrawal.DIRECT_OF_ORIGIN.replace(
        "json_extract(p.data, '$.metadata.provenance.origin') = ?2",
        f"{_ORIGIN.format(column='p.data')} = ?2",
    )
    .replace(
        "json_extract(o.content, '$.metadata.provenance.origin') IS NOT ?2",
        f"{_ORIGIN.format(column='o.content')} IS DISTINCT FROM ?2",
    )
    .replace(
        "json_type(h.before, '$.metadata') = 'object'",
        "CAST(h.before AS json) -> 'metadata' IS NOT NULL",
    )
    .replace(
        "json_type(h.before, '$.metadata.provenance') IS NULL",
        "CAST(h.before AS json) #> '{metadata,provenance}' IS NULL",
    ),
    removal.DRAWN_BY_CONTRAST: removal.DRAWN_BY_CONTRAST.replace(
        "JOIN json_each(p.data, '$.metadata.contrasted_with') other\n", ""
    ).replace(
        "other.value = ?2",
        "EXISTS (SELECT 1 FROM json_array_elements_text(CASE "
        "WHEN json_typeof(CAST(p.data AS json) #> '{metadata,contrasted_with}') = 'array' "
        "THEN CAST(p.data AS json) #> '{metadata,contrasted_with}' END) other "
        "WHERE other = ?2)",
    ),
}


@lru_cache(maxsize=1_024)
def worded(statement: str) -> str:
    """Give a statement of the shared rooms as PostgreSQL takes it, with its placeholders."""
    statement = _WORDED.get(statement, statement)
    places = 0

    def place(found: re.Match[str]) -> str:
        nonlocal places
        places += 1
        return f"${found[1] or places}"

    return _PLACE.sub(place, statement)
