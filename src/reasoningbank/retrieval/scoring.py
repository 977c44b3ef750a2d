"""The score by which recall orders candidates, with every component of it."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.domain.recall import Neighbour, Why
from reasoningbank.domain.timestamps import milliseconds_of
from reasoningbank.retrieval.families import Family

HALF_LIFE_DAYS: Final = 45.0
RECENCY_SHARE: Final = 0.1
"""How much of the score fades with age: a pattern never loses more than this share of it."""

PITFALL_SHARE: Final = 0.5
"""A warning is worth half as much as advice of the same strength."""

_DAY_MS: Final = 86_400_000.0


class Candidate(msgspec.Struct, frozen=True):
    """One family's representative, scored."""

    neighbour: Neighbour
    why: Why
    pitfall: bool


def scored(family: Family, now_ms: int) -> Candidate:
    """Score a family.

    score = similarity x strength x (1 - 0.1 + 0.1 x recency), where strength is the reliability of
    advice, or half of one minus it for a pitfall; recency halves every 45 days since the pattern
    was last used or made. A product, not a sum: nothing makes up for being about something else,
    or for failing on tasks like this one.
    """
    shown = family.representative
    recency = _recency(shown, now_ms)
    strength = PITFALL_SHARE * (1.0 - family.reliability) if family.pitfall else family.reliability
    freshness = 1.0 - RECENCY_SHARE + RECENCY_SHARE * recency
    why = Why(
        score=max(0.0, shown.similarity) * strength * freshness,
        similarity=shown.similarity,
        recency=recency,
        reliability=family.reliability,
        neighbours=len(family.members),
        weighted_successes=family.weighted_successes,
        weighted_failures=family.weighted_failures,
        reason=_reason(shown, family),
    )
    return Candidate(shown, why, family.pitfall)


def _recency(neighbour: Neighbour, now_ms: int) -> float:
    pattern = neighbour.pattern
    last = max(pattern.created_at, pattern.last_used_at or "")
    age_days = max(0.0, (now_ms - milliseconds_of(last)) / _DAY_MS)
    return float(0.5 ** (age_days / HALF_LIFE_DAYS))


def _reason(shown: Neighbour, family: Family) -> str:
    known = sum(member.outcomes for member in family.members)
    times = "once" if known == 1 else f"{known} times"
    tried = f"tried {times} on tasks like this" if known else "not tried yet on tasks like this"
    return (
        f"similarity {shown.similarity:.2f}; {tried}, reliability {family.reliability:.2f}; "
        f"{shown.pattern.trust}"
    )
