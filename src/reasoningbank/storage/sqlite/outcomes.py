"""Outcomes of using a pattern: kept one by one, and moving its counters."""

from __future__ import annotations

from typing import Final

import apsw
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
from reasoningbank.storage.sqlite.reading import stored_pattern
from reasoningbank.storage.sqlite.writing import missing, write_counters

INSERT_OUTCOME: Final = """
INSERT INTO outcomes
    (namespace, id, pattern_id, kind, score, source, evidence, actor, at, weight, recall_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SUMS: Final = """
SELECT source, SUM(weight * score), SUM(weight), COUNT(*) FROM outcomes
WHERE namespace = ? AND pattern_id = ? AND score IS NOT NULL GROUP BY source
"""


def record(connection: apsw.Connection, namespace: str, outcome: Outcome) -> RecordedOutcome:
    """Keep an outcome; move the counters, the time of last use and the trust it speaks for."""
    pattern_id = str(outcome.pattern_id)
    existing = stored_pattern(connection, namespace, pattern_id)
    if existing is None:
        raise missing(pattern_id)
    insert(connection, namespace, outcome)
    after = _counted(existing.pattern, outcome)
    after = write_counters(connection, existing, after, Stamp(outcome.actor, outcome.at))
    return RecordedOutcome(
        outcome=outcome,
        uses=after.uses,
        successes=after.successes,
        failures=after.failures,
        trust=after.trust,
        reliability=reliability(connection, namespace, pattern_id),
    )


def insert(connection: apsw.Connection, namespace: str, outcome: Outcome) -> None:
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


def reliability(connection: apsw.Connection, namespace: str, pattern_id: str) -> Reliability:
    """Weigh a pattern's outcomes."""
    sums = connection.execute(_SUMS, (namespace, pattern_id))
    return reliability_of({source: (scores, weights, n) for source, scores, weights, n in sums})
