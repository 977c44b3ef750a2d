"""Measure what each setting of a bank costs and gains, and print the tables of docs/tuning.md.

    python -m benchmarks.tuning [SECTION ...] [--size 10000] [--postgres URL] [--quick]

Sections: durability, batches, searches, recalls, checks, starting, writers, consolidating, abstaining, server. Without any: all,
`server` only with --postgres (a bank's URL; patterns are stored in a namespace of its own). Candidates take turns of twenty
calls in one process, so whatever else the machine does slows all of them; ratios are those of the work done,
or, where a call waits for a disk, of the quickest tenth of the calls.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from benchmarks.abstention import of_starter_bank
from benchmarks.tuning_tables import HEADS, Call, Sizes, compared, filled, table
from benchmarks.tuning_together import server, writers
from reasoningbank import AsyncReasoningBank, ReasoningBank
from reasoningbank.benchmark import corpus
from reasoningbank.embedding import default_embedder

ATTEMPTS_OF_A_START = 7
THRESHOLDS = (0.0, 0.2, 0.25, 0.3, 0.32, 0.35, 0.4, 0.5)
STARTS = {
    "`import reasoningbank` alone": "from reasoningbank import ReasoningBank",
    "... and get one pattern": "from reasoningbank import ReasoningBank; bank = ReasoningBank.open(PATH); bank.get_pattern(ID)",
    "... or find similar ones": "from reasoningbank import ReasoningBank; bank = ReasoningBank.open(PATH); bank.find_similar('a login endpoint')",
    "... or store one": "from reasoningbank import ReasoningBank; bank = ReasoningBank.open(PATH); bank.store_pattern(task_description='a b', task_category='c', strategy=str(time.time()))",
}


def durability(folder: Path, sizes: Sizes) -> None:
    with (
        ReasoningBank.open(folder / "normal.db", metrics=False) as normal,
        ReasoningBank.open(folder / "full.db", durability="full", metrics=False) as full,
    ):

        def store(bank: ReasoningBank) -> Call:
            return lambda number: bank.store_pattern(corpus.pattern(number))

        rows = compared(
            {"one pattern, `normal`": store(normal), "one pattern, `full`": store(full)},
            sizes.numbers(sizes.calls),
            by_work=False,
        )  # fmt: skip

        def store_many(bank: ReasoningBank, at: int) -> Call:
            # Numbers of their own: two banks may hold the same patterns, one bank each of them once.
            return lambda number: bank.store_patterns(
                [corpus.pattern(number * 100 + each + at) for each in range(100)]
            )

        rows += compared(
            {"100 in one call, `normal`": store_many(normal, 10**9), "100 in one call, `full`": store_many(full, 10**9)},
            sizes.numbers(sizes.calls // 10),
            by_work=False,
        )  # fmt: skip
    table("Durability, a call", HEADS, rows)


def batches(folder: Path, sizes: Sizes) -> None:
    embedder = default_embedder()
    rows: list[list[object]] = []
    with ReasoningBank.open(folder / "batches.db", metrics=False) as bank:
        for count in (1, 10, 100, 1_000):
            repeats = max(sizes.calls // max(count // 10, 1), 5)
            taken = {"embedded by the bank": [], "`vectors=` given": []}  # type: dict[str, list[int]]
            for _ in range(repeats):
                for name, times in taken.items():
                    patterns = [corpus.pattern(number) for number in sizes.numbers(count)]
                    vectors = None
                    if name.startswith("`"):
                        vectors = embedder.embed_documents(
                            [one.task_description for one in patterns]
                        )
                    begun = time.process_time_ns()
                    bank.store_patterns(patterns, vectors=vectors)
                    times.append(time.process_time_ns() - begun)
            cells = [
                f"{sorted(each)[len(each) // 2] / count / 1_000:,.0f}" for each in taken.values()
            ]
            rows.append([f"{count:,} in a call", *cells])
    table(
        "Storing, work in µs a pattern",
        ("", "embedded by the bank", "`vectors=` given"),
        rows,
    )


def searches(folder: Path, sizes: Sizes) -> None:
    path = folder / "bank.db"
    filled(path, sizes.patterns)
    with ReasoningBank.open(path) as bank:
        counts = bank.get_stats().categories
        largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        candidates: dict[str, Call] = {
            "top 5 of all": lambda at: bank.find_similar(corpus.query(at)),
            f"top 5 of a category of {counts[largest]:,}": lambda at: bank.find_similar(corpus.query(at), largest),
            f"top 5 of a category of {counts[smallest]:,}": lambda at: bank.find_similar(corpus.query(at), smallest),
            "top 1 of all": lambda at: bank.find_similar(corpus.query(at), top_k=1),
            "top 50 of all": lambda at: bank.find_similar(corpus.query(at), top_k=50),
            "top 500 of all": lambda at: bank.find_similar(corpus.query(at), top_k=500),
            "a category, limit 10, no search": lambda _: bank.search_by_category(largest),
        }  # fmt: skip
        rows = compared(candidates, range(sizes.calls))
        use = bank.metrics().storage
    table(f"Searching {sizes.patterns:,} patterns", HEADS, rows)
    print(f"\nThe index holds {use.indexed_vectors:,} vectors in {use.index_bytes / 1e6:.1f} MB.")


def recalls(folder: Path, sizes: Sizes) -> None:
    path = folder / "bank.db"
    filled(path, sizes.patterns)
    with ReasoningBank.open(path, metrics=False) as bank:
        length: dict[str, list[int]] = {}

        def recalled(name: str, *, experiences: int = 1, k: int = 3) -> Call:
            def call(at: int) -> None:
                recall = bank.recall(corpus.query(at), experiences=experiences, k=k)
                length.setdefault(name, []).append(len(recall.prompt.encode()))

            return call

        rows = compared({
            "`find_similar`, top 3": lambda at: bank.find_similar(corpus.query(at), top_k=3),
            "one group of at most 3": recalled("one group of at most 3"),
            "three groups, k=3": recalled("three groups, k=3", experiences=3),
            "ten groups, k=10": recalled("ten groups, k=10", experiences=10, k=10),
        }, range(sizes.calls))  # fmt: skip
    mean = {name: sum(all_) // len(all_) for name, all_ in length.items()}
    table(
        f"Recalling from {sizes.patterns:,} patterns",
        (*HEADS, "prompt, bytes"),
        [[*row, f"{mean[str(row[0])]:,}" if row[0] in mean else ""] for row in rows],
    )


def checks(folder: Path, sizes: Sizes) -> None:
    path = folder / "bank.db"
    ids = filled(path, sizes.patterns)
    loop = asyncio.new_event_loop()
    asynchronous = loop.run_until_complete(_opened(path))
    with (
        ReasoningBank.open(path, metrics=False) as plain,
        ReasoningBank.open(path, metrics=False, verify_reads=True) as verified,
        ReasoningBank.open(path) as counted,
    ):

        def rows_of(what: str, each: Callable[[ReasoningBank, int], object]) -> list[list[object]]:
            return compared({
                f"{what}, `metrics=False`": lambda at: each(plain, at),
                f"{what}, with metrics (the default)": lambda at: each(counted, at),
                f"{what}, `metrics=False`, `verify_reads=True`": lambda at: each(verified, at),
            }, range(sizes.calls))  # fmt: skip

        rows = rows_of("get", lambda bank, at: bank.get_pattern(ids[at]))
        rows += rows_of("category, limit 10", lambda bank, _: bank.search_by_category("backend"))
        rows += rows_of("find_similar, top 5", lambda bank, at: bank.find_similar(corpus.query(at)))
        rows += compared({
            "get, the same object": lambda at: plain.get_pattern(ids[at]),
            "get, awaited": lambda at: loop.run_until_complete(asynchronous.get_pattern(ids[at])),
            "open, get, close": lambda at: _opened_once(path, ids[at]),
        }, range(sizes.calls))  # fmt: skip
    loop.run_until_complete(asynchronous.close())
    loop.close()
    table(f"Counting, checking, opening, with {sizes.patterns:,} patterns", HEADS, rows)


async def _opened(path: Path) -> AsyncReasoningBank:
    return await AsyncReasoningBank.open(path, metrics=False)


def _opened_once(path: Path, pattern_id: uuid.UUID) -> None:
    with ReasoningBank.open(path, metrics=False) as bank:
        bank.get_pattern(pattern_id)


def starting(folder: Path, sizes: Sizes) -> None:
    path = folder / "bank.db"
    ids = filled(path, sizes.patterns)
    rows = []
    for name, program in STARTS.items():
        filled_in = program.replace("PATH", repr(str(path))).replace("ID", repr(str(ids[0])))
        told = f"import time; {filled_in}; print(time.perf_counter(), time.process_time())"
        spans, works = [], []
        for _ in range(ATTEMPTS_OF_A_START):
            begun = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", told], capture_output=True, text=True, check=True
            )
            spans.append((time.perf_counter() - begun) * 1_000)
            works.append(float(done.stdout.split()[1]) * 1_000)
        rows.append([name, f"{min(spans):,.0f}", f"{min(works):,.0f}"])
    table(
        f"A whole process for one call, bank of {sizes.patterns:,}",
        ("", "least ms", "least work, ms"),
        rows,
    )


def consolidating(folder: Path, sizes: Sizes) -> None:
    path = folder / "bank.db"
    filled(path, sizes.patterns)
    rows = []
    with ReasoningBank.open(path, metrics=False) as bank:
        begun = time.process_time()
        report = bank.consolidate()
        rows.append(
            [
                "the first run, all patterns",
                f"{time.process_time() - begun:.2f}",
                len(report.proposals),
            ]
        )
        for count in (0, 100, 1_000):
            bank.store_patterns([corpus.pattern(number) for number in sizes.numbers(count)])
            begun = time.process_time()
            report = bank.consolidate()
            rows.append(
                [
                    f"a run after {count:,} new ones",
                    f"{time.process_time() - begun:.2f}",
                    len(report.proposals),
                ]
            )
    table(f"Consolidating {sizes.patterns:,} patterns", ("", "work, seconds", "steps"), rows)


def abstaining(_folder: Path, _sizes: Sizes) -> None:
    found = of_starter_bank(default_embedder())
    rows = []
    for threshold in THRESHOLDS:
        shown = sum(one >= threshold for one in found.right) / len(found.right)
        wrong = sum(one >= threshold for one in found.removed) / len(found.removed)
        rows.append([f"{threshold:.2f}", f"{shown:.0%}", f"{wrong:.0%}"])
    table(
        "The threshold of recall, starter bank and its paraphrases",
        ("`min_similarity`", "right answers still shown", "something shown though the answer is not there"), rows,
    )  # fmt: skip


SECTIONS: dict[str, Callable[[Path, Sizes], None]] = {
    one.__name__: one
    for one in (
        durability,
        batches,
        searches,
        recalls,
        checks,
        starting,
        writers,
        consolidating,
        abstaining,
    )
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.tuning", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "section", nargs="*", metavar="SECTION", help=", ".join([*SECTIONS, "server"])
    )
    parser.add_argument(
        "--size", type=int, default=10_000, metavar="N", help="patterns in a bank (default: 10000)"
    )
    parser.add_argument("--postgres", metavar="URL", help="measure a bank on this server as well")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="make the banks on this disk")
    parser.add_argument("--quick", action="store_true", help="few calls: does it still run?")
    options = parser.parse_args(arguments)
    if unknown := set(options.section) - {*SECTIONS, "server"}:
        parser.error(f"unknown section: {', '.join(sorted(unknown))}")
    sizes = Sizes(options.size, 40 if options.quick else 400)
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}, apsw {apsw.apsw_version()}, "
        f"{time.strftime('%Y-%m-%d', time.gmtime())}; load average {os.getloadavg()[0]:.1f} at the beginning"
    )
    for name, measure in SECTIONS.items():
        if not options.section or name in options.section:
            with tempfile.TemporaryDirectory(dir=options.directory) as folder:
                measure(Path(folder), sizes)
    if options.postgres and (not options.section or "server" in options.section):
        server(options.postgres, sizes)
    print(f"\nLoad average {os.getloadavg()[0]:.1f} at the end.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
