"""How a table of another program is known, and what becomes of its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import msgspec

from reasoningbank.domain.trajectory import Step
from reasoningbank.migration.material import Material, Place
from reasoningbank.migration.values import Values, text_of

Becomes: TypeAlias = Literal["trajectories", "patterns", "relations", "left"]


class Surroundings:
    """What the tables of one file say about rows of others, read before those."""

    def __init__(self) -> None:
        self.relations: dict[str, list[dict[str, object]]] = defaultdict(list)
        self.steps: dict[str, list[tuple[float, Step]]] = defaultdict(list)

    def steps_of(self, owner: str) -> tuple[Step, ...]:
        """Give the steps told about an experience, in their order."""
        return tuple(step for _, step in sorted(self.steps.get(owner, ()), key=lambda one: one[0]))


Converts: TypeAlias = Callable[[Place, Values, Surroundings], Iterator[Material]]
Prepares: TypeAlias = Callable[[Values, Surroundings], None]


class TableSchema(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of table.

    Args:
        product: The programs that write it.
        becomes: What its rows become; ``left`` for none.
        has: Columns it has.
        lacks: Columns that tell others from it.
        names: Names of its own, where the columns alone do not tell it; empty for any.
        convert: Gives what a row holds.
        prepare: Notes what a row says about rows of other tables.
        why: For rows that are left: why.
        key: The columns of which its rows' ids are made.
    """

    product: str
    becomes: Becomes
    has: frozenset[str]
    lacks: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    convert: Converts | None = None
    prepare: Prepares | None = None
    why: str = ""
    key: tuple[str, ...] = ("id",)

    def fits(self, name: str, columns: frozenset[str]) -> bool:
        """Give whether a table is of this kind."""
        if self.names and name.lower() not in self.names:
            return False
        return self.has <= columns and not self.lacks & columns

    def place(self, table: str, number: int, values: Values) -> Place:
        """Give where a row stands; one without an id goes by its number."""
        parts = [text_of(values.get(column)) for column in self.key]
        known = [part for part in parts if part is not None]
        own = "/".join(known) if len(known) == len(parts) else f"row {number}"
        return Place(self.product, table, own)


def columns(*names: str) -> frozenset[str]:
    """Give a set of column names."""
    return frozenset(names)
