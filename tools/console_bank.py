"""Make a bank to look at in the console: the starter bank, experiences, recalls and outcomes over 90 days.

    python tools/console_bank.py FILE [PATTERNS]

Everything goes through the bank as it would from an agent, with a clock of its own. Tasks with recall
succeed more often as the days go by, as nothing here measures: it is material for pictures.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random
from typing import Final

from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.experiences import experience
from reasoningbank.storage import open_storage

DAYS: Final = 90
DAY_MS: Final = 86_400_000
BATCH: Final = 5_000
EXPERIENCES: Final = 60
RECALLS_A_DAY: Final = 4
CONSOLIDATED: Final = 5_000
OUTCOMES: Final = 1_500
STARTER: Final = Path(__file__).parent.parent / "examples" / "starter-bank.jsonl"


class Days:
    """A clock that is set by hand.

    Args:
        begin: Its first moment, milliseconds since 1970-01-01 UTC.
    """

    def __init__(self, begin: int) -> None:
        self.now = begin

    def __call__(self) -> int:
        """Give the time."""
        return self.now


def build(path: Path, size: int) -> None:
    """Make a bank of about `size` patterns."""
    import time

    random = Random("console")
    end = time.time_ns() // 1_000_000
    clock = Days(end - DAYS * DAY_MS)
    bank = ReasoningBank(
        open_storage(path), namespace="default", embedder=None, actor="agent", clock=clock,
        random_bytes=os.urandom,
    )  # fmt: skip
    with bank:
        ids = _patterns(bank, clock, size, end)
        _experiences(bank, clock, end)
        _use(bank, clock, ids, random, end)
        for one in random.sample(ids, 5):
            bank.update_pattern(one, state="quarantined")
        if size <= CONSOLIDATED:  # what takes minutes for a large bank
            bank.consolidate()


def _patterns(bank: ReasoningBank, clock: Days, size: int, end: int) -> list[str]:
    with STARTER.open("rb") as file:
        bank.import_jsonl(file, origin="the starter bank")
    left = max(0, size - bank.get_stats().total_patterns - EXPERIENCES)
    batch = max(20, min(BATCH, left // 40))
    begun = clock.now
    ids: list[str] = [str(one.id) for one in bank.patterns(limit=300)]
    for first in range(0, left, batch):
        clock.now = begun + (end - DAY_MS - begun) * first // max(left, 1)
        numbers = range(first, min(left, first + batch))
        ids += [
            str(one) for one in bank.store_patterns([corpus.pattern(number) for number in numbers])
        ]
    return ids


def _experiences(bank: ReasoningBank, clock: Days, end: int) -> None:
    for number in range(EXPERIENCES):
        clock.now = end - (EXPERIENCES - number) * DAY_MS // 2
        bank.learn(experience(number))


def _use(bank: ReasoningBank, clock: Days, ids: list[str], random: Random, end: int) -> None:
    for day in range(DAYS):
        clock.now = end - (DAYS - day) * DAY_MS + 1
        for _ in range(OUTCOMES // DAYS):
            bank.record_outcome(
                pattern=random.choice(ids),
                success=random.random() < 0.5 + 0.3 * day / DAYS,
                source=random.choice(("test", "caller", "agent", "human")),
            )
        for number in range(RECALLS_A_DAY):
            clock.now += 60_000
            recall = bank.recall(corpus.query(day * RECALLS_A_DAY + number))
            if recall.patterns:
                worked = random.random() < 0.35 + 0.5 * day / DAYS
                bank.record_outcome(recall=recall.id, success=worked, source="test")


if __name__ == "__main__":
    build(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000)
