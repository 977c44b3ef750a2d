"""Processes, threads and tasks of event loops that change one bank at once."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

import msgspec

from reasoningbank import ReasoningBank
from tests.faults.campaign.rounds import Family, Round
from tests.faults.children import finished, let_go, ready, running
from tests.faults.counting import count
from tests.faults.crowding import CATEGORY, own
from tests.faults.observing import faults


class Expected(msgspec.Struct):
    """What the notes say must be there."""

    living: dict[str, str] = {}
    uses: dict[str, int] = msgspec.field(default_factory=lambda: defaultdict(int))
    shared: dict[str, set[str]] = msgspec.field(default_factory=lambda: defaultdict(set))
    removed: set[str] = msgspec.field(default_factory=set)
    notes: int = 0


def _play(this: Round) -> str:
    processes, actors, steps = (2, 4, 25) if this.short else (4, 8, 60)
    path = this.folder / "bank.db"
    journals = [this.folder / f"journal-{worker}" for worker in range(processes)]
    with ExitStack() as children:
        working = [
            children.enter_context(
                running("work_in_a_crowd", path, worker, this.seed, actors, steps, journal)
            )
            for worker, journal in enumerate(journals)
        ]
        for child in working:
            assert ready(child) == "ready"
        for child in working:
            let_go(child)
        # One that met a lock, a lost pattern or any other error ends with another status.
        assert [finished(child) for child in working] == [actors] * processes
    compare(path, expected(journals))
    return f"{processes} processes of {actors // 2} threads and {actors - actors // 2} tasks each"


def expected(journals: list[Path]) -> Expected:
    """Give what actors have noted, added up."""
    told = Expected()
    for journal in journals:
        for line in journal.read_text("ascii").splitlines():
            entry = json.loads(line)
            told.notes += 1
            if entry["kind"] == "stored":
                told.living[entry["id"]] = own(entry["label"]).strategy
            elif entry["kind"] == "updated":
                told.living[entry["id"]] = f"parcel {entry['label']} is turned"
            elif entry["kind"] == "outcome":
                told.uses[entry["id"]] += 1
            elif entry["kind"] == "shared":
                told.shared[entry["label"]].add(entry["id"])
            else:
                del told.living[entry["id"]]
                told.removed.add(entry["id"])
    return told


def compare(path: Path, told: Expected) -> None:
    """Fail unless a bank holds what was noted, all of it and once."""
    with ReasoningBank.open(path, verify_reads=True) as bank:
        there = {str(one.id): one for one in bank.search_by_category(CATEGORY, 10_000)}
        wanted = told.living.keys() | {one for ids in told.shared.values() for one in ids}
        lost = wanted - there.keys()
        doubled = (there.keys() - wanted) | {
            label for label, ids in told.shared.items() if len(ids) > 1
        }
        count(acknowledged=told.notes, lost=len(lost), doubled=len(doubled))
        assert not lost, f"lost: {sorted(lost)}"
        assert not doubled, f"doubled: {sorted(doubled)}"
        assert not told.removed & there.keys()
        assert {one: there[one].strategy for one in told.living} == told.living
        uses = {one: there[one].uses for one in told.living}
        assert uses == {one: told.uses[one] for one in told.living}
        assert bank.get_stats().total_patterns == len(wanted)
        assert faults(bank) == []


FAMILY = Family(
    name="crowd",
    question="processes, threads and tasks of event loops store, merge, edit, use, delete, erase and "
    "find on one file at once",
    play=_play,
)
