"""Outcomes: what happened when a strategy was used, who says so, and what that is worth."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from reasoningbank.domain.json_value import JsonObject

OutcomeSource: TypeAlias = Literal["test", "environment", "human", "caller", "agent", "imported"]
OutcomeKind: TypeAlias = Literal["success", "failure", "partial", "unknown"]
Trust: TypeAlias = Literal["imported", "judged", "reported", "confirmed"]

TRUST_OF_SOURCE: Final[dict[OutcomeSource, Trust]] = {
    "test": "confirmed",
    "environment": "confirmed",
    "human": "confirmed",
    "caller": "reported",
    "agent": "judged",
    "imported": "imported",
}

TRUST_ORDER: Final[tuple[Trust, ...]] = ("imported", "judged", "reported", "confirmed")
"""From the least to the most trusted."""

SOURCE_WEIGHT: Final[dict[OutcomeSource, float]] = {
    "test": 1.0,
    "environment": 1.0,
    "human": 1.0,
    "caller": 0.5,
    "agent": 0.25,
    "imported": 0.1,
}
"""How much one outcome counts in the posterior. Halving from confirmed to reported to judged keeps
the order that ablations of outcome provenance found (confirmed helps, self-judged does not)."""

PRIOR_SUCCESSES: Final = 1.0
PRIOR_FAILURES: Final = 1.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recorded outcome of using a pattern.

    Args:
        id: Its own id (UUIDv7).
        pattern_id: The pattern used.
        kind: ``success`` (score 1), ``failure`` (0), ``partial`` (between) or ``unknown`` (None).
        score: 0 to 1, or None when unknown.
        source: Who says so.
        evidence: What shows it (exit code, report, who), any JSON object.
        actor: Who recorded it.
        at: When, UTC with milliseconds.
        weight: Its share of one use, 0 to 1: less where several patterns were shown and nobody
            said which of them was used.
        recall_id: The recall that had shown the pattern, or None.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recorded = bank.record_outcome(pattern=pattern_id, success=True, source="test")
    ...     bank.outcomes(pattern_id) == [recorded.outcome]
    True
    """

    id: UUID
    pattern_id: UUID
    kind: OutcomeKind
    score: float | None
    source: OutcomeSource
    evidence: JsonObject
    actor: str
    at: str
    weight: float = 1.0
    recall_id: UUID | None = None


class Reliability(msgspec.Struct, frozen=True, kw_only=True):
    """How often a pattern works, as far as its outcomes tell.

    ``posterior_mean`` is the mean of a Beta(1 + s, 1 + f) distribution (Gelman et al., Bayesian
    Data Analysis, 3rd ed., section 2.4), where s and f are the sums of score and 1 - score over
    the known outcomes, each weighted by `SOURCE_WEIGHT`. Without outcomes it is 0.5.

    >>> reliability_of({"test": (1.0, 1.0, 1), "agent": (0.0, 1.0, 1)}).posterior_mean
    0.6153846153846154
    """

    posterior_mean: float
    weighted_successes: float
    weighted_failures: float
    outcomes: int


class RecordedOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Say what recording an outcome did: the outcome as kept and the pattern's standing after it.

    >>> from reasoningbank import ReasoningBank
    >>> with ReasoningBank.open("memory:") as bank:
    ...     pattern_id = bank.store_pattern(
    ...         task_description="Add login", task_category="backend", strategy="Test first."
    ...     )
    ...     recorded = bank.record_outcome(pattern=pattern_id, success=True, source="test")
    ...     recorded.uses, recorded.successes, recorded.trust
    (1, 1, 'confirmed')
    """

    outcome: Outcome
    uses: int
    successes: int
    failures: int
    trust: Trust
    reliability: Reliability


def trust_of(source: OutcomeSource) -> Trust:
    """Give the trust that an outcome from `source` earns.

    >>> trust_of("test"), trust_of("agent")
    ('confirmed', 'judged')
    """
    return TRUST_OF_SOURCE[source]


def lower_trust(first: Trust, second: Trust) -> Trust:
    """Give the lesser of two trusts.

    >>> lower_trust("confirmed", "imported")
    'imported'
    """
    return min(first, second, key=TRUST_ORDER.index)


def higher_trust(first: Trust, second: Trust) -> Trust:
    """Give the greater of two trusts.

    >>> higher_trust("judged", "imported")
    'judged'
    """
    return max(first, second, key=TRUST_ORDER.index)


def reliability_of(sums: dict[OutcomeSource, tuple[float, float, int]]) -> Reliability:
    """Weigh outcomes into a `Reliability`.

    Args:
        sums: For each source, the sum of the known scores, each times its outcome's weight; the
            sum of those weights; and how many outcomes there are.
    """
    successes = failures = 0.0
    known = 0
    for source in SOURCE_WEIGHT:  # a fixed order, so that the floating-point sum is reproducible
        score_sum, weight_sum, count = sums.get(source, (0.0, 0.0, 0))
        successes += SOURCE_WEIGHT[source] * score_sum
        failures += SOURCE_WEIGHT[source] * (weight_sum - score_sum)
        known += count
    alpha = PRIOR_SUCCESSES + successes
    beta = PRIOR_FAILURES + failures
    return Reliability(
        posterior_mean=alpha / (alpha + beta),
        weighted_successes=successes,
        weighted_failures=failures,
        outcomes=known,
    )
