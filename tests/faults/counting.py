"""What happened to a bank while it was treated badly, counted by whoever looks at what is left of it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

SEED_VARIABLE = "FAULT_SEED"
"""Names the seed of the tests that draw at random, so that they can be repeated."""
FILE_VARIABLE = "FAULT_COUNTS"
"""Names a file to which a process of tests adds what it counted, for the campaign that started it."""


class Counts(msgspec.Struct):
    """What was counted.

    Args:
        acknowledged: Changes that the bank answered, all of which were looked for afterwards.
        lost: Answered, and not there.
        doubled: There more often than it was answered.
        wrong: An answer, a file or a state that is not what it must be.
        refused: Errors of the bank's own tree, where one was due.
        untyped: Errors of any other kind.
    """

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    refused: int = 0
    untyped: int = 0

    def add(self, other: Counts) -> None:
        """Add what was counted elsewhere."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def bad(self) -> int:
        """How much of it must not be."""
        return self.lost + self.doubled + self.wrong + self.untyped


_counted = Counts()


def count(
    *, acknowledged: int = 0, lost: int = 0, doubled: int = 0, wrong: int = 0, refused: int = 0
) -> None:
    """Add to what this process has counted."""
    _counted.add(Counts(acknowledged, lost, doubled, wrong, refused))


def taken() -> Counts:
    """Give what this process has counted since it was asked before."""
    given = Counts()
    given.add(_counted)
    for name in _counted.__struct_fields__:
        setattr(_counted, name, 0)
    return given


def hand_over() -> None:
    """Add what this process has counted to the file that the campaign named, if one did."""
    if file := os.environ.get(FILE_VARIABLE):
        with Path(file).open("ab") as lines:
            lines.write(msgspec.json.encode(taken()) + b"\n")


def handed_over(file: Path) -> Counts:
    """Give the sum of what processes have handed over."""
    total = Counts()
    if file.exists():
        for line in file.read_bytes().splitlines():
            total.add(msgspec.json.decode(line, type=Counts))
    return total
