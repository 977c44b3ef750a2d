"""The two banks of a rollout, each opened when it is first needed and again after it failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

from reasoningbank.domain.errors import ReasoningBankError, Unavailable
from reasoningbank.storage.contract import StorageBackend
from reasoningbank.storage.rollout.state import Role

_Place: TypeAlias = Literal["current", "candidate", "trial"]

_PAUSE_SECONDS: Final = 1.0
_CLOSING_SECONDS: Final = 0.2


class Pair:
    """Lend the two banks.

    Args:
        open_current: Opens the bank the rollout began at.
        open_candidate: Opens the other, by its target.
        open_trial: Opens the other for reads that must not wait for it: the current bank can
            answer them.
        candidate: The target of the other.
    """

    def __init__(
        self,
        open_current: Callable[[], StorageBackend],
        open_candidate: Callable[[str], StorageBackend],
        open_trial: Callable[[str], StorageBackend],
        candidate: str,
    ) -> None:
        self._candidate = candidate
        self._openers: dict[_Place, Callable[[], StorageBackend]] = {
            "current": open_current,
            "candidate": lambda: open_candidate(self._candidate),
            "trial": lambda: open_trial(self._candidate),
        }
        self._open: dict[_Place, StorageBackend] = {}
        self._locks = {role: threading.Lock() for role in self._openers}
        self._not_before: dict[Role, float] = {}
        self._closed = False

    def aim(self, candidate: str) -> None:
        """Go by another candidate from now on: the rollout was begun anew, to another place."""
        if candidate == self._candidate:
            return
        with self._locks["candidate"], self._locks["trial"]:
            self._candidate = candidate
            places: tuple[_Place, ...] = ("candidate", "trial")
            outdated = [self._open.pop(place) for place in places if place in self._open]
        for bank in outdated:
            bank.close()

    def on_trial(self) -> StorageBackend:
        """Give the candidate for a read that must not wait for it; raises what opening it raises."""
        return self.get("trial")

    def get(self, role: _Place) -> StorageBackend:
        """Give a bank; raises what opening it raises."""
        found = self._open.get(role)
        if found is not None:
            return found
        with self._locks[role]:
            if self._closed:
                raise Unavailable("the bank is closed", hint="Open it again.")
            if role not in self._open:
                opened = self._openers[role]()
                if self._closed:  # while a bank out of reach was being opened
                    opened.close()
                    raise Unavailable("the bank is closed", hint="Open it again.")
                self._open[role] = opened
            return self._open[role]

    def ready(self, role: Role) -> bool:
        """Give whether a bank may be tried: not within a moment after it could not be reached."""
        return time.monotonic() >= self._not_before.get(role, 0.0)

    def note_failure(self, role: Role) -> None:
        """Leave a bank alone for a moment."""
        self._not_before[role] = time.monotonic() + _PAUSE_SECONDS

    def note_success(self, role: Role) -> None:
        """Trust a bank again."""
        self._not_before.pop(role, None)

    def close(self) -> None:
        """Close what is open."""
        self._closed = True
        for role, lock in self._locks.items():
            if not lock.acquire(timeout=_CLOSING_SECONDS):
                continue  # being opened, which may take long; who opens it closes it
            try:
                opened = self._open.pop(role, None)
            finally:
                lock.release()
            if opened is not None:
                opened.close()


def other(role: Role) -> Role:
    """Give the other one.

    >>> other("current")
    'candidate'
    """
    return "candidate" if role == "current" else "current"


def told(error: Exception) -> str:
    """Give an error as status shows it."""
    kind = error.code if isinstance(error, ReasoningBankError) else type(error).__name__
    return f"{kind}: {error}"
