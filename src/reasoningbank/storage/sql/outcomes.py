"""Outcomes of using a pattern: kept one by one, and moving its counters."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.outcome import (
    Outcome,
    RecordedOutcome,
    Reliability,
    higher_trust,
    reliability_of,
    trust_of,
)
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import Stamp
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.reading import get_pattern, stored_pattern
from reasoningbank.storage.sql.reading import outcomes as outcomes_of
from reasoningbank.storage.sql.writing import missing, write_counters

INSERT_OUTCOME: Final = """
INSERT INTO outcomes
    (namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SUMS: Final = """
SELECT source, SUM(weight * score), SUM(weight), COUNT(*) FROM outcomes
WHERE namespace = ? AND pattern_id = ? AND score IS NOT NULL GROUP BY source
"""


_OF_RECALL: Final = """
SELECT pattern_id, id FROM outcomes WHERE namespace = ? AND recall_id = ? ORDER BY id
"""


def record(connection: SqlConnection, namespace: str, outcome: Outcome) -> RecordedOutcome:
    """Keep an outcome; move the counters, the time of last use and the trust it speaks for."""
    recorded = record_unless_gone(connection, namespace, outcome)
    if recorded is None:
        raise missing(str(outcome.pattern_id))
    return recorded


def record_unless_gone(
    connection: SqlConnection, namespace: str, outcome: Outcome
) -> RecordedOutcome | None:
    """Do what `record` does; where the pattern is gone, nothing, and give None."""
    existing = stored_pattern(connection, namespace, str(outcome.pattern_id))
    if existing is None:
        return None
    insert(connection, namespace, outcome)
    after = _counted(existing.pattern, outcome)
    after = write_counters(connection, existing, after, Stamp(outcome.actor, outcome.at))
    return _standing(connection, after, outcome)


def of_recall(connection: SqlConnection, namespace: str, recall_id: str) -> list[RecordedOutcome]:
    """Give the outcomes counted for a recall, with their patterns' standing now."""
    recorded = []
    rows = connection.execute(_OF_RECALL, (namespace, recall_id)).fetchall()
    for found_id, outcome_id in rows:
        pattern_id = str(found_id)
        pattern = get_pattern(connection, namespace, pattern_id)
        if pattern is None:
            continue
        [told] = [
            outcome
            for outcome in outcomes_of(connection, namespace, pattern_id)
            if str(outcome.id) == outcome_id
        ]
        recorded.append(_standing(connection, pattern, told))
    return recorded


def _standing(connection: SqlConnection, pattern: Pattern, outcome: Outcome) -> RecordedOutcome:
    return RecordedOutcome(
        outcome=outcome,
        uses=pattern.uses,
        successes=pattern.successes,
        failures=pattern.failures,
        trust=pattern.trust,
        reliability=reliability(connection, pattern.namespace, str(pattern.id)),
    )


def insert(connection: SqlConnection, namespace: str, outcome: Outcome) -> None:
    """Keep an outcome without moving anything."""
    connection.execute(
        INSERT_OUTCOME,
        (
            namespace, str(outcome.id), str(outcome.pattern_id), outcome.kind, outcome.score,
            outcome.source, canonical_json(outcome.evidence), outcome.actor, outcome.at,
            outcome.weight, None if outcome.recall_id is None else str(outcome.recall_id),
        ),
    )  # fmt: skip


def _counted(pattern: Pattern, outcome: Outcome) -> Pattern:
    """Give the pattern after one more use. Only a success can raise its trust."""
    succeeded = outcome.kind == "success"
    trust = higher_trust(pattern.trust, trust_of(outcome.source)) if succeeded else pattern.trust
    return msgspec.structs.replace(
        pattern,
        uses=pattern.uses + 1,
        successes=pattern.successes + succeeded,
        failures=pattern.failures + (outcome.kind == "failure"),
        last_used_at=outcome.at,
        trust=trust,
    )


def reliability(connection: SqlConnection, namespace: str, pattern_id: str) -> Reliability:
    """Weigh a pattern's outcomes."""
    sums = connection.execute(_SUMS, (namespace, pattern_id))
    return reliability_of({source: (scores, weights, n) for source, scores, weights, n in sums})
