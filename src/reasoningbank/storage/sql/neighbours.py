"""Patterns near a task, and what recall needs to know of them: outcomes, groups, what was kept out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

import msgspec

from reasoningbank.domain.outcome import SOURCE_WEIGHT
from reasoningbank.domain.pattern import SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import SimilarityQuery
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.rows import similar_from_row, unreadable
from reasoningbank.storage.sql.verification import Reads

# Added up here: a third quicker than GROUP BY, which sorts.
_TOLD: Final = """
SELECT pattern_id, source, weight, score FROM outcomes
WHERE namespace = ? AND score IS NOT NULL AND pattern_id IN ({marks})
"""
_GROUPS: Final = """
SELECT source_id, target_id FROM pattern_links
WHERE namespace = ? AND kind = 'derived_from' AND source_id IN ({marks})
ORDER BY source_id, kind, target_id
"""
# What consolidation put away, and nobody withdrew.
_PUT_AWAY: Final = """
SELECT l.source_id, l.target_id FROM pattern_links l
JOIN withdrawals w ON w.namespace = l.namespace AND w.pattern_id = l.source_id
WHERE l.namespace = ? AND l.kind = 'duplicate_of' AND l.target_id IN ({marks})
GROUP BY l.source_id, l.target_id HAVING MIN(w.kind) = MAX(w.kind) AND MIN(w.kind) = 'consolidation'
"""
_HIDDEN: Final = """
SELECT
    (SELECT CAST(COALESCE(SUM(quarantined), 0) AS BIGINT) FROM category_counts
        WHERE namespace = ?1 AND (task_category = ?2 OR ?2 IS NULL)),
    (SELECT CAST(COALESCE(SUM(patterns), 0) AS BIGINT) FROM category_counts
        WHERE namespace = ?1 AND task_category <> ?2 AND ?2 IS NOT NULL),
    (SELECT COUNT(*) FROM patterns
        WHERE namespace = ?1 AND expires_at <= ?3 AND expires_at IS NOT NULL AND state = 'active'
        AND (task_category = ?2 OR ?2 IS NULL))
"""


def patterns(
    connection: SqlConnection, reads: Reads, namespace: str, found: Sequence[tuple[str, float]]
) -> list[SimilarPattern]:
    """Give the patterns of what a search found as (id, similarity), in its order."""
    rows = reads.rows_by_id(connection, namespace, [pattern_id for pattern_id, _ in found])
    try:
        return [similar_from_row(rows[found_id], value) for found_id, value in found]
    except KeyError as error:
        raise unreadable(str(error.args[0])) from error


def with_outcomes(
    connection: SqlConnection,
    namespace: str,
    number: int,
    found: Sequence[SimilarPattern],
    *,
    vectors: bool,
) -> list[Neighbour]:
    """Give what recall needs to know of patterns found near a task, in their order.

    Outcomes of the duplicates that consolidation put away count for the pattern it kept.
    """
    if not found:
        return []
    ids = [str(pattern.id) for pattern in found]
    keeper = _keepers(connection, namespace, ids)
    successes = dict.fromkeys(ids, 0.0)
    failures = dict.fromkeys(ids, 0.0)
    outcomes = dict.fromkeys(ids, 0)
    for pattern_id, source, share, score in connection.execute(*_about(_TOLD, namespace, keeper)):
        kept = keeper[pattern_id]
        weight = SOURCE_WEIGHT[source] * share
        successes[kept] += weight * score
        failures[kept] += weight * (1.0 - score)
        outcomes[kept] += 1
    groups = dict(connection.execute(*_about(_GROUPS, namespace, ids)))
    stored: dict[str, bytes] = {}
    if vectors:
        stored = engine_of(connection).stored_vectors(connection, namespace, number, ids)
    return [
        Neighbour(
            pattern=pattern,
            similarity=pattern.similarity,
            group=msgspec.convert(groups[at], UUID) if at in groups else pattern.id,
            successes=successes[at],
            failures=failures[at],
            outcomes=outcomes[at],
            vector=stored[at] if vectors else b"",
        )
        for at, pattern in zip(ids, found, strict=True)
    ]


def _keepers(connection: SqlConnection, namespace: str, ids: Sequence[str]) -> dict[str, str]:
    """Give, for these patterns and the duplicates put away for them, which of these it is."""
    keeper = dict(zip(ids, ids, strict=True))
    latest: Sequence[str] = ids
    while latest:  # a pattern that was kept may have been put away for another one later
        rows = connection.execute(*_about(_PUT_AWAY, namespace, latest)).fetchall()
        new = {str(source): keeper[str(target)] for source, target in rows if source not in keeper}
        keeper.update(new)
        latest = list(new)
    return keeper


def _about(sql: str, namespace: str, ids: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """Give a question about these patterns with its bindings."""
    return sql.format(marks=",".join("?" * len(ids))), (namespace, *ids)


def hidden(connection: SqlConnection, query: SimilarityQuery) -> Hidden:
    """Count the patterns that the filters keep from being candidates."""
    asked = (query.namespace, query.category, format_timestamp(query.now_ms))
    [(quarantined, other, expired)] = connection.execute(_HIDDEN, asked)
    return Hidden(quarantined=quarantined, expired=expired, other_categories=other)
