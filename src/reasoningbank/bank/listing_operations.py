"""Looking through a bank, a page at a time."""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

from reasoningbank.bank.core import BankCore
from reasoningbank.domain import limits
from reasoningbank.domain.consolidation import KeptConsolidation
from reasoningbank.domain.identifiers import id_text
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.domain.records import PatternListing
from reasoningbank.domain.survey import BankProgress, PatternMap
from reasoningbank.domain.validation import checked_choice, checked_count, checked_line

_STATES: Final = ("active", "quarantined")


class ListingOperations(BankCore):
    """List patterns, recalls and consolidations, and see all from above."""

    def patterns(
        self,
        *,
        category: str | None = None,
        state: Literal["active", "quarantined"] | None = None,
        newest_first: bool = False,
        limit: int = 100,
        after: UUID | str | None = None,
    ) -> list[Pattern]:
        """Give patterns in the order they were made, expired and quarantined ones too.

        Args:
            category: Only those of this category.
            state: Only those ``active`` or ``quarantined``.
            newest_first: Whether the order is turned around.
            limit: How many at most, 1 to 10,000.
            after: Begin behind this one; the last of a page gives the next.

        Raises:
            InvalidInput: Naming the argument.
        """
        checked_count(limit, "limit")
        if category is not None:
            checked_line(category, "category", limits.CATEGORY_BYTES)
        if state is not None:
            checked_choice(state, "state", _STATES)
        listing = PatternListing(
            after=None if after is None else id_text(after, "after"),
            limit=limit,
            category=category,
            state=state,
            newest_first=newest_first,
        )
        ids = self._storage.pattern_ids(self._namespace, listing)
        found = (self._storage.get_pattern(self._namespace, one) for one in ids)
        # One that was deleted meanwhile is left out.
        return [pattern for pattern in found if pattern is not None]

    def recalls(self, *, limit: int = 20) -> list[RecallEvent]:
        """Give the newest recalls, newest first: what was asked, and what was shown.

        Args:
            limit: How many at most, 1 to 10,000.
        """
        checked_count(limit, "limit")
        if not self._storage.read_only:
            self._recalls.flush()
        ids = self._storage.recall_ids(self._namespace, limit)
        return [self._storage.recall_event(self._namespace, one)[0] for one in ids]

    def consolidations(self, *, limit: int = 20) -> list[KeptConsolidation]:
        """Give the newest consolidations that are kept, newest first, undone ones too.

        Args:
            limit: How many at most, 1 to 10,000.
        """
        checked_count(limit, "limit")
        ids = self._storage.consolidation_ids(self._namespace, limit)
        found = (self._storage.consolidation(self._namespace, one) for one in ids)
        return [kept for kept in found if kept is not None]

    def progress(self) -> BankProgress:
        """Give how the bank grew and whether it helped, by day and category."""
        return self._storage.progress(self._namespace)

    def pattern_map(self, *, limit: int = 3_000) -> PatternMap:
        """Give patterns as points in a plane: near ones are about like tasks.

        Equal banks give equal maps.

        Args:
            limit: How many patterns at most, 1 to 10,000; of more, always the same ones are shown.
        """
        from reasoningbank.retrieval.mapping import places_of  # with numpy

        checked_count(limit, "limit")
        points = self._storage.spread(self._namespace, limit)
        places = places_of([point.vector for point in points])
        stats = self._storage.get_stats(self._namespace, self._now())
        return PatternMap(
            total=stats.total_patterns,
            ids=tuple(UUID(point.id) for point in points),
            x=tuple(x for x, _ in places),
            y=tuple(y for _, y in places),
            success=tuple(point.success for point in points),
        )
