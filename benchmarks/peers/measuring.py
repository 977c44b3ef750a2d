"""Fill each store, then time everybody's calls in turns."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.peers.contestants import OPERATIONS, Contestant
from benchmarks.peers.rows import QUERIES, THOUSANDS, recall_at_10
from benchmarks.peers.speaking import Driver, Failed
from reasoningbank.benchmark.timing import Spread

TURN = 10
"""Calls of one contestant before the next one's turn."""
SECONDS = 2.0
"""After so much time with one operation a contestant makes no more calls; five at least are made, in one turn."""
FEWEST = 5
STARTS = 3
FILL_SECONDS = 240.0
"""A store that would take longer to fill, by its first thousand rows, is left out at that size."""


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of one contestant on one size; `spread` in microseconds, or why there is none."""

    contestant: str
    operation: str
    size: int
    spread: Spread | None = None
    failed: str | None = None


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a filled store takes: on disk, and in a fresh process that opens it, gets one row and searches once."""

    contestant: str
    size: int
    fill_seconds: float
    bytes_per_row: float | None = None
    open_ms: float | None = None
    first_similar_ms: float | None = None
    resident_mb: float | None = None
    recall_at_10: float | None = None
    remark: str = ""


class Running:
    """A contestant with its store open, and how far it is."""

    def __init__(self, contestant: Contestant, driver: Driver, path: Path) -> None:
        self.contestant, self.driver, self.path = contestant, driver, path
        self.operations: Sequence[str] = driver.ask("hello")["operations"]
        self.sample: Any = None
        self.fill_seconds = 0.0
        self.found: list[tuple[int, list[int]]] = []


def measured(
    contestants: Sequence[Contestant],
    size: int,
    rows: Path,
    place: Path,
    say: Callable[[str], None],
) -> tuple[list[Timed], list[Footprint], dict[str, str]]:
    """Give the times and footprints of all contestants at one size, and why some fell out."""
    timed: list[Timed] = []
    prints: list[Footprint] = []
    out: dict[str, str] = {}
    with ExitStack() as stack:
        running: list[Running] = []
        for one in contestants:
            say(f"{size:,}: filling {one.name}")
            try:
                filled = _filled(stack.enter_context(Driver(one, rows)), one, size, place)
                prints.append(_footprint(filled, size, rows))
            except Failed as error:
                out[one.name] = str(error)
                say(f"{one.name} fell out: {error}")
                continue
            running.append(filled)
        for operation in OPERATIONS:
            say(f"{size:,}: {OPERATIONS[operation]}")
            timed += _in_turns(
                operation, [one for one in running if operation in one.operations], size
            )
        prints = [_with_recall(one, running, size, rows) for one in prints]
    for path in place.iterdir():
        shutil.rmtree(path, ignore_errors=True)
    return timed, prints, out


def _filled(driver: Driver, contestant: Contestant, size: int, place: Path) -> Running:
    running = Running(contestant, driver, place / contestant.name)
    driver.ask("open", path=str(running.path))
    begun = time.monotonic()
    first = min(size, 1_000)
    running.sample = driver.ask("fill", first=0, count=first)["sample"]
    expected = (time.monotonic() - begun) * size / first
    if expected > FILL_SECONDS:
        raise Failed(f"filling it would have taken about {expected:,.0f} s")
    if size > first:
        driver.ask("fill", first=first, count=size - first)
    running.fill_seconds = round(time.monotonic() - begun, 2)
    return running


