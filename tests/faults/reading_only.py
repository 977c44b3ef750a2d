"""Banks that may be read and not written, and what an ordinary user can do with them."""

from __future__ import annotations

from pathlib import Path

from tests.faults.children import run
from tests.faults.observing import digests
from tests.faults.operations import pattern

TASKS = [pattern(number).task_description for number in range(3)]


READ = {
    "listed": TASKS,
    "got": True,
    "similar": [1.0],
    "exported": 3,
    "counted": 3,
    "faults": [],
}
LOG_HEADER_BYTES = 32


def tried_without_a_trace(path: Path) -> dict[str, object]:
    """Give what an ordinary user can do with a bank, once sure that no byte of it was changed."""
    before = digests(path.parent)
    outcome = run("use_as_nobody", path)
    assert isinstance(outcome, dict)
    assert digests(path.parent) == before
    return outcome


def assert_read_but_not_written(outcome: dict[str, object], read: dict[str, object]) -> None:
    assert outcome["opened"] == "yes", outcome
    assert outcome["read only"] is True
    assert {name: outcome[name] for name in read} == read
    assert outcome["stored"] == "unavailable"
    assert outcome["read later"] == read


def leave_a_log(path: Path) -> dict[str, object]:
    """Let a process die after storing two more patterns; give what can be read then."""
    run("store_and_die", path, 3, 2)
    for side in ("-wal", "-shm"):
        path.with_name(path.name + side).chmod(0o644)
    assert path.with_name("bank.db-wal").stat().st_size > LOG_HEADER_BYTES
    tasks = [*TASKS, pattern(3).task_description, pattern(4).task_description]
    return {**READ, "listed": tasks, "exported": 5, "counted": 5}
