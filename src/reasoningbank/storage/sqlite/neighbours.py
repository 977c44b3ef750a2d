"""Experiences near a task, with what their outcomes say, for recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import apsw

from reasoningbank.domain.outcome import SOURCE_WEIGHT
from reasoningbank.domain.pattern import SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour

_SUMS: Final = """
SELECT pattern_id, source, SUM(weight * score), SUM(weight), COUNT(*) FROM outcomes
WHERE namespace = ? AND score IS NOT NULL AND pattern_id IN ({marks}) GROUP BY pattern_id, source
"""
_GROUPS: Final = """
SELECT source_id, MAX(target_id) FROM pattern_links
WHERE namespace = ? AND kind = 'derived_from' AND source_id IN ({marks}) GROUP BY source_id
"""
_VECTORS: Final = """
SELECT pattern_id, embedding FROM pattern_embeddings
WHERE namespace = ? AND model = ? AND pattern_id IN ({marks})
"""
_HIDDEN: Final = """
SELECT
    (SELECT COALESCE(SUM(quarantined), 0) FROM category_counts
        WHERE namespace = ?1 AND (?2 IS NULL OR task_category = ?2)),
    (SELECT COALESCE(SUM(patterns), 0) FROM category_counts
        WHERE namespace = ?1 AND ?2 IS NOT NULL AND task_category <> ?2),
    (SELECT COUNT(*) FROM patterns
        WHERE namespace = ?1 AND expires_at <= ?3 AND expires_at IS NOT NULL AND state = 'active'
        AND (?2 IS NULL OR task_category = ?2))
"""


def with_outcomes(
    connection: apsw.Connection, namespace: str, number: int, found: Sequence[SimilarPattern]
) -> list[Neighbour]:
    """Give what recall needs to know of patterns found near a task, in their order."""
    if not found:
        return []
    ids = [str(pattern.id) for pattern in found]
    marks = ",".join("?" * len(ids))
    successes = dict.fromkeys(ids, 0.0)
    failures = dict.fromkeys(ids, 0.0)
    outcomes = dict.fromkeys(ids, 0)
    sums = connection.execute(_SUMS.format(marks=marks), (namespace, *ids))
    for pattern_id, source, score_sum, weight_sum, count in sums:
        weight = SOURCE_WEIGHT[source]
        successes[pattern_id] += weight * score_sum
        failures[pattern_id] += weight * (weight_sum - score_sum)
        outcomes[pattern_id] += count
    groups = dict(connection.execute(_GROUPS.format(marks=marks), (namespace, *ids)))
    vectors = dict(connection.execute(_VECTORS.format(marks=marks), (namespace, number, *ids)))
    return [
        Neighbour(
            pattern=pattern,
            similarity=pattern.similarity,
            group=UUID(groups.get(pattern_id, pattern_id)),
            successes=successes[pattern_id],
            failures=failures[pattern_id],
            outcomes=outcomes[pattern_id],
            vector=vectors[pattern_id],
        )
        for pattern_id, pattern in zip(ids, found, strict=True)
    ]


def hidden(connection: apsw.Connection, namespace: str, category: str | None, now: str) -> Hidden:
    """Count the patterns that the filters keep from being candidates."""
    [(quarantined, other, expired)] = connection.execute(_HIDDEN, (namespace, category, now))
    return Hidden(quarantined=quarantined, expired=expired, other_categories=other)