def _footprint(running: Running, size: int, rows: Path) -> Footprint:
    """Look at the store from fresh processes, on a copy: the one that filled it keeps it open."""
    known: dict[str, Any] = {
        "contestant": running.contestant.name, "size": size, "fill_seconds": running.fill_seconds,
    }  # fmt: skip
    if not running.path.exists() or not any(running.path.iterdir()):
        return Footprint(
            **known, resident_mb=running.driver.resident_mb(), remark="nothing on disk"
        )
    # Closing brings what is held back to the disk, for those that hold something back.
    running.driver.ask("close")
    copy = running.path.with_name(running.path.name + "-copy")
    opened, searched, resident = [], [], []
    search = next(
        (one for one in ("similar_10", "similar_text") if one in running.operations), None
    )
    for _ in range(STARTS):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(running.path, copy)
        with Driver(running.contestant, rows) as fresh:
            fresh.ask("hello")
            took = fresh.ask("open", path=str(copy))["ns"]
            took += fresh.ask("once", operation="get", given=running.sample)["ns"]
            opened.append(took)
            if search is not None:
                searched.append(fresh.ask("once", operation=search, given=1)["ns"])
            resident.append(fresh.resident_mb())
    shutil.rmtree(copy, ignore_errors=True)
    on_disk = sum(path.stat().st_size for path in running.path.rglob("*") if path.is_file())
    running.driver.ask("open", path=str(running.path))
    return Footprint(
        **known,
        bytes_per_row=round(on_disk / size),
        open_ms=_median(opened) / 1e6,
        first_similar_ms=_median(searched) / 1e6 if searched else None,
        resident_mb=_median(resident),
    )


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def numbers_for(operation: str, size: int) -> list[int]:
    """Give which rows or queries the calls of an operation are about: the same for everybody."""
    if operation == "store_thousand":
        first = size + 3 * QUERIES
        return list(range(first, first + THOUSANDS * 1_000, 1_000))
    if operation.startswith("store"):
        first = size + QUERIES * (operation == "store_text")
        return list(range(first, first + QUERIES))
    if operation == "get":
        return random.Random(1).choices(range(size), k=QUERIES)
    return list(range(QUERIES))


def warm_up(operation: str, size: int) -> list[int]:
    """Give what calls are about that are made before any is counted: rows of their own, so that none is stored twice."""
    if operation == "store_thousand":
        return []
    if operation.startswith("store"):
        first = size + 2 * QUERIES + TURN * (operation == "store_text")
        return list(range(first, first + TURN))
    return numbers_for(operation, size)[:TURN]


def _in_turns(operation: str, running: Sequence[Running], size: int) -> list[Timed]:
    numbers = numbers_for(operation, size)
    turn = 1 if operation == "store_thousand" else TURN
    times: dict[str, list[int]] = {one.contestant.name: [] for one in running}
    failed: dict[str, str] = {}
    for one in running:
        try:
            warm = warm_up(operation, size)
            one.driver.ask("time", operation=operation, numbers=warm, seconds=1.0)
        except Failed as error:
            failed[one.contestant.name] = str(error)
    for at in range(0, len(numbers), turn):
        # Whoever was first is last in the next turn.
        for one in running if at // turn % 2 else running[::-1]:
            name = one.contestant.name
            enough = sum(times[name]) > SECONDS * 1e9 and len(times[name]) >= FEWEST
            if name in failed or enough:
                continue
            try:
                block = numbers[at : at + turn]
                told = one.driver.ask("time", operation=operation, numbers=block, seconds=SECONDS)
            except Failed as error:
                failed[name] = str(error)
                continue
            times[name] += told["ns"]
            one.found += told["found"]
    per = 1_000 if operation == "store_thousand" else 1
    return [
        Timed(
            contestant=name,
            operation=operation,
            size=size,
            spread=Spread.of(taken, per=per) if taken and name not in failed else None,
            failed=failed.get(name),
        )
        for name, taken in times.items()
    ]


def _with_recall(
    footprint: Footprint, running: Sequence[Running], size: int, rows: Path
) -> Footprint:
    for one in running:
        if one.contestant.name == footprint.contestant and one.found:
            share = recall_at_10(rows, size, one.found)
            return msgspec.structs.replace(footprint, recall_at_10=round(share, 4))
    return footprint
