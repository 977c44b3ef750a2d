"""Consolidating a bank: small reversible steps, proposed first.

Rewriting memories wholesale loses what they hold (in published studies repeated rewriting ends below
having no memory at all), so nothing here rewrites anything: duplicates are quarantined and linked,
contradictions linked, what outcomes speak against is let expire. Each pattern that is new or changed
is compared with its nearest neighbours only, so the work grows with what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol
from uuid import UUID

from reasoningbank.domain.consolidation import ConsolidationOptions, PlannedStep, Proposal
from reasoningbank.domain.outcome import TRUST_ORDER, Reliability
from reasoningbank.domain.pattern import Pattern, SimilarPattern
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp

NEIGHBOURS: Final = 10
_DAY_MS: Final = 86_400_000
_WORKS: Final = 0.6
_FAILS: Final = 0.4
_NEVER: Final = "~"
"""Sorts behind every time."""


class View(Protocol):
    """What consolidation looks at."""

    def near(self, pattern: Pattern) -> Sequence[SimilarPattern]:
        """Give the `NEIGHBOURS` + 1 patterns of its category whose tasks are nearest, itself among them.

        Those alike enough for one of the thresholds are enough.
        """

    def reliability(self, pattern: Pattern) -> Reliability:
        """Weigh its outcomes."""

    def likeness(self, first: str, second: str) -> float:
        """Give the cosine of two strategies."""

    def linked(self, first: Pattern, second: Pattern, kind: str) -> bool:
        """Give whether either is linked to the other in this way."""


class Planner:
    """Propose steps for patterns that are new or changed, each pair of patterns once.

    Args:
        view: What it looks at.
        options: Thresholds, and what is allowed.
        now_ms: The time; what has expired by then is passed over.
        refused: Steps that were taken back: they are not proposed again.
    """

    def __init__(
        self,
        view: View,
        options: ConsolidationOptions,
        now_ms: int,
        refused: Iterable[Proposal] = (),
    ) -> None:
        self._view = view
        self._options = options
        self._now_ms = now_ms
        self._now = format_timestamp(now_ms)
        self._refused = {_key(step) for step in refused}
        self._gone: set[UUID] = set()
        self._kept: set[UUID] = set()
        self._compared: set[frozenset[UUID]] = set()

    def steps(
        self, patterns: Iterable[Pattern], looked_at: Callable[[], None]
    ) -> Iterator[PlannedStep]:
        """Give the steps for these patterns."""
        for pattern in patterns:
            if pattern.expires_at is not None and pattern.expires_at <= self._now:
                continue
            looked_at()
            if pattern.id in self._gone:
                continue
            yield from self._beside_others(pattern)
            if pattern.id in self._gone:
                continue
            alone = self._alone(pattern)
            if alone is not None and _key(alone) not in self._refused:
                yield PlannedStep(alone, pattern.version)

    def _beside_others(self, pattern: Pattern) -> Iterator[PlannedStep]:
        """Compare a pattern with its neighbours."""
        for other in self._view.near(pattern):
            pair = frozenset((pattern.id, other.id))
            if other.id == pattern.id or pair in self._compared or other.id in self._gone:
                continue
            self._compared.add(pair)
            step = self._of_pair(pattern, other)
            if step is None or _key(step) in self._refused:
                continue
            dropped_first = step.pattern_id == pattern.id
            yield PlannedStep(
                step,
                pattern.version if dropped_first else other.version,
                other.version if dropped_first else pattern.version,
            )
            if step.kind == "duplicate" and step.other_id is not None:
                self._gone.add(step.pattern_id)
                self._kept.add(step.other_id)
                if dropped_first:
                    return

    def _of_pair(self, pattern: Pattern, other: SimilarPattern) -> Proposal | None:
        options = self._options
        alike = self._view.likeness(pattern.strategy, other.strategy)
        if min(other.similarity, alike) >= options.duplicate_threshold:
            # Linked and both active: somebody has decided that they stay so.
            if self._view.linked(pattern, other, "duplicate_of"):
                return None
            return self._duplicate(pattern, other, alike)
        if other.similarity >= options.contradiction_threshold:
            step = self._contradiction(pattern, other)
            if step is not None and not self._view.linked(pattern, other, "contradicts"):
                return step
        return None

    def _duplicate(self, pattern: Pattern, other: SimilarPattern, alike: float) -> Proposal:
        """Keep what stays longer, what outcomes speak for, what is trusted more, what is older."""

        def standing(one: Pattern) -> tuple[str, float, int, int, str]:
            return (
                one.expires_at or _NEVER,
                self._view.reliability(one).posterior_mean,
                TRUST_ORDER.index(one.trust),
                one.uses,
                _older_first(one),
            )

        kept, dropped = sorted((pattern, other), key=standing, reverse=True)
        return Proposal(
            kind="duplicate",
            pattern_id=dropped.id,
            other_id=kept.id,
            reason=f"tasks {other.similarity:.2f} and strategies {alike:.2f} alike",
        )

    def _contradiction(self, pattern: Pattern, other: SimilarPattern) -> Proposal | None:
        if not (pattern.uses and other.uses):
            return None  # nothing was told of one of them
        means = [(self._view.reliability(one), one) for one in (pattern, other)]
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

    def _alone(self, pattern: Pattern) -> Proposal | None:
        """Look at a pattern by itself: do its outcomes speak against it, was it ever used?"""
        options = self._options
        if pattern.uses and pattern.expires_at is None:
            known = self._view.reliability(pattern)
            if known.outcomes >= options.demote_outcomes and (
                known.posterior_mean < options.demote_below
            ):
                return Proposal(
                    kind="demote",
                    pattern_id=pattern.id,
                    reason=f"reliability {known.posterior_mean:.2f} after {known.outcomes} outcomes",
                )
        if options.prune_age_days is None or pattern.uses or came_by_migration(pattern):
            return None
        if pattern.id in self._kept:
            return None  # others were put away for it
        age_days = (self._now_ms - parse_timestamp(pattern.created_at, "created_at")) / _DAY_MS
        low = pattern.success_score is not None and pattern.success_score < 0.5  # noqa: PLR2004
        if low and age_days > options.prune_age_days:
            return Proposal(
                kind="prune",
                pattern_id=pattern.id,
                reason=f"never used in {age_days:.0f} days, success score {pattern.success_score:.2f}",
            )
        return None


def _key(step: Proposal) -> tuple[str, frozenset[UUID | None]]:
    """Give what a step is about, whichever of two patterns it is for."""
    return step.kind, frozenset((step.pattern_id, step.other_id))


def _older_first(pattern: Pattern) -> str:
    """Give a key that is greater for what was created earlier."""
    return "".join(chr(0x10FF - ord(character)) for character in pattern.created_at)


def came_by_migration(pattern: Pattern) -> bool:
    """Give whether a pattern was brought over from another tool's memory."""
    provenance = pattern.metadata.get("provenance")
    if not isinstance(provenance, dict):
        return False
    return any(str(provenance.get(name, "")).startswith("migrat") for name in ("origin", "kind"))
