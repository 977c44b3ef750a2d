"""The program of a soak: a mixed load on a bank whose size does not change, and what it takes."""
# ruff: noqa: T201 - the parent reads what it prints

from __future__ import annotations

import io
import json
import os
import random
import threading
import time
from collections import deque
from pathlib import Path
from uuid import UUID

import apsw

from reasoningbank import PatternInput, ReasoningBank

_LIVING = 400
_SAMPLES = 60
_THREADS = 2
_REOPENED_EVERY = 5_000
_LOG_ENTRIES = (
    65_536 + 4_096
)  # what the log of changes is cut to, and how many more there are before it is


def soak(path: str, seed: int, seconds: float) -> dict[str, int]:
    """Load a bank for so long, printing samples; give how many patterns were lost.

    What a bank keeps for ever by design is left out of the load, or its file would have to grow:
    recalls, experiences and the history of living patterns. Patterns are erased, with all about them.
    """
    load = _Load(Path(path), seed)
    began = time.monotonic()
    end = began + seconds
    threads = [threading.Thread(target=load.work, args=(number, end)) for number in range(_THREADS)]
    for thread in threads:
        thread.start()
    pause = seconds / _SAMPLES
    while any(thread.is_alive() for thread in threads):
        time.sleep(pause)
        print(json.dumps(load.sample(began)), flush=True)
    for thread in threads:
        thread.join()
    if load.errors:
        raise load.errors[0]
    return {"lost": load.lost()}


class _Load:
    """A bank, who works on it, and what was answered."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path = path
        self.errors: list[BaseException] = []
        self._seed = seed
        self._operations = [0] * _THREADS
        self._changes = [0] * _THREADS
        self._living: list[deque[UUID]] = [deque() for _ in range(_THREADS)]
        ReasoningBank.open(path).close()

    def work(self, worker: int, end: float) -> None:
        """Work until the time is over, opening the bank anew now and then."""
        chance = random.Random(f"{self._seed} {worker}")
        number = 0
        try:
            while time.monotonic() < end:
                with ReasoningBank.open(self.path) as bank:
                    for _ in range(_REOPENED_EVERY):
                        if time.monotonic() >= end:
                            break
                        number += 1
                        self._one(bank, worker, number, chance)
                        self._operations[worker] += 1
        except BaseException as error:  # noqa: BLE001 - the main thread raises it
            self.errors.append(error)

    def _one(self, bank: ReasoningBank, worker: int, number: int, chance: random.Random) -> None:
        living = self._living[worker]
        kind = chance.randrange(10)
        self._changes[worker] += kind < 4 or kind in {7, 8}
        if kind < 4 or not living:
            living.append(bank.store_pattern(_pattern(worker, number, chance)))
            if len(living) > _LIVING // _THREADS:
                bank.erase(living.popleft())
        elif kind < 7:
            bank.find_similar(f"water bed {chance.randrange(1_000)} of the garden", top_k=5)
        elif kind == 7:
            bank.record_outcome(pattern=chance.choice(living), success=chance.random() < 0.5)
        elif kind == 8:
            bank.update_pattern(chance.choice(living), title=f"title {number}")
        elif number % 50 == 0:
            bank.export_jsonl(io.BytesIO())
        else:
            assert bank.get_pattern(chance.choice(living)) is not None
            bank.search_by_category("garden", 10)

    def lost(self) -> int:
        """Give how many of the patterns that must be there are not."""
        with ReasoningBank.open(self.path) as bank:
            return sum(bank.get_pattern(one) is None for living in self._living for one in living)

    def sample(self, began: float) -> dict[str, float]:
        """Give what the process takes now."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        return {
            "seconds": round(time.monotonic() - began, 2),
            "operations": sum(self._operations),
            "changes": sum(self._changes),
            "memory": _resident(),
            "file": sum(_size(file) for file in files) - _log_of_changes(self.path),
            "handles": _handles(),
        }


def _pattern(worker: int, number: int, chance: random.Random) -> PatternInput:
    return PatternInput(
        task_description=f"water bed {number} of the garden of {worker}",
        task_category="garden",
        strategy=f"Bed {number} is watered before noon. " + "More water. " * chance.randrange(30),
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


def _log_of_changes(path: Path) -> int:
    """Give the bytes of the log of changes: it grows by design, until it holds what it is cut to."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(10_000)
    try:
        [(size,)] = connection.execute("SELECT SUM(pgsize) FROM dbstat WHERE name = 'changes'")
        [(entries,)] = connection.execute("SELECT COUNT(*) FROM changes")
    finally:
        connection.close()
    assert entries <= _LOG_ENTRIES, f"the log of changes holds {entries:,} entries"
    return int(size or 0)


def _resident() -> int:
    status = Path("/proc/self/statm")
    if not status.exists():
        return 0
    return int(status.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _handles() -> int:
    listed = Path("/proc/self/fd")
    return len(list(listed.iterdir())) if listed.exists() else 0
