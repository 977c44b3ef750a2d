"""Rollouts between two SQLite files, as the tests need them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from reasoningbank.storage import StorageBackend, open_alone
from reasoningbank.storage.rollout import Opening, Rollout, RolloutStorage, directory_of
from reasoningbank.storage.rollout.backend import RolloutStorage as Storage
from reasoningbank.storage.rollout.journal import Journal
from reasoningbank.storage.rollout.pair import Pair

PATIENCE_SECONDS = 60.0
"""How long to wait before a test is taken for hung; not a measure of speed."""


def until(done: Callable[[], bool], what: str) -> None:
    """Wait for something that a thread or another process does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.005)


def begun(path: Path, percent: int = 100, candidate: str | None = None) -> Rollout:
    """Make a bank and begin a rollout to a file beside it, or to another candidate."""
    open_alone(str(path), busy_timeout=30.0).close()
    rollout = Rollout(str(path))
    if not directory_of(path).exists():
        rollout.start(candidate or str(path.with_suffix(".candidate.db")), shadow_percent=100)
        rollout.set(percent)
    return rollout


def copy_rollout(base: Path, copy: Path) -> None:
    """Copy the rest of a closed bank's rollout beside a copy of the bank: journal and candidate."""
    shutil.copytree(directory_of(base), directory_of(copy))
    candidate = copy.with_suffix(".candidate.db")
    shutil.copyfile(base.with_suffix(".candidate.db"), candidate)
    journal = Opening(path=copy, reason="a test", busy_timeout=30.0).journal()
    journal.change(candidate=str(candidate))
    journal.close()


def is_level(rollout: Rollout) -> bool:
    """Give whether nothing is queued or being made, as of one moment."""
    status = rollout.status()
    return not status.queued and not status.in_flight


def level(rollout: Rollout) -> None:
    """Wait until nothing is queued, and assert that both banks hold the same."""
    until(lambda: is_level(rollout), "a level bank")
    assert {name: one.carried for name, one in rollout.differences().items() if one.carried} == {}


class Settled(RolloutStorage):
    """A rollout whose every read waits until nothing is queued, so that the candidate answers it."""

    def _read(self, operation, namespace, key, call):  # type: ignore[no-untyped-def]
        until(lambda: self._journal.view(namespace).settled, "an empty queue")
        return super()._read(operation, namespace, key, call)


def opened(
    path: Path, kind: type[Storage] = Storage, wrong: Callable[[StorageBackend], None] | None = None
) -> Storage:
    """Open the pair of a rollout; `wrong` may spoil the candidate as it is opened."""
    opening = Opening(path=path, reason="a test", busy_timeout=30.0)
    journal: Journal = opening.journal()

    def candidate(target: str) -> StorageBackend:
        bank = opening.candidate(target)
        if wrong is not None:
            wrong(bank)
        return bank

    return kind(journal, Pair(opening.current, candidate, candidate, journal.state().candidate))
