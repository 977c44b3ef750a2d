"""Reading a whole namespace at once: what came to be by day, and patterns spread over it."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from reasoningbank.domain.survey import BankProgress, MapPoint, ProgressDay, RecalledDay
from reasoningbank.storage.sql import models
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of

LARGEST_CATEGORIES: Final = 7
"""So many are told apart by colour; the days of all others are added up."""

_LARGEST: Final = """
SELECT task_category FROM category_counts WHERE namespace = ?
ORDER BY patterns DESC, task_category LIMIT ?
"""
_CREATED: Final = """
SELECT substr(created_at, 1, 10), task_category, COUNT(*) FROM patterns WHERE namespace = ?
GROUP BY substr(created_at, 1, 10), task_category
"""
_TOLD: Final = """
SELECT substr(o.at, 1, 10), p.task_category, COUNT(*), SUM(o.score) FROM outcomes o
JOIN patterns p ON p.namespace = o.namespace AND p.id = o.pattern_id
WHERE o.namespace = ? AND o.score IS NOT NULL
GROUP BY substr(o.at, 1, 10), p.task_category
"""
# All outcomes of a recall tell of one task, and bear its score.
_RECALLED: Final = """
SELECT day, COUNT(*), SUM(score) FROM (
    SELECT substr(MAX(at), 1, 10) AS day, MAX(score) AS score FROM outcomes
    WHERE namespace = ? AND recall_id IS NOT NULL AND score IS NOT NULL GROUP BY recall_id
) AS tasks GROUP BY day ORDER BY day
"""
# The end of an id is random, so the first in its order are spread over all patterns and stay the
# same ones when others come.
_SPREAD: Final = """
SELECT id, successes, failures, success_score FROM patterns
WHERE namespace = ? AND id IN (
    SELECT id FROM patterns WHERE namespace = ? ORDER BY substr(id, 25), id LIMIT ?
) ORDER BY id
"""
_AT_ONCE: Final = 500


def progress(connection: SqlConnection, namespace: str) -> BankProgress:
    """Give what came to be by day, and what outcomes told."""
    rows = connection.execute(_LARGEST, (namespace, LARGEST_CATEGORIES))
    order: dict[str | None, int] = {category: at for at, (category,) in enumerate(rows)}
    order[None] = len(order)
    created: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    outcomes: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    scores: defaultdict[tuple[str, str | None], float] = defaultdict(float)
    for day, category, count in connection.execute(_CREATED, (namespace,)):
        created[day, category if category in order else None] += count
    for day, category, count, score in connection.execute(_TOLD, (namespace,)):
        place = (day, category if category in order else None)
        outcomes[place] += count
        scores[place] += score
    places = sorted(created.keys() | outcomes.keys(), key=lambda place: (place[0], order[place[1]]))
    return BankProgress(
        days=tuple(
            ProgressDay(
                day=place[0],
                category=place[1],
                created=created[place],
                outcomes=outcomes[place],
                score=scores[place],
            )
            for place in places
        ),
        recalled=tuple(
            RecalledDay(day=day, tasks=tasks, score=score)
            for day, tasks, score in connection.execute(_RECALLED, (namespace,))
        ),
    )


def spread(connection: SqlConnection, namespace: str, limit: int) -> list[MapPoint]:
    """Give patterns with a vector of the namespace's model, spread over all, in order of id."""
    current = models.current_model(connection, namespace)
    if current is None:
        return []
    rows = connection.execute(_SPREAD, (namespace, namespace, limit)).fetchall()
    ids = [str(row[0]) for row in rows]
    engine = engine_of(connection)
    vectors: dict[str, bytes] = {}
    for first in range(0, len(ids), _AT_ONCE):
        some = ids[first : first + _AT_ONCE]
        vectors |= engine.stored_vectors(connection, namespace, current[0], some)
    return [
        MapPoint(one, bytes(vectors[one]), _success(successes, failures, scored))
        for one, successes, failures, scored in rows
        if one in vectors
    ]


def _success(successes: int, failures: int, scored: float | None) -> float | None:
    told = successes + failures
    return successes / told if told else scored
