"""What became of every row: counted by table, with the reasons of those that did not come along."""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeAlias

import msgspec

Fate: TypeAlias = Literal["migrated", "merged", "known", "rejected", "left"]


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """One row that did not come along.

    Args:
        file: The file it stands in.
        table: The table, or ``lines``.
        id: Its id there, or its number.
        reason: Why, in one clause.
        row: What can be shown of it, cut short.
    """

    file: str
    table: str
    id: str
    reason: str
    row: dict[str, object] = {}


class TableAccount(msgspec.Struct, kw_only=True):
    """What became of the rows of one table.

    Args:
        table: Its name.
        product: The program that writes such tables; empty when it is not known.
        becomes: What its rows become: patterns, trajectories, relations, or nothing (left).
        rows: How many it has.
        migrated: Rows that made something new.
        merged: Rows equal to another, of this source or of the target.
        known: Rows that an earlier migration had brought.
        rejected: Rows that could not come along, each with its reason among the rejects.
        left: Rows that are not meant to come along, for the reason in `why`.
        why: That reason.
    """

    table: str
    product: str
    becomes: str
    rows: int = 0
    migrated: int = 0
    merged: int = 0
    known: int = 0
    rejected: int = 0
    left: int = 0
    why: str = ""

    @property
    def accounted(self) -> int:
        """How many rows something became of."""
        return self.migrated + self.merged + self.known + self.rejected + self.left


class FileAccount(msgspec.Struct, kw_only=True):
    """What became of one file: its tables, or why it could not be read."""

    file: str
    tables: list[TableAccount] = []
    error: str = ""


class Tally(msgspec.Struct, kw_only=True):
    """What became of a whole source."""

    files: list[FileAccount] = []
    redacted: dict[str, int] = {}
    shortened: int = 0
    expired: int = 0

    def total(self, fate: Fate) -> int:
        """Give how many rows of all files had this fate."""
        return sum(getattr(table, fate) for file in self.files for table in file.tables)

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table.rows for file in self.files for table in file.tables)

    @property
    def complete(self) -> bool:
        """Whether something became of every row."""
        return all(table.rows == table.accounted for file in self.files for table in file.tables)

    def redactions(self, kinds: Counter[str]) -> None:
        """Count secrets that were taken out."""
        self.redacted = dict(Counter(self.redacted) + kinds)
