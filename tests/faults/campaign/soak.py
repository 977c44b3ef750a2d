"""One process under a mixed load for a long time: its memory and its file must stay as they are."""

from __future__ import annotations

import json
from statistics import median

import msgspec

from tests.faults.campaign.rounds import Family, Round
from tests.faults.children import running
from tests.faults.counting import count
from tests.faults.observing import assert_sound

_SHORT_SECONDS = 6.0
_LEAST_SECONDS = 20.0
_MEMORY_SLACK = 4 * 1024 * 1024
_FILE_SLACK = 256 * 1024
_LARGEST_GROWTH = 0.05
_PATIENCE_SECONDS = 120


class Sample(msgspec.Struct, frozen=True):
    """What the process took and had done at one moment.

    Args:
        seconds: Since the load began.
        operations: Calls that have been answered.
        changes: Those of them that changed something.
        memory: Bytes the process has in memory.
        file: Bytes of the bank and of SQLite's log, without the bank's log of changes.
        handles: Open files.
    """

    seconds: float
    operations: int
    changes: int
    memory: int
    file: int
    handles: int


def _play(this: Round) -> str:
    seconds = _SHORT_SECONDS if this.short else max(_LEAST_SECONDS, this.seconds)
    path = this.folder / "bank.db"
    with running("soak", path, this.seed, seconds) as child:
        printed, said = child.communicate(timeout=seconds + _PATIENCE_SECONDS)
    assert child.returncode == 0, f"exit code {child.returncode}\n{printed}\n{said}"
    samples = [msgspec.json.decode(line, type=Sample) for line in printed.splitlines()[:-1]]
    living = json.loads(printed.splitlines()[-1])
    count(acknowledged=samples[-1].changes, lost=living["lost"])
    assert living["lost"] == 0, living
    assert_sound(path)
    told = assert_flat(samples)
    return f"{seconds:.0f} s, {samples[-1].operations:,} calls: {', '.join(told)}"


def assert_flat(samples: list[Sample]) -> list[str]:
    """Fail when the process or its files grow; give what they were and are."""
    # The first third is for what grows until it is as large as it gets: caches, pages to be used again.
    settled = samples[len(samples) // 3 :]
    assert len(settled) >= 6, f"{len(samples)} samples are too few"
    middle = len(settled) // 2
    early, late = settled[:middle], settled[middle:]
    told = []
    for what, slack in (("memory", _MEMORY_SLACK), ("file", _FILE_SLACK), ("handles", 2)):
        before, after = (median(getattr(one, what) for one in part) for part in (early, late))
        told.append(f"{what} {_shown(what, before)} -> {_shown(what, after)}")
        assert after <= before * (1 + _LARGEST_GROWTH) + slack, f"{what} grows: {told[-1]}"
    return told


def _shown(what: str, value: float) -> str:
    return f"{value:.0f}" if what == "handles" else f"{value / 1e6:.1f} MB"


FAMILY = Family(
    name="soak",
    question="one process stores, finds, edits, uses, erases, exports and reopens for a long time: "
    "memory, file and handles stay flat",
    play=_play,
    share=3.0,
    most=1,
)
