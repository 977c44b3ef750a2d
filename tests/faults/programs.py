"""What runs in the child processes: ``python -m tests.faults.programs NAME JSON_ARGUMENTS``.

A program prints lines while it works if its parent waits for them, and one line of JSON at its end.
"""
# ruff: noqa: T201 - the parent reads what a program prints

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import apsw

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.bank.scaling import ScalingMode
from reasoningbank.bank.task import Task
from tests.faults.bare import (
    try_what_is_refused,
    walk_the_command_line,
    walk_the_main_path,
)
from tests.faults.consolidating import (
    fork_while_consolidating,
    stop_while_consolidating,
    store_alike,
)
from tests.faults.crowding import work_in_a_crowd
from tests.faults.dying import die_at_each_step
from tests.faults.forking import (
    forget,
    fork_and_use_both,
    fork_while_writing,
    work_after_fork,
)
from tests.faults.operations import migrate_to_next, opened, pattern
from tests.faults.soaking import soak
from tests.faults.unprivileged import store_as, use_as_nobody, use_twice_as_nobody

__all__ = [
    "die_at_each_step",
    "forget",
    "fork_and_use_both",
    "fork_while_consolidating",
    "fork_while_writing",
    "labelled",
    "numbered",
    "soak",
    "stop_while_consolidating",
    "store_alike",
    "store_as",
    "try_what_is_refused",
    "use_as_nobody",
    "use_twice_as_nobody",
    "walk_the_command_line",
    "walk_the_main_path",
    "word",
    "work_after_fork",
    "work_in_a_crowd",
]

_SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu", "yo")  # fmt: skip


def word(number: int) -> str:
    """Give a word of its own for every number."""
    digits = f"{number:x}"
    return "".join(_SYLLABLES[int(digit, 16)] for digit in digits) + "m"


def numbered(writer: int, number: int) -> PatternInput:
    """Give the pattern that a writer stores under a number."""
    return PatternInput(
        task_description=f"repair the {word(number)} pump of plant {word(1000 + writer)}",
        task_category=f"plant-{writer}-{number // 10}",
        strategy=f"Step {number} of writer {writer}: close the valve before the seal is touched.",
    )


def wait_for_parent() -> None:
    """Say that this process is ready and go on when the parent says so, so that all begin at once."""
    print("ready", flush=True)
    sys.stdin.readline()


# Several processes on one file


def store_many(path: str, writer: int, count: int, acknowledged: str) -> int:
    """Store `count` patterns, noting each one's id once the bank has answered."""
    wait_for_parent()
    with (
        ReasoningBank.open(path) as bank,
        Path(acknowledged).open("a", encoding="ascii") as notes,
    ):
        for number in range(count):
            pattern_id = bank.store_pattern(numbered(writer, number))
            notes.write(f"{writer} {number} {pattern_id}\n")
            notes.flush()
    return count


def read_acknowledged(path: str, acknowledged: list[str], stop: str) -> int:
    """Look for every pattern that a writer has noted, at once, in each way there is to find it."""
    wait_for_parent()
    seen = 0
    offsets = dict.fromkeys(acknowledged, 0)
    with ReasoningBank.open(path) as bank:
        while True:
            last_round = Path(stop).exists()
            before = seen
            for notes in acknowledged:
                for writer, number, pattern_id in _new_lines(notes, offsets):
                    _find(bank, int(writer), int(number), pattern_id)
                    seen += 1
            if last_round and seen == before:
                return seen
            time.sleep(0.001)


def _new_lines(notes: str, offsets: dict[str, int]) -> list[list[str]]:
    if not Path(notes).exists():
        return []
    with Path(notes).open("rb") as file:
        file.seek(offsets[notes])
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    offsets[notes] += len(whole)
    return [line.split() for line in whole.decode().splitlines()]


def _find(bank: ReasoningBank, writer: int, number: int, pattern_id: str) -> None:
    expected = numbered(writer, number)
    found = bank.get_pattern(pattern_id)
    assert found is not None, f"{pattern_id} was acknowledged and cannot be read"
    assert found.strategy == expected.strategy
    similar = {str(one.id) for one in bank.find_similar(expected.task_description, top_k=3)}
    assert pattern_id in similar, f"{pattern_id} was acknowledged and is not similar to itself"
    listed = {str(one.id) for one in bank.search_by_category(expected.task_category, 100)}
    assert pattern_id in listed, f"{pattern_id} was acknowledged and is not in its category"


def open_and_store(path: str, writer: int) -> str:
    """Open a bank that may not be there yet, store one pattern, and give the bank's identity."""
    wait_for_parent()
    with ReasoningBank.open(path) as bank:
        return str(bank.store_pattern(numbered(writer, 0)))


def open_and_store_without_links(path: str, writer: int) -> str:
    """Do the same where a file can have one name only, and renaming takes each another time."""

    def refuse(*_: object, **__: object) -> None:
        wait_for_parent()  # until every process has built a bank to put into place
        raise PermissionError(1, "no hard links here")

    rename = Path.rename

    def rename_late(place: Path, target: Path) -> None:
        time.sleep(0.4 * writer)
        rename(place, target)

    os.link = refuse  # type: ignore[assignment]
    Path.rename = rename_late  # type: ignore[assignment, method-assign]
    return open_and_store(path, writer)


