"""Measure what a bank file takes: per pattern and table, per event, and what gives room back.

    python -m benchmarks.sizes [--size N ...] [--json FILE]

Patterns are those of `reasoningbank.benchmark.corpus`: about 15 words of task, 60 of strategy. Bytes are whole pages in use
of a closed file (``page_count - freelist_count``), so per pattern they fall as partly filled pages count less. Where
something is taken away, the file's own size is shown as well: it does not become smaller by itself.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import apsw

from reasoningbank import PatternInput, ReasoningBank, Step, TrajectoryInput, Verdict
from reasoningbank.bank.whole_export import export_copies, restore_copies
from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.footprint import memory_after_search
from reasoningbank.storage import open_storage
from reasoningbank.storage.sqlite.backups import back_up
from reasoningbank.storage.sqlite.restoring import restore_backup

SIZES = (1_000, 10_000, 100_000)
EVENTS = 2_000
AGED = 10_000
BATCH = 1_000


class Pages(NamedTuple):
    """A closed file: bytes of pages in use, and of the file."""

    used: int
    file: int


def pages_of(path: Path) -> Pages:
    connection = apsw.Connection(str(path))
    try:
        size, count, free = (
            int(connection.pragma(name)) for name in ("page_size", "page_count", "freelist_count")
        )
    finally:
        connection.close()
    return Pages((count - free) * size, path.stat().st_size)


def by_table(path: Path) -> dict[str, int]:
    """Give the bytes of each table with its indexes, the largest first."""
    connection = apsw.Connection(str(path))
    try:
        tables = dict(connection.execute("SELECT name, tbl_name FROM sqlite_schema"))
        found: dict[str, int] = {}
        for name, taken in connection.execute("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name"):
            table = tables.get(name, "SQLite's own")
            found[table] = found.get(table, 0) + int(taken)
    finally:
        connection.close()
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def filled(path: Path, size: int) -> list[UUID]:
    """Make a bank of so many patterns; give their ids."""
    ids: list[UUID] = []
    with ReasoningBank.open(path, metrics=False) as bank:
        for first in range(0, size, BATCH):
            numbers = range(first, min(first + BATCH, size))
            ids += bank.store_patterns([corpus.pattern(number) for number in numbers])
    return ids


class PerPattern(NamedTuple):
    size: int
    file: int
    tables: dict[str, int]
    export: int
    backup: int
    process_megabytes: float | None
    index_megabytes: float


def per_pattern(folder: Path, size: int) -> PerPattern:
    """Give what a pattern takes in a file, in an export and in a backup, and what a bank takes in memory."""
    path = folder / f"{size}.db"
    filled(path, size)
    text = io.BytesIO()
    with ReasoningBank.open(path, metrics=False) as bank:
        bank.export_jsonl(text)
    backup = back_up(path, folder / "backups")
    tables = {name: round(taken / size) for name, taken in by_table(path).items()}
    memory = memory_after_search(path, size)[0].value
    with ReasoningBank.open(path) as bank:
        bank.find_similar(corpus.query(0))
        index = bank.metrics().storage.index_bytes / 1e6
    return PerPattern(
        size, round(pages_of(path).used / size), tables,
        round(len(text.getvalue()) / size), round(backup.bytes / size), memory, index,
    )  # fmt: skip


def experience(number: int, steps: int = 20) -> TrajectoryInput:
    pattern = corpus.pattern(number)
    return TrajectoryInput(
        task_description=pattern.task_description,
        task_category=pattern.task_category,
        steps=[
            Step(action=f"run {at} of {number}", observation=f"{at}: {pattern.strategy[:200]}")
            for at in range(steps)
        ],
        verdict=Verdict(kind="success", score=1.0, source="test"),
    )


def per_event(folder: Path, events: int) -> dict[str, float]:
    """Give the bytes that one more of each thing adds to a bank of so many patterns."""
    grown: dict[str, float] = {}
    path = folder / "events.db"
    ids = filled(path, events)

    def measure(
        name: str, each: Callable[[ReasoningBank, int], object], count: int = events
    ) -> None:
        before = pages_of(path).used
        with ReasoningBank.open(path, metrics=False) as bank:
            for at in range(count):
                each(bank, at)
        grown[name] = round((pages_of(path).used - before) / count)

    measure("an outcome of a pattern", lambda bank, at: bank.record_outcome(
        pattern=ids[at], success=True, source="test", evidence={"exit_code": 0}))  # fmt: skip
    measure("a change of the success score", lambda bank, at: bank.update_pattern(
        ids[at], success_score=at / events))  # fmt: skip
    measure("a change of the strategy", lambda bank, at: bank.update_pattern(
        ids[at], strategy=corpus.pattern(events + at).strategy))  # fmt: skip
    measure("the same pattern stored once more", lambda bank, at: bank.put(_again(bank, ids[at])))
    measure("an idempotency key", lambda bank, at: bank.put(
        corpus.pattern(3 * events + at), idempotency_key=f"key {at}"))  # fmt: skip
    measure("a pattern (to take from the line above)", lambda bank, at: bank.put(
        corpus.pattern(4 * events + at)))  # fmt: skip
    measure("a recall", lambda bank, at: bank.recall(corpus.query(at)))
    measure("an experience of 20 steps, with its patterns", lambda bank, at: bank.learn(
        experience(at)), events // 4)  # fmt: skip
    return grown


def _again(bank: ReasoningBank, pattern_id: UUID) -> PatternInput:
    pattern = bank.get_pattern(pattern_id)
    assert pattern is not None
    return PatternInput(
        task_description=pattern.task_description,
        task_category=pattern.task_category,
        strategy=pattern.strategy,
        success_score=0.5,
    )


class Left(NamedTuple):
    what: str
    used: int
    file: int


def giving_back(folder: Path, size: int) -> list[Left]:
    """Give the pages in use and the file's size after each way of taking half of a bank away."""
    told: list[Left] = []
    ids = filled(folder / "whole.db", size)

    def after(what: str, path: Path) -> None:
        told.append(Left(what, *pages_of(path)))

    after(f"{size:,} patterns", folder / "whole.db")
    for what, each in (
        ("half of them deleted (their history stays)", "delete_pattern"),
        ("half of them erased instead", "erase_rows"),
    ):
        path = folder / f"{each}.db"
        path.write_bytes((folder / "whole.db").read_bytes())
        with ReasoningBank.open(path, metrics=False) as bank:
            if each == "delete_pattern":
                for pattern_id in ids[::2]:
                    bank.delete_pattern(pattern_id)
            else:
                # Each erase reads the whole file to prove it: so many are enough to show what they give back.
                for pattern_id in ids[: size // 100]:
                    bank.erase(pattern_id)
        after(what if each == "delete_pattern" else f"{size // 100:,} of them erased instead", path)
    deleted = folder / "delete_pattern.db"
    with ReasoningBank.open(deleted, metrics=False) as bank:
        bank.store_patterns([corpus.pattern(size + number) for number in range(size // 2)])
    after("as many new ones stored after deleting half", deleted)
    packed = back_up(deleted, folder / "backups")
    restore_backup(Path(packed.path), folder / "restored.db")
    after("the backup of that one restored into a new file", folder / "restored.db")
    lines = folder / "patterns.jsonl"
    with ReasoningBank.open(deleted, metrics=False) as bank, lines.open("wb") as file:
        bank.export_jsonl(file)
    with ReasoningBank.open(folder / "again.db", metrics=False) as bank, lines.open("rb") as file:
        bank.restore_jsonl(file)
    after("its patterns exported and restored into a new file", folder / "again.db")
    everything = folder / "everything.jsonl"
    storage = open_storage(deleted)
    with everything.open("wb") as file:
        export_copies(storage, storage.namespaces(), file, "2026-11-21T00:00:00.000Z")
    storage.close()
    storage = open_storage(folder / "copies.db")
    with everything.open("rb") as file:
        restore_copies(storage, file)
    storage.close()
    after("the same with `export --everything`: the histories come along", folder / "copies.db")
    return told


def log_growth(folder: Path, size: int) -> tuple[int, int]:
    """Give the bytes of the log after so many single stores, without and with a reader that goes on."""
    sizes = []
    for name, reading in (("alone", False), ("beside a reader", True)):
        path = folder / f"log {name}.db"
        filled(path, 100)
        with ReasoningBank.open(path, metrics=False) as bank:
            reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            if reading:
                reader.execute("BEGIN")
                reader.execute("SELECT COUNT(*) FROM patterns").fetchall()
            for number in range(size):
                bank.store_pattern(corpus.pattern(1_000 + number))
            sizes.append(path.with_name(path.name + "-wal").stat().st_size)
            reader.close()
    return sizes[0], sizes[1]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sizes", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--size", type=int, action="append", metavar="N", help="patterns in a bank; may be repeated"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    options = parser.parse_args(arguments)
    sizes = options.size or SIZES
    small = min(EVENTS, max(sizes))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, CPython {platform.python_version()}, apsw {apsw.apsw_version()}, "
        f"{time.strftime('%Y-%m-%d', time.gmtime())}\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [per_pattern(_made(folder / str(size)), size) for size in sizes]
        events = per_event(_made(folder / "events"), small)
        back = giving_back(_made(folder / "back"), min(AGED, max(sizes)))
        alone, beside = log_growth(_made(folder / "log"), small)
    print("| bytes a pattern | " + " | ".join(f"{row.size:,}" for row in rows) + " |")
    print("|---|" + "---|" * len(rows))
    print("| **the file** | " + " | ".join(f"**{row.file:,}**" for row in rows) + " |")
    for table in rows[-1].tables:
        if rows[-1].tables[table]:
            print(
                f"| of it `{table}` | "
                + " | ".join(f"{row.tables.get(table, 0):,}" for row in rows)
                + " |"
            )
    print("| an export (JSON lines) | " + " | ".join(f"{row.export:,}" for row in rows) + " |")
    print("| a backup (gzip) | " + " | ".join(f"{row.backup:,}" for row in rows) + " |")
    print("\n| in memory, MB | " + " | ".join(f"{row.size:,}" for row in rows) + " |")
    print("|---|" + "---|" * len(rows))
    for what, taken in (
        (
            "a fresh process that opened the bank and searched it",
            [row.process_megabytes for row in rows],
        ),
        ("of it the index", [row.index_megabytes for row in rows]),
    ):
        print(f"| {what} | " + " | ".join(f"{one:.1f}" if one else "" for one in taken) + " |")
    print("\n| one more of | bytes |\n|---|---|")
    for what, taken in events.items():
        print(f"| {what} | {taken:,.0f} |")
    print("\n| | in use, MB | file, MB |\n|---|---|---|")
    for step in back:
        print(f"| {step.what} | {step.used / 1e6:.1f} | {step.file / 1e6:.1f} |")
    print(
        f"\nThe log after {small:,} single stores: {alone / 1e6:.1f} MB, and {beside / 1e6:.1f} MB while a reader goes on."
    )
    if options.json is not None:
        told = {
            "per_pattern": [row._asdict() for row in rows],
            "per_event": events,
            "giving_back": [step._asdict() for step in back],
            "log": [alone, beside],
        }
        options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
