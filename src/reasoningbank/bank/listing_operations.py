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
from reasoningbank.domain.validation import checked_choice, checked_count, checked_line

_STATES: Final = ("active", "quarantined")


class ListingOperations(BankCore):
    """List patterns, recalls and consolidations."""

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
        ids = self._storage.pattern_ids(
            self._namespace,
            None if after is None else id_text(after, "after"),
            limit,
            category=category,
            state=state,
            newest_first=newest_first,
        )
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
