"""Recall events, written off the caller's path."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from uuid import UUID

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.storage import StorageBackend

_SOON_SECONDS = 0.02
_KEPT = 10_000


class RecallRecorder:
    """Keep recall events in a thread of its own; nothing is lost before `flush` has returned.

    Args:
        storage: Where they are kept.
        namespace: The tenant they belong to.
    """

    def __init__(self, storage: StorageBackend, namespace: str) -> None:
        self._storage = storage
        self._namespace = namespace
        self._waiting: OrderedDict[UUID, RecallEvent] = OrderedDict()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._timer: threading.Timer | None = None
        self._process = os.getpid()

    def add(self, event: RecallEvent) -> None:
        """Take an event; it is written soon, together with others."""
        with self._lock:
            self._waiting[event.id] = event
            while len(self._waiting) > _KEPT:  # a bank that cannot be written for hours
                self._waiting.popitem(last=False)
            if self._timer is None:
                self._timer = threading.Timer(_SOON_SECONDS, self._write_soon)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what is waiting, now.

        Raises:
            ReasoningBankError: When it cannot be written; it goes on waiting.
        """
        with self._writing:
            with self._lock:
                events = list(self._waiting.values())
            if events:
                self._storage.record_recalls(self._namespace, events)
            with self._lock:
                for event in events:
                    self._waiting.pop(event.id, None)

    def close(self) -> None:
        """Write what is waiting and stop; what cannot be written is given up."""
        if os.getpid() != self._process:
            return  # forked: the events are those of the other process, and so may be the lock
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        if self._waiting:
            self.flush()

    def _write_soon(self) -> None:
        with self._lock:
            self._timer = None
        try:
            self.flush()
        except ReasoningBankError:
            # Kept: the next event, an outcome that names it, or closing tries again.
            return
