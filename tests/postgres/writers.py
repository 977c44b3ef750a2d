"""Threads that store through a bank and note what was acknowledged; and whether all of it is there."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID

from reasoningbank import PatternInput, ReasoningBank
from tests.faults.counting import count
from tests.faults.operations import SmallEmbedder

_ENOUGH_SECONDS = 90.0


@dataclass
class Journal:
    """What writers were told: the id under each label, and when."""

    acknowledged: dict[str, UUID] = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    begun: set[str] = field(default_factory=set)
    errors: list[BaseException] = field(default_factory=list)
    stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, label: str, pattern_id: UUID) -> None:
        """Keep an answer."""
        with self._lock:
            self.acknowledged[label] = pattern_id
            self.times.append(time.monotonic())

    def wait_for(self, more: int) -> None:
        """Wait until so many more stores have been answered."""
        wanted = len(self.times) + more
        until = time.monotonic() + _ENOUGH_SECONDS
        while len(self.times) < wanted:
            assert not self.errors, self.errors
            assert time.monotonic() < until, f"{len(self.times)} answers, no more for too long"
            time.sleep(0.01)

    def longest_gap(self) -> float:
        """Give the seconds for which nobody was answered, at their longest."""
        times = sorted(self.times)
        return max(after - before for before, after in pairwise(times))


def labelled(label: str) -> PatternInput:
    """Give the pattern that stands for a label."""
    return PatternInput(
        task_description=f"grind the lens {label}",
        task_category="lenses",
        strategy=f"Polish lens {label} in figures of eight.",
        metadata={"label": label},
    )


@contextmanager
def writing(bank: ReasoningBank, *, writers: int = 8, prefix: str = "") -> Iterator[Journal]:
    """Let threads store until the block ends; raise what any of them ended with."""
    journal = Journal()

    def store(writer: int) -> None:
        number = 0
        try:
            while not journal.stopped:
                label = f"{prefix}{writer}-{number}"
                journal.begun.add(label)
                journal.note(label, bank.store_pattern(labelled(label)))
                number += 1
        except BaseException as error:
            journal.errors.append(error)
            raise

    threads = [threading.Thread(target=_quietly(store), args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    try:
        yield journal
    finally:
        journal.stopped = True
        for thread in threads:
            thread.join()
    if journal.errors:
        raise journal.errors[0]


def _quietly(action: object) -> object:
    """Keep an error for the test instead of for the hook of threads, which warns of it."""

    def run(*arguments: object) -> None:
        try:
            action(*arguments)  # type: ignore[operator]
        except Exception:  # noqa: BLE001 - the journal has it
            return

    return run


def open_bank(dsn: str, **more: object) -> ReasoningBank:
    """Open a bank with a small embedder: what is tested here is not the meaning of texts."""
    return ReasoningBank.open(dsn, embedder=SmallEmbedder(), **more)  # type: ignore[arg-type]


def assert_nothing_is_lost(dsn: str, journal: Journal) -> None:
    """Look for everything that was acknowledged, and for anything that is there twice."""
    with open_bank(dsn, verify_reads=True) as bank:
        stats = bank.get_stats()
        present = bank.search_by_category("lenses", 10_000)
        labels = Counter(str(one.metadata["label"]) for one in present)
        lost = [label for label in journal.acknowledged if label not in labels]
        twice = [label for label, times in labels.items() if times > 1]
        count(acknowledged=len(journal.acknowledged), lost=len(lost), doubled=len(twice))
        assert lost == [], f"{len(lost)} of {len(journal.acknowledged)} acknowledged are lost"
        assert twice == []
        assert set(labels) <= journal.begun
        assert stats.total_patterns == len(present)
        ids = {str(one.metadata["label"]): one.id for one in present}
        assert all(ids[label] == given for label, given in journal.acknowledged.items())
        # A store carried out twice would have been taken for an equal pattern and noted as such.
        assert [one.id for one in present if one.version != 1 or bank.observations(one.id)] == []
