"""Power losses: what was written and not flushed is lost, torn or out of order."""

from __future__ import annotations

from reasoningbank.storage import Durability
from tests.faults.campaign.rounds import Family, Round
from tests.faults.losing_power import (
    lose_power_again_and_again,
    lose_power_while_made,
    recording,
)

_EVERY = 3
_SELDOM = 40
_DURABILITIES: tuple[Durability, ...] = ("full", "normal")


def _play(this: Round) -> str:
    every = _SELDOM if this.short else _EVERY
    with recording() as events:
        if this.number % 10 == 9:
            lose_power_while_made(this.folder, events, this.seed)
        else:
            durability = _DURABILITIES[this.number % 2]
            lose_power_again_and_again(this.folder, durability, events, this.seed, every)
    return f"a loss after every {every} writes; acknowledged is summed over losses, under durability=full"


FAMILY = Family(
    name="power",
    question="the power goes after some write: writes that were not flushed are dropped, torn and "
    "reordered, by a layer between SQLite and the disk that recorded them",
    play=_play,
    in_memory=True,
)
