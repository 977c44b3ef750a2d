"""Consolidating every so many new patterns, in a thread of its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from uuid import uuid4

from reasoningbank.bank.consolidating import Consolidator
from reasoningbank.domain.consolidation import ConsolidationOptions
from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.identifiers import Clock
from reasoningbank.storage import StorageBackend

_PATTERNS_AT_ONCE = 200


class BackgroundConsolidation:
    """Consolidate a namespace whenever enough patterns are new, off the caller's path.

    The thread lives while there is something to do. It has connections of its own, and takes turns
    with the threads of other processes on the same file. Only steps that can be undone are taken.

    Args:
        every: How many new patterns are enough.
        namespace: The tenant.
        open_storage: Gives storage for the thread, and what to do with it afterwards.
        consolidator: Gives what consolidates on that storage.
        clock: Gives the time.
    """

    def __init__(
        self,
        every: int,
        namespace: str,
        *,
        open_storage: Callable[[], tuple[StorageBackend, Callable[[], None]]],
        consolidator: Callable[[StorageBackend], Consolidator],
        clock: Clock,
    ) -> None:
        self._every = every
        self._namespace = namespace
        self._open_storage = open_storage
        self._consolidator = consolidator
        self._clock = clock
        self._owner = str(uuid4())
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        # Other processes may have stored before: the first store looks.
        self._until_look = 1

    def stored(self, count: int) -> None:
        """Note that so many patterns were stored; start the thread when it is time to look."""
        with self._lock:
            self._until_look -= count
            if self._until_look > 0 or self._thread is not None or self._closing:
                return
            self._thread = threading.Thread(
                target=self._work, name="reasoningbank-consolidation", daemon=True
            )
            self._thread.start()

    def close(self) -> None:
        """Let the thread end what it has begun, at most some hundred patterns, and wait for it."""
        if os.getpid() != self._process:
            return  # the thread stayed behind in the process that was forked
        with self._lock:
            self._closing = True
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                self._until_look = 0
            missing = self._look()
            with self._lock:
                self._until_look += missing
                if self._until_look > 0 or self._closing:
                    self._thread = None
                    return

    def _look(self) -> int:
        """Consolidate if it is time; give after how many new patterns to look again."""
        try:
            storage, done = self._open_storage()
            try:
                return self._consolidate(storage)
            finally:
                done()
        except Exception as error:  # noqa: BLE001 - in a thread nobody else would see it
            _report(error)
            return self._every

    def _consolidate(self, storage: StorageBackend) -> int:
        def missing(every: int) -> int:
            return storage.claim_consolidation(self._namespace, self._owner, every, self._clock())

        more = missing(self._every)
        if more:
            return more
        failure: str | None = None
        try:
            consolidator = self._consolidator(storage)
            while consolidator.step(ConsolidationOptions(), _PATTERNS_AT_ONCE):
                if self._closing or missing(0):  # which also renews the turn
                    break
        except Exception as error:
            failure = _named(error)
            raise
        finally:
            storage.release_consolidation(self._namespace, self._owner, failure)
        return self._every


def _named(error: Exception) -> str:
    """Give what may be kept of an error: the words of others might quote a task, which outlives it."""
    return str(error) if isinstance(error, ReasoningBankError) else type(error).__name__


def _report(error: Exception) -> None:
    import logging  # rarely needed, and slow to import

    logging.getLogger("reasoningbank").warning(
        "consolidating in the background failed: %s: %s", type(error).__name__, error
    )
