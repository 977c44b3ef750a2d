"""What is left after SIGKILL of what a store had acknowledged, and how often a store syncs."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import msgspec

from benchmarks.peers.contestants import Contestant
from benchmarks.peers.speaking import Driver, Failed

SYNCS = "fsync,fdatasync,msync,sync_file_range,sync,syncfs"
SYNCED_STORES = 20


class Survival(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of storing row after row until the process is killed; `lost` of the rows whose store had returned."""

    rounds: int
    acknowledged: int
    lost: int
    unreadable: int
    """Rounds after which the store could not be opened or read; what it had acknowledged then counts as lost."""


def killed(contestant: Contestant, rows: Path, place: Path, rounds: int, seed: int) -> Survival:
    """Kill the contestant in the middle of storing, each time with a new store, and count what is missing."""
    draw = random.Random(f"{seed} {contestant.name}")
    acknowledged = lost = unreadable = 0
    for number in range(rounds):
        path = place / f"{contestant.name}-killed-{number}"
        ids = _stored_until_killed(contestant, rows, path, draw.randrange(5, 60))
        acknowledged += len(ids)
        try:
            with Driver(contestant, rows) as driver:
                driver.ask("open", path=str(path))
                lost += driver.ask("present", ids=ids)["present"].count(False)
        except Failed:
            unreadable += 1
            lost += len(ids)
        shutil.rmtree(path, ignore_errors=True)
    return Survival(rounds=rounds, acknowledged=acknowledged, lost=lost, unreadable=unreadable)


def _stored_until_killed(
    contestant: Contestant, rows: Path, path: Path, after: int
) -> list[object]:
    with Driver(contestant, rows) as driver:
        driver.ask("open", path=str(path))
        driver.say("stream", first=0, count=1_000)
        ids = []
        while len(ids) < after:
            told = driver.hear()
            if told is None or "failed" in told:
                raise Failed(str(told))
            ids.append(told["stored"])
    return ids


def syncs_per_store(contestant: Contestant, rows: Path, place: Path) -> float | None:
    """Count calls that sync files to the disk while single rows are stored; None where strace is missing."""
    if shutil.which("strace") is None:
        return None
    path, log = place / f"{contestant.name}-traced", place / f"{contestant.name}.strace"
    under = ("strace", "-f", "-qq", "-e", f"trace={SYNCS}", "-e", "signal=none", "-o", str(log))
    with Driver(contestant, rows, under=under) as driver:
        driver.ask("open", path=str(path))
        driver.say("stream", first=0, count=SYNCED_STORES)
        driver.hear()  # the first makes what a new store needs
        before = _lines(log)
        for _ in range(SYNCED_STORES - 1):
            driver.hear()
        driver.ask("processes")
        counted = _lines(log) - before
    shutil.rmtree(path, ignore_errors=True)
    return round(counted / (SYNCED_STORES - 1), 2)


def _lines(log: Path) -> int:
    text = log.read_text("utf-8", "replace")
    return sum("(" in line and "resumed" not in line for line in text.splitlines())
