"""Kill processes that change a bank, at random moments and at each step, and see what is left of it."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import msgspec

from reasoningbank import EmbeddingMismatch, Pattern, ReasoningBank
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION
from tests.faults.children import ready, run, running
from tests.faults.counting import count
from tests.faults.observing import assert_sound, faults, tables
from tests.faults.operations import build, migrate_to_next, opened, pattern, reembed
from tests.faults.programs import labelled

LONGEST_LIFE_SECONDS = 0.4
_REMOVED = ("delete", "erase")


class Expected(msgspec.Struct):
    """What the answers so far say of one pattern; a field of None may be anything."""

    strategy: str
    task_description: str
    uses: int = 0
    merged: str | None = None


def killed_at_a_random_moment(
    path: Path, journal: Path, moment: random.Random, longest_life: float
) -> None:
    """Let a process change the bank and kill it, now and then before it has even opened it."""
    seed = moment.getrandbits(32)
    with running("change_until_killed", path, seed, journal) as child:
        if moment.random() < 0.75:
            ready(child)
        time.sleep(moment.uniform(0, longest_life))
        assert child.poll() is None, child.communicate()
        child.kill()
        child.communicate()


def replayed(journal: Path) -> tuple[dict[str, Expected], list[dict[str, object]]]:
    """Give what must be there by the answers, and the changes that were begun and not answered."""
    expected: dict[str, Expected] = {}
    begun: list[dict[str, object]] = []
    for line in journal.read_bytes().splitlines():
        entry = json.loads(line)
        if entry.get("answered"):
            begun.pop()
            apply(expected, entry)
        else:
            begun.append(entry)
    return expected, begun


def apply(expected: dict[str, Expected], entry: dict[str, object]) -> None:
    kind, label, pattern_id = str(entry["kind"]), str(entry["label"]), str(entry.get("id"))
    if kind == "store":
        [new] = entry["ids"]  # type: ignore[misc]
        expected[new] = expected_of(label)
    elif kind == "batch":
        for number, new in enumerate(entry["ids"]):  # type: ignore[arg-type, var-annotated]
            expected[new] = expected_of(f"{label}.{number}")
    elif kind in _REMOVED:
        del expected[pattern_id]
    elif kind == "strategy":
        expected[pattern_id].strategy = f"strategy {label}"
    elif kind == "description":
        expected[pattern_id].task_description = labelled(label).task_description
    elif kind == "outcome":
        expected[pattern_id].uses += 1
    else:
        expected[pattern_id].merged = label


def expected_of(label: str) -> Expected:
    given = labelled(label)
    return Expected(given.strategy, given.task_description)


def assert_as_answered(path: Path, journal: Path) -> None:
    expected, begun = replayed(journal)
    with ReasoningBank.open(path, verify_reads=True) as bank:
        # Opening is all there is: no repair, no rebuilding.
        assert faults(bank) == []
        for pattern_id, wanted in expected.items():
            doubts = [entry for entry in begun if entry.get("id") == pattern_id]
            found = bank.get_pattern(pattern_id)
            if found is None:
                lost = not any(entry["kind"] in _REMOVED for entry in doubts)
                count(lost=lost)
                assert not lost, (pattern_id, wanted)
                continue
            assert matches(found, wanted, doubts), (found, wanted, doubts)
            similar = bank.find_similar(found.task_description, top_k=3, min_similarity=0.999)
            assert found.id in {one.id for one in similar}
        assert_begun_stores_are_whole(bank, begun)


def matches(found: Pattern, wanted: Expected, doubts: list[dict[str, object]]) -> bool:
    """Tell whether a pattern is as it was answered, or one unanswered change further."""
    alternatives = [wanted]
    for entry in doubts:
        if entry["kind"] not in _REMOVED:
            further = {str(found.id): msgspec.structs.replace(wanted)}
            apply(further, entry)
            alternatives.append(further[str(found.id)])
    seen = Expected(
        found.strategy,
        found.task_description,
        found.uses,
        str(found.metadata["merged"]) if found.metadata else None,
    )
    return seen in alternatives


def assert_begun_stores_are_whole(bank: ReasoningBank, begun: list[dict[str, object]]) -> None:
    """A batch that was not answered is there as a whole or not at all."""
    everything = bank.search_by_category("loops", 10_000)
    twice = len(everything) - len({one.id for one in everything})
    count(doubled=twice)
    assert not twice
    for entry in begun:
        if entry["kind"] == "batch":
            label = str(entry["label"])
            there = sum(one.strategy.startswith(f"strategy {label}.") for one in everything)
            assert there in {0, 5}


def kill_again_and_again(
    folder: Path, rounds: int, seed: int, *, longest_life: float = LONGEST_LIFE_SECONDS
) -> None:
    """Kill one process after the other that changes the same bank, and look at it after each.

    Args:
        folder: Where the bank is made.
        rounds: How many processes.
        seed: Decides what they do and when they are killed.
        longest_life: Seconds from the first change on that one may have.
    """
    moment = random.Random(seed)
    path, journal = folder / "bank.db", folder / "journal"
    journal.touch()
    for _ in range(rounds):
        killed_at_a_random_moment(path, journal, moment, longest_life)
        assert_as_answered(path, journal)
    answered = sum(b'"answered"' in line for line in journal.read_bytes().splitlines())
    count(acknowledged=answered)
    assert answered, "every process was killed before it was answered once"


def kill_at_each_step(folder: Path, change: str, *, torn: bool) -> None:
    """Kill a process before the first write of a change, then before the second, and so on."""
    ids = build(folder / "base.db")
    before = tables(folder / "base.db")
    steps = run("die_at_each_step", folder, change, ids, torn)
    assert isinstance(steps, int)
    after = tables(folder / str(steps) / "bank.db")
    assert before != after
    changed = []
    for step in range(1, steps):
        path = folder / str(step) / "bank.db"
        assert_sound(path)
        found = tables(path)
        assert found in (before, after), f"half of it at step {step}"
        changed.append(found == after)
        count(acknowledged=1)
    # First it is not there, and from one write on it is.
    assert changed == sorted(changed)
    assert len(set(changed)) == 2


def assert_whole_backups(path: Path, before: object) -> None:
    """A file that is called a backup is one, wherever the process that made it was killed."""
    for backup in path.parent.glob("bank.db.backup-*"):
        assert_sound(backup)
        assert tables(backup) == before
        assert backup.stat().st_mode & 0o777 == 0o600


def kill_schema_migration_at_each_step(folder: Path) -> None:
    """Kill a process before each write of going to the next schema, and let another one finish."""
    build(folder / "base.db")
    before = tables(folder / "base.db")
    steps = run("die_at_each_step", folder, "migrate", [], False)
    assert isinstance(steps, int)
    after = tables(folder / str(steps) / "bank.db")
    assert len(after["patterns"][0]) == len(before["patterns"][0]) + 1
    migrated = []
    for step in range(1, steps):
        path = folder / str(step) / "bank.db"
        found = tables(path)
        assert found in (before, after)
        count(acknowledged=1)
        migrated.append(found == after)
        assert_whole_backups(path, before)
        migrate_to_next(path)
        assert tables(path) == after
        assert_whole_backups(path, before)
        assert path.with_name(f"bank.db.backup-schema-{SCHEMA_VERSION}").exists()
    assert migrated == sorted(migrated)
    assert len(set(migrated)) == 2


def kill_reembedding_at_each_step(folder: Path) -> None:
    """Kill a process before each write of moving to another model, and let another one finish."""
    build(folder / "base.db")
    steps = run("die_at_each_step", folder, "reembed", [], False)
    assert isinstance(steps, int)
    searched_by = []
    for step in range(1, steps):
        path = folder / str(step) / "bank.db"
        assert_sound(path)
        searched_by.append([embedder for embedder in ("small", "other") if finds(path, embedder)])
        count(acknowledged=1)
        reembed(path)
        assert not finds(path, "small")
        assert finds(path, "other")
        assert_sound(path)
    # Every search is answered by one of the two models, first the old one and then the new one.
    assert searched_by == sorted(searched_by, reverse=True)
    assert {tuple(names) for names in searched_by} == {("small",), ("other",)}


def finds(path: Path, embedder: str) -> bool:
    """Tell whether the small bank is searched by a model; every pattern of it is found then."""
    with opened(path, embedder=embedder) as bank:
        try:
            found = bank.find_similar(pattern(2).task_description, top_k=100)
        except EmbeddingMismatch:
            return False
        assert len(found) == 5
        assert found[0].similarity == 1.0
        return True