def hold(path: str) -> None:
    """Hold the write lock until the parent says so."""
    connection = apsw.Connection(path)
    connection.execute("BEGIN IMMEDIATE")
    print("holding", flush=True)
    sys.stdin.readline()
    connection.execute("ROLLBACK")
    connection.close()


def store_and_die(path: str, first: int, count: int) -> None:
    """Store patterns and end without closing, so that they stand in the write-ahead log alone."""
    bank = opened(Path(path), begin=first * 100)
    bank.store_patterns([pattern(number) for number in range(first, first + count)])
    os._exit(0)


def migrate_at_once(path: str, _: int) -> int:
    """Bring a bank to the next schema while others do."""
    wait_for_parent()
    return migrate_to_next(Path(path))


def open_at_once(path: str) -> int:
    """Open a bank of an earlier release while others do; give how many patterns it holds."""
    wait_for_parent()
    with opened(Path(path), begin=2_000) as bank:
        return bank.get_stats().total_patterns


# Killed at any moment


def change_until_killed(path: str, seed: int, journal: str) -> None:
    """Change a bank at random for ever; before each change note what, after it that it was answered."""
    choose = random.Random(seed)
    handle = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(entry: dict[str, object]) -> None:
        os.write(handle, json.dumps(entry).encode() + b"\n")
        os.fsync(handle)

    living: list[str] = []
    with ReasoningBank.open(path) as bank:
        print("ready", flush=True)
        serial = 0
        while True:
            serial += 1
            label = f"{seed}-{serial}"
            kind = choose.choice(_KINDS if living else ("store", "batch"))
            entry: dict[str, object] = {"kind": kind, "label": label}
            if kind not in {"store", "batch"}:
                entry["id"] = choose.choice(living)
            note(entry)
            entry["ids"] = _CHANGES[kind](bank, label, str(entry.get("id")))
            note({**entry, "answered": True})
            living.extend(entry["ids"])
            if kind in {"delete", "erase"}:
                living.remove(str(entry["id"]))


def scale_until_killed(path: str, mode: ScalingMode) -> None:
    """Make a third attempt at a task that never ends; say when the first two have been kept."""
    with ReasoningBank.open(path) as bank:

        def run(task: Task) -> None:
            if task.attempt == 3:
                print("two attempts have ended", flush=True)
                time.sleep(3_600)
            good = task.attempt == 2
            error = None if good else "archive: unknown argument report.pdf"
            task.step(
                "archive 'annual report.pdf'" if good else "archive annual report.pdf", error=error
            )
            (task.succeed if good else task.fail)(source="test")

        bank.scale("Archive it", run, k=3, mode=mode, max_workers=1, stop_when="never")


def labelled(label: str) -> PatternInput:
    """Give the pattern that stands for a label."""
    return PatternInput(
        task_description=f"tune the {word(abs(hash_of(label)))} loop",
        task_category="loops",
        strategy=f"strategy {label}",
    )


def hash_of(label: str) -> int:
    """Give a number for a label, the same in every process."""
    return int.from_bytes(label.encode(), "big") % (1 << 61)


def _store(bank: ReasoningBank, label: str, _: str) -> list[str]:
    return [str(bank.store_pattern(labelled(label)))]


def _batch(bank: ReasoningBank, label: str, _: str) -> list[str]:
    return [str(one) for one in bank.store_patterns([labelled(f"{label}.{n}") for n in range(5)])]


def _merge(bank: ReasoningBank, label: str, pattern_id: str) -> list[str]:
    standing = bank.get_pattern(pattern_id)
    assert standing is not None
    equal = PatternInput(
        task_description=standing.task_description,
        task_category=standing.task_category,
        strategy=standing.strategy,
        metadata={"merged": label},
    )
    assert str(bank.store_pattern(equal)) == pattern_id
    return []


def _strategy(bank: ReasoningBank, label: str, pattern_id: str) -> list[str]:
    bank.update_pattern(pattern_id, strategy=f"strategy {label}")
    return []


def _description(bank: ReasoningBank, label: str, pattern_id: str) -> list[str]:
    bank.update_pattern(pattern_id, task_description=labelled(label).task_description)
    return []


def _delete(bank: ReasoningBank, _: str, pattern_id: str) -> list[str]:
    bank.delete_pattern(pattern_id)
    return []


def _outcome(bank: ReasoningBank, label: str, pattern_id: str) -> list[str]:
    bank.record_outcome(pattern=pattern_id, success=True, evidence={"label": label})
    return []


def _erase(bank: ReasoningBank, _: str, pattern_id: str) -> list[str]:
    bank.erase(pattern_id)
    return []


_CHANGES: dict[str, Callable[[ReasoningBank, str, str], list[str]]] = {
    "store": _store,
    "batch": _batch,
    "merge": _merge,
    "strategy": _strategy,
    "description": _description,
    "delete": _delete,
    "outcome": _outcome,
    "erase": _erase,
}
# Stores come more often than removals, so that the bank grows.
_KINDS = (*_CHANGES, "store", "store", "batch")


def main() -> None:
    """Run the program named on the command line."""
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(globals()[name](*arguments)), flush=True)


if __name__ == "__main__":
    main()
