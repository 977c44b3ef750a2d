"""Measure what counting costs: operations with and without it in turns, and a week of counts in the file.

    python -m benchmarks.metrics [--rounds 2000] [--days 7] [--json]

Blocks of calls alternate between two banks on the same file, one measured and one not; the figures are those
of the quickest tenth of the blocks, which a busy machine disturbs least, and of the median. The week is what a process
asked 100 times a second would write, a minute at a time, drawn from a fixed seed, with the clock turned forward.
Exits with 1 when counting adds more than 3 % or 2 µs to a get, or more than 3 % to a store.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import sys
import tempfile
import time
import timeit
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import NamedTuple

import apsw

from reasoningbank import ReasoningBank
from reasoningbank.bank.measuring import measured as measured_class
from reasoningbank.benchmark import corpus
from reasoningbank.domain.metrics import bank_metrics
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp
from reasoningbank.metrics.counting import Counters
from reasoningbank.metrics.keeping import MetricsKeeper
from reasoningbank.storage import open_storage

PATTERNS = 1_000
LIMIT_SHARE = 0.03
LIMIT_MICROSECONDS = 2.0
MIX = {  # calls a second, and their typical nanoseconds
    "get_pattern": (60, 8_000),
    "search_by_category": (15, 60_000),
    "find_similar": (10, 250_000),
    "recall": (10, 900_000),
    "store_pattern": (4, 350_000),
    "record_outcome": (1, 400_000),
}
FLUSH_SECONDS = 60  # six writes of ten seconds at once: they are added up by the minute anyway


class Row(NamedTuple):
    operation: str
    off_quickest: float
    on_quickest: float
    off_median: float
    on_median: float

    @property
    def added(self) -> float:
        return self.on_quickest - self.off_quickest

    @property
    def share(self) -> float:
        return self.added / self.off_quickest


def blocks_in_turns(
    off: Callable[[], object], on: Callable[[], object], rounds: int, calls: int
) -> tuple[list[float], list[float]]:
    """Microseconds a call of each block; every other round begins with the other side."""
    taken: tuple[list[float], list[float]] = ([], [])
    clock = time.perf_counter_ns
    for number in range(rounds):
        sides = ((0, off), (1, on)) if number % 2 else ((1, on), (0, off))
        for side, call in sides:
            begun = clock()
            for _ in range(calls):
                call()
            taken[side].append((clock() - begun) / calls / 1_000)
    return taken


def measured(name: str, off: Callable[[], object], on: Callable[[], object], rounds: int, calls: int) -> Row:  # fmt: skip
    for call in (off, on):
        for _ in range(50):
            call()
    gc.collect()
    gc.disable()
    try:
        without, with_ = (sorted(side) for side in blocks_in_turns(off, on, rounds, calls))
    finally:
        gc.enable()
    tenth, middle = len(without) // 10, len(without) // 2
    return Row(name, without[tenth], with_[tenth], without[middle], with_[middle])


def overhead(folder: Path, rounds: int) -> list[Row]:
    path = folder / "bank.db"
    rows = []
    numbers = count(PATTERNS)
    with ReasoningBank.open(path) as on, ReasoningBank.open(path, metrics=False) as off:
        ids = on.store_patterns(corpus.pattern(number) for number in range(PATTERNS))
        wanted = ids[PATTERNS // 2]
        for name, call, share, calls in (
            ("get_pattern", lambda bank: bank.get_pattern(wanted), 1, 40),
            ("search_by_category", lambda bank: bank.search_by_category("backend"), 8, 5),
            ("find_similar", lambda bank: bank.find_similar("a login endpoint"), 8, 2),
            ("store_pattern", lambda bank: bank.store_pattern(corpus.pattern(next(numbers))), 4, 1),
        ):
            rows.append(
                measured(
                    name,
                    lambda call=call: call(off),
                    lambda call=call: call(on),
                    max(rounds // share, 20),
                    calls,
                )
            )
    return rows


class Idle:
    """A bank whose operations do nothing, so that what counting adds is all there is to see."""

    def __init__(self) -> None:
        self._counters = Counters()

    def search_by_category(self, _category: str) -> list[str]:
        return []

    def get_pattern(self, pattern_id: str) -> str:
        return pattern_id


def alone(calls: int = 100_000) -> float:
    """Nanoseconds that counting adds to an operation that does nothing."""
    best = [
        min(timeit.repeat(partial(bank.search_by_category, "a"), number=calls, repeat=7))
        for bank in (Idle(), measured_class(Idle)())
    ]
    return (best[1] - best[0]) / calls * 1e9


class Week(NamedTuple):
    days: int
    calls: int
    rows: int
    file_bytes: int
    process_bytes: int
    flush_median_ms: float
    flush_longest_ms: float
    read_ms: float


def week(folder: Path, days: int) -> Week:
    """Keep the counts of so many days at 100 calls a second, as a process that long would."""
    path = folder / "week.db"
    storage = open_storage(path)
    now = parse_timestamp("2026-11-21T00:00:00.000Z", "start")
    empty = path.stat().st_size
    source = random.Random(7)
    counters = Counters()
    keeper = MetricsKeeper(storage, "default", counters, lambda: now)
    counters.on_first = None
    flushes = []
    for _ in range(days * 86_400 // FLUSH_SECONDS):
        now += FLUSH_SECONDS * 1_000
        for operation, (per_second, typical) in MIX.items():
            # A tenth of the calls are drawn, each counted for ten: the buckets filled are nearly the same.
            for _ in range(per_second * FLUSH_SECONDS // 10):
                took = int(typical * math.exp(source.gauss(0, 0.3)))
                counters.timed(operation, took, 10)
            counters.event(f"{operation}.calls", per_second * FLUSH_SECONDS)
            counters.event(f"{operation}.rows", per_second * FLUSH_SECONDS)
        begun = time.perf_counter()
        keeper.flush()
        flushes.append((time.perf_counter() - begun) * 1_000)
    process_bytes = memory_of(counters)
    begun = time.perf_counter()
    points = storage.metric_points("default", format_timestamp(0))
    totals: dict[str, float] = {}
    for point in points:
        totals[point.name] = totals.get(point.name, 0) + point.value
    bank_metrics(totals, since="", until="", storage=storage.storage_use())
    read_ms = (time.perf_counter() - begun) * 1_000
    storage.close()
    connection = apsw.Connection(str(path))
    [(rows,)] = connection.execute("SELECT COUNT(*) FROM performance_metrics")
    connection.execute("VACUUM")
    connection.close()
    flushes.sort()
    return Week(
        days=days,
        calls=int(sum(value for name, value in totals.items() if name.endswith(".calls"))),
        rows=rows,
        file_bytes=path.stat().st_size - empty,
        process_bytes=process_bytes,
        flush_median_ms=flushes[len(flushes) // 2],
        flush_longest_ms=flushes[-1],
        read_ms=read_ms,
    )


def memory_of(counters: Counters) -> int:
    """What counts take of the process: those of the bank, and as many that were kept."""
    tracemalloc.start()
    copies = [dict(counters.totals()) for _ in range(2)]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return used if copies else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--rounds", type=int, default=2_000, metavar="N")
    parser.add_argument("--days", type=int, default=7, metavar="N")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        rows = overhead(Path(name), options.rounds)
        kept = week(Path(name), options.days) if options.days else None
    if options.json:
        print(
            json.dumps({
                "overhead": [{**row._asdict(), "added": row.added, "share": row.share} for row in rows],
                "week": kept and kept._asdict(),
            })
        )  # fmt: skip
    else:
        show(rows, kept)
        print(f"counting alone adds {alone():.0f} ns to an operation that does nothing")
    get, *_, store = rows
    fits = get.share <= LIMIT_SHARE and get.added <= LIMIT_MICROSECONDS and store.share <= LIMIT_SHARE  # fmt: skip
    return 0 if fits else 1


def show(rows: Sequence[Row], kept: Week | None) -> None:
    print(f"{'microseconds a call':22}{'off':>9}{'on':>9}{'added':>8}{'share':>8}   median off/on")
    for row in rows:
        print(
            f"{row.operation:22}{row.off_quickest:9.2f}{row.on_quickest:9.2f}{row.added:8.2f}"
            f"{row.share:8.1%}   {row.off_median:.2f} / {row.on_median:.2f}"
        )
    if kept is not None:
        print(
            f"\n{kept.days} days at 100 calls a second ({kept.calls:,} calls): {kept.rows:,} rows, "
            f"{kept.file_bytes / 1e6:.2f} MB of the file, {kept.process_bytes / 1e3:.0f} kB of the process\n"
            f"a write takes {kept.flush_median_ms:.2f} ms at the median, {kept.flush_longest_ms:.1f} ms at most; "
            f"reading all of it {kept.read_ms:.1f} ms"
        )


if __name__ == "__main__":
    sys.exit(main())
