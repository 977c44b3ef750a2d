"""Clocks that stand still, go back, jump, are centuries off, or whose zone changes."""

from __future__ import annotations

import io
import itertools
import os
import random
import time
from collections.abc import Iterator

from reasoningbank import ReasoningBank
from reasoningbank.storage import open_storage
from tests.faults.campaign.rounds import Family, Round
from tests.faults.counting import count
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, pattern
from tests.faults.wrong_clocks import CLOCKS, NOW, YEAR

_ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati")
_HOUR = 3_600_000


def _play(this: Round) -> str:
    chance = this.chance
    times = (*CLOCKS, _an_hour_twice)[this.number % (len(CLOCKS) + 1)]
    _use(this, times() if times is not _an_hour_twice else _an_hour_twice(), chance)
    _expire(this, chance)
    return f"{len(CLOCKS) + 1} clocks in turn"


def _an_hour_twice() -> Iterator[int]:
    """Give a clock that is set back an hour now and then, as one that shows local time is."""
    for number in itertools.count():
        yield NOW + number * 60_000 - (number // 30) * _HOUR


def _use(this: Round, times: Iterator[int], chance: random.Random) -> None:
    with ReasoningBank(
        open_storage(this.folder / "bank.db"), embedder=SmallEmbedder(), clock=lambda: next(times)
    ) as bank:
        ids = []
        for number in range(60):
            _in_zone(chance.choice(_ZONES))
            ids.append(bank.store_pattern(pattern(number)))
        one = ids[0]
        for number in range(10):
            bank.update_pattern(one, title=f"title {number}")
            bank.record_outcome(pattern=one, success=True, evidence={"number": number})
        count(acknowledged=80, doubled=len(ids) - len(set(ids)))
        assert len(set(ids)) == len(ids)
        assert [change.version for change in bank.history(one)] == list(
            range(len(bank.history(one)))
        )
        assert [told.evidence["number"] for told in bank.outcomes(one)] == list(range(10))
        found = bank.get_pattern(one)
        assert found is not None
        assert (found.title, found.uses) == ("title 9", 10)
        there = {one.id for one in bank.search_by_category("line", 100)}
        count(lost=len(set(ids) - there))
        assert there == set(ids)
        file = io.BytesIO()
        assert bank.export_jsonl(file) == len(ids)
        assert faults(bank) == []
    _in_zone("UTC")


def _in_zone(name: str) -> None:
    os.environ["TZ"] = name
    if hasattr(time, "tzset"):
        time.tzset()


def _expire(this: Round, chance: random.Random) -> None:
    """Let a pattern expire by a clock that jumps: it is there exactly while that clock is before it."""
    clock = [NOW]
    with ReasoningBank(
        open_storage(this.folder / "expiring.db"), embedder=SmallEmbedder(), clock=lambda: clock[0]
    ) as bank:
        bank.store_pattern(pattern(1, expires_at="2026-11-18T12:00:00Z"))
        end = 1_795_003_200_000
        for _ in range(20):
            clock[0] = end + chance.randrange(-YEAR, YEAR)
            there = int(clock[0] < end)
            assert bank.get_stats().active_patterns == there
            assert len(bank.search_by_category("line")) == there
            assert len(bank.find_similar("check bearing")) == there


FAMILY = Family(
    name="clock",
    question="the clock stands still, goes back, jumps, is centuries off, repeats an hour, or changes "
    "its zone",
    play=_play,
    share=0.25,
    in_memory=True,
)
