"""Clocks that are not what they should be."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

NOW = 1_795_000_000_000
YEAR = 365 * 86_400_000


def backwards() -> Iterator[int]:
    return itertools.count(NOW, -60_000)


def frozen() -> Iterator[int]:
    return itertools.repeat(NOW)


def far_future() -> Iterator[int]:
    return itertools.count(NOW + 7_000 * YEAR)


def before_the_epoch() -> Iterator[int]:
    return itertools.count(-5 * YEAR)


def jumping() -> Iterator[int]:
    chance = random.Random(7)
    while True:
        yield NOW + chance.randrange(-YEAR, YEAR)


CLOCKS = [backwards, frozen, far_future, before_the_epoch, jumping]
