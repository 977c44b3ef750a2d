"""What every section of ``python -m benchmarks.tuning`` measures and prints with."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.timing import blocks, durations_and_cpu

BATCH = 1_000

Call: TypeAlias = Callable[[int], object]


class Sizes:
    """How much is measured.

    Args:
        patterns: In a bank.
        calls: Of each candidate.
    """

    def __init__(self, patterns: int, calls: int) -> None:
        self.patterns = patterns
        self.calls = calls
        self._next = 10_000_000

    def numbers(self, count: int) -> range:
        """Give numbers of patterns that nobody else has been given."""
        first, self._next = self._next, self._next + count
        return range(first, self._next)


def filled(path: Path, size: int) -> list[uuid.UUID]:
    ids: list[uuid.UUID] = []
    with ReasoningBank.open(path, metrics=False) as bank:
        for first in range(0, size, BATCH):
            numbers = range(first, min(first + BATCH, size))
            ids += bank.store_patterns([corpus.pattern(number) for number in numbers])
    return ids


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    print(f"\n**{title}**\n")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(str(one) for one in row)} |", flush=True)


def compared(
    candidates: dict[str, Call], numbers: Sequence[int], *, by_work: bool = True
) -> list[list[object]]:
    """Give rows of (name, quickest tenth, median, work, ratio to the first), the candidates in turns.

    Work is the median of what the calls took of the processors, in all threads: it stays the same on a machine that does other
    things as well, so the ratio is that of work. Without `by_work`, where calls wait for a disk, it is that of the quickest tenth.
    """
    taken: dict[str, tuple[list[int], list[int]]] = {name: ([], []) for name in candidates}
    for turn, block in enumerate(blocks(numbers)):
        names = list(candidates)
        for name in names if turn % 2 else reversed(names):
            clock, work = durations_and_cpu(candidates[name], block)
            taken[name][0].extend(clock)
            taken[name][1].extend(work)
    rows: list[list[object]] = []
    first = 0.0
    for name, sides in taken.items():
        spans, works = (sorted(side) for side in sides)
        quick, middle, worked = (
            one / 1_000
            for one in (spans[len(spans) // 10], spans[len(spans) // 2], works[len(works) // 2])
        )
        weighed = worked if by_work else quick
        first = first or weighed
        cells = [f"{one:,.0f}" for one in (quick, middle, worked)]
        rows.append([name, *cells, f"{weighed / first:.2f}"])
    return rows


HEADS = ("", "quickest tenth, µs", "median, µs", "work, µs", "ratio")
