"""SIGKILL at random moments of a process that changes a bank."""

from __future__ import annotations

from tests.faults.campaign.rounds import Family, Round
from tests.faults.killing import LONGEST_LIFE_SECONDS, kill_again_and_again

_KILLS = 6
_FEW_KILLS = 3
_LONGEST_LIFE_SECONDS = 2.0


def _play(this: Round) -> str:
    kills = _FEW_KILLS if this.short else _KILLS
    life = LONGEST_LIFE_SECONDS if this.short else _LONGEST_LIFE_SECONDS
    kill_again_and_again(this.folder, kills, this.seed, longest_life=life)
    return f"{kills} kills a round"


FAMILY = Family(
    name="kill",
    question="a process that stores, merges, edits, deletes and erases is killed at a random moment, "
    "again and again",
    play=_play,
    share=2.0,
)
