"""The sections of ``python -m benchmarks.tuning`` in which many use a bank at once: processes on a file, threads on a server."""

from __future__ import annotations

import multiprocessing
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.tuning_tables import BATCH, HEADS, Sizes, compared, filled, table
from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.timing import Spread

WRITING_SECONDS = 3.0


def _write(path: str, first: int, ready: Any, stop: Any, told: Any) -> None:
    waits: list[int] = []
    number = first
    with ReasoningBank.open(path, metrics=False) as bank:
        bank.store_pattern(corpus.pattern(number))  # the embedder is loaded
        ready.wait()
        while not stop.is_set():
            number += 1
            begun = time.perf_counter_ns()
            bank.store_pattern(corpus.pattern(number))
            waits.append(time.perf_counter_ns() - begun)
    told.put(waits)


def writers(folder: Path, sizes: Sizes) -> None:
    rows = []
    context = multiprocessing.get_context("spawn")
    for count in (1, 2, 4, 8):
        path = folder / f"{count} writers.db"
        filled(path, 100)
        ready, stop, told = context.Barrier(count + 1), context.Event(), context.Queue()
        started = [
            context.Process(target=_write, args=(str(path), numbers[0], ready, stop, told))
            for numbers in (sizes.numbers(10_000_000) for _ in range(count))
        ]
        for one in started:
            one.start()
        ready.wait()
        time.sleep(WRITING_SECONDS)
        stop.set()
        all_ = [told.get() for _ in started]
        for one in started:
            one.join()
        waits = [wait for each in all_ for wait in each]
        spread = Spread.of(waits)
        seconds = max(sum(each) for each in all_) / 1e9
        rows.append([count, f"{len(waits) / seconds:,.0f}", f"{spread.p50:,.0f}", f"{spread.p95:,.0f}",
                     f"{max(waits) / 1e6:,.0f}"])  # fmt: skip
    table(
        "Processes that store into one file as fast as they can",
        ("processes", "stores a second, together", "p50 µs", "p95 µs", "longest ms"), rows,
    )  # fmt: skip


def server(url: str, sizes: Sizes) -> None:
    """How many connections eight threads want, and what a category saves, on a server that is there."""
    namespace = f"tuning-{uuid.uuid4().hex[:8]}"
    with ReasoningBank.open(url, namespace=namespace, metrics=False) as bank:
        for first in range(0, sizes.patterns, BATCH):
            bank.store_patterns(
                [corpus.pattern(first + each) for each in range(min(BATCH, sizes.patterns - first))]
            )
        counts = bank.get_stats().categories
        largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        rows = compared({
            "top 5 of all": lambda at: bank.find_similar(corpus.query(at)),
            f"top 5 of a category of {counts[largest]:,}": lambda at: bank.find_similar(corpus.query(at), largest),
            f"top 5 of a category of {counts[smallest]:,}": lambda at: bank.find_similar(corpus.query(at), smallest),
            "top 50 of all": lambda at: bank.find_similar(corpus.query(at), top_k=50),
            "a category, limit 1": lambda _: bank.search_by_category(smallest, 1),
            "store one": lambda at: bank.store_pattern(corpus.pattern(50_000_000 + at)),
        }, range(max(sizes.calls // 4, 20)), by_work=False)  # fmt: skip
        table(f"A server, {sizes.patterns:,} patterns in the namespace", HEADS, rows)
    joined = "&" if "?" in url else "?"
    rows = []
    for connections in (1, 2, 5, 10):
        place = f"{url}{joined}pool_size={connections}"
        with ReasoningBank.open(place, namespace=namespace, metrics=False) as bank:
            rows.append([connections, *(f"{_a_second(bank, each):,.0f}" for each in (
                lambda bank, _: bank.search_by_category(smallest, 10),
                lambda bank, at: bank.store_pattern(corpus.pattern(at)),
            ))])  # fmt: skip
    table(
        "Eight threads of one process, calls a second",
        ("`pool_size`", "category, limit 10", "store one"),
        rows,
    )
    with ReasoningBank.open(url, namespace=namespace, metrics=False) as bank:
        while found := list(bank.patterns(limit=1_000)):
            for pattern in found:
                bank.delete_pattern(pattern.id)


def _a_second(bank: ReasoningBank, each: Callable[[ReasoningBank, int], object]) -> float:
    done = [0] * 8
    until = time.perf_counter() + WRITING_SECONDS
    begun = time.perf_counter()

    def work(thread: int) -> None:
        number = uuid.uuid4().int % 10**12
        while time.perf_counter() < until:
            number += 1
            each(bank, number)
            done[thread] += 1

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)
