"""Consolidating a bank: small reversible steps, proposed first.

Rewriting memories wholesale loses what they hold (in published studies repeated rewriting ends below
having no memory at all), so nothing here rewrites anything: duplicates are quarantined and linked,
contradictions linked, what outcomes speak against is let expire. Each pattern that is new or changed
is compared with its nearest neighbours only, so the work grows with what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol

from reasoningbank.domain.consolidation import ConsolidationOptions, Proposal
from reasoningbank.domain.outcome import Reliability
from reasoningbank.domain.pattern import Pattern, SimilarPattern
from reasoningbank.domain.timestamps import parse_timestamp

NEIGHBOURS: Final = 10
_DAY_MS: Final = 86_400_000
_WORKS: Final = 0.6
_FAILS: Final = 0.4


class View(Protocol):
    """What consolidation looks at."""

    def near(self, pattern: Pattern, k: int, min_similarity: float) -> Sequence[SimilarPattern]:
        """Give the patterns of its category whose tasks are nearest, itself among them."""

    def reliability(self, pattern: Pattern) -> Reliability:
        """Weigh its outcomes."""

    def likeness(self, first: str, second: str) -> float:
        """Give the cosine of two strategies."""


def proposals(
    patterns: Iterator[Pattern],
    view: View,
    options: ConsolidationOptions,
    now_ms: int,
    looked_at: Callable[[], None],
) -> Iterator[Proposal]:
    """Give the steps for patterns that are new or changed, each pair of patterns once."""
    gone: set[object] = set()
    linked: set[frozenset[object]] = set()
    for pattern in patterns:
        looked_at()
        if pattern.id in gone or pattern.state != "active":
            continue
        for step in _compared(pattern, view, options, linked):
            if step.kind == "duplicate":
                if step.pattern_id in gone or step.other_id in gone:
                    continue
                gone.add(step.pattern_id)
            yield step
        if pattern.id in gone:
            continue
        step_alone = _alone(pattern, view, options, now_ms)
        if step_alone is not None:
            yield step_alone


def _compared(
    pattern: Pattern,
    view: View,
    options: ConsolidationOptions,
    linked: set[frozenset[object]],
) -> Iterator[Proposal]:
    """Compare a pattern with its neighbours."""
    lowest = min(options.duplicate_threshold, options.contradiction_threshold)
    for other in view.near(pattern, NEIGHBOURS + 1, lowest):
        pair: frozenset[object] = frozenset((pattern.id, other.id))
        if other.id == pattern.id or pair in linked:
            continue
        alike = view.likeness(pattern.strategy, other.strategy)
        if min(other.similarity, alike) >= options.duplicate_threshold:
            linked.add(pair)
            yield _duplicate(pattern, other, view, alike)
        elif other.similarity >= options.contradiction_threshold:
            step = _contradiction(pattern, other, view)
            if step is not None:
                linked.add(pair)
                yield step


def _duplicate(pattern: Pattern, other: SimilarPattern, view: View, alike: float) -> Proposal:
    """Keep the one that outcomes speak for, else the older one."""

    def standing(one: Pattern) -> tuple[float, int, str]:
        return (view.reliability(one).posterior_mean, one.uses, _older_first(one))

    kept, dropped = sorted((pattern, other), key=standing, reverse=True)
    return Proposal(
        kind="duplicate",
        pattern_id=dropped.id,
        other_id=kept.id,
        reason=f"tasks {other.similarity:.2f} and strategies {alike:.2f} alike",
    )


def _older_first(pattern: Pattern) -> str:
    """Give a key that is greater for what was created earlier."""
    return "".join(chr(0x10FF - ord(character)) for character in pattern.created_at)


def _contradiction(pattern: Pattern, other: SimilarPattern, view: View) -> Proposal | None:
    means = [(view.reliability(one), one) for one in (pattern, other)]
    (worse, failing), (better, working) = sorted(means, key=lambda item: item[0].posterior_mean)
    if worse.posterior_mean > _FAILS or better.posterior_mean < _WORKS:
        return None
    return Proposal(
        kind="contradiction",
        pattern_id=failing.id,
        other_id=working.id,
        reason=(
            f"on tasks {other.similarity:.2f} alike one has reliability "
            f"{worse.posterior_mean:.2f}, the other {better.posterior_mean:.2f}"
        ),
    )


def _alone(
    pattern: Pattern, view: View, options: ConsolidationOptions, now_ms: int
) -> Proposal | None:
    """Look at a pattern by itself: do its outcomes speak against it, was it ever used?"""
    if pattern.uses and pattern.expires_at is None:
        known = view.reliability(pattern)
        if known.outcomes >= options.demote_outcomes and (
            known.posterior_mean < options.demote_below
        ):
            return Proposal(
                kind="demote",
                pattern_id=pattern.id,
                reason=f"reliability {known.posterior_mean:.2f} after {known.outcomes} outcomes",
            )
    if options.prune_age_days is None or pattern.uses or _came_by_migration(pattern):
        return None
    age_days = (now_ms - parse_timestamp(pattern.created_at, "created_at")) / _DAY_MS
    low = pattern.success_score is not None and pattern.success_score < 0.5  # noqa: PLR2004
    if low and age_days > options.prune_age_days:
        return Proposal(
            kind="prune",
            pattern_id=pattern.id,
            reason=f"never used in {age_days:.0f} days, success score {pattern.success_score:.2f}",
        )
    return None


def _came_by_migration(pattern: Pattern) -> bool:
    provenance = pattern.metadata.get("provenance")
    return isinstance(provenance, dict) and str(provenance.get("origin", "")).startswith("migrate")
