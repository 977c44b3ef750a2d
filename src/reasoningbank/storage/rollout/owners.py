"""Who has a rollout's journal open: each opener has a mark beside it, held for as long as it lives."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Final

from reasoningbank.storage.rollout.turns import FileLock

_ALIVE: Final = "alive-"


class Owners:
    """Hold a mark of one's own, and tell whether the holders of others live.

    Args:
        directory: Of the journal.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        while True:
            self.own = f"{_ALIVE}{os.getpid()}-{os.urandom(6).hex()}"
            self._mark = FileLock(directory / self.own)
            if self._mark.take():  # unless somebody swept it away before it was held
                break

    def is_alive(self, owner: str) -> bool:
        """Give whether the holder of a mark lives; a mark nobody holds is removed."""
        if owner == self.own:
            return True
        path = self._directory / owner
        lock = FileLock(path)
        if not path.exists():
            return False
        if not lock.take():
            return True
        path.unlink(missing_ok=True)
        lock.give_back()
        return False

    def sweep(self, noted: Collection[str]) -> None:
        """Remove the marks of those who were killed, but for these, who left something to be done."""
        for place in self._directory.glob(f"{_ALIVE}*"):
            if place.name not in noted:
                self.is_alive(place.name)

    def leave(self) -> None:
        """Let go of one's own mark."""
        if self._mark.held:
            self._mark.give_back()
            (self._directory / self.own).unlink(missing_ok=True)
