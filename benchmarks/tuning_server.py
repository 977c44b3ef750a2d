"""The part of ``python -m benchmarks.tuning`` that measures a bank on a server: see there."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

from benchmarks.tuning import BATCH, HEADS, WRITING_SECONDS, Sizes, compared, table
from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus


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
            "a category, limit 1": lambda _: bank.search_by_category(smallest, 1),
            "top 5 of all": lambda at: bank.find_similar(corpus.query(at)),
            f"top 5 of a category of {counts[largest]:,}": lambda at: bank.find_similar(corpus.query(at), largest),
            f"top 5 of a category of {counts[smallest]:,}": lambda at: bank.find_similar(corpus.query(at), smallest),
            "top 50 of all": lambda at: bank.find_similar(corpus.query(at), top_k=50),
            "store one": lambda at: bank.store_pattern(corpus.pattern(50_000_000 + at)),
        }, range(max(sizes.calls // 4, 20)))  # fmt: skip
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
        for pattern in list(bank.patterns(limit=1_000)):
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
