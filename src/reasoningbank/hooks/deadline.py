"""The time a hook may take: when it is over, the process ends, whatever it waits for."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

LIMIT_SECONDS: Final = 1.7
"""From here to the end; with the start of the interpreter and loading this, two seconds."""

BUSY_SECONDS: Final = 0.9
"""How long a hook waits for other writers of the bank: so long that it can still say so in the log."""


class Deadline:
    """End the process with status 0 after a while, unless it has ended by then.

    A thread rather than a signal: it works on every platform, and also while the main thread waits
    inside SQLite or for standard input.

    Args:
        seconds: How long to wait.
        on_late: Called before the process ends; it must not wait for anything.
    """

    def __init__(self, seconds: float, on_late: Callable[[], None]) -> None:
        self._on_late = on_late
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        try:
            self._on_late()
        finally:
            os._exit(0)

    def met(self) -> None:
        """Say that the work is done."""
        self._timer.cancel()
