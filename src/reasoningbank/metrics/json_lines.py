"""One line of JSON for every call: what was called, how long it took, how it ended. No stored text."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TextIO

import msgspec

from reasoningbank.domain.identifiers import Clock
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.metrics.counting import Ended

_NANOSECONDS: Final = 1_000_000_000


class OperationLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the log.

    Args:
        timestamp: When the call ended.
        level: ``info``, or ``error`` for a call that raised.
        event: Always ``operation``.
        operation: The method of the bank.
        seconds: How long it took.
        rows: Rows given or written.
        error: The code of the error, if it raised.

    >>> msgspec.json.encode(
    ...     OperationLine(
    ...         timestamp="2026-11-21T01:02:03.004Z",
    ...         level="info",
    ...         operation="recall",
    ...         seconds=0.001,
    ...         rows=3,
    ...     )
    ... ).decode()
    '{"timestamp":"2026-11-21T01:02:03.004Z","level":"info","operation":"recall","seconds":0.001,"rows":3}'
    """

    timestamp: str
    level: str
    operation: str
    seconds: float
    rows: int
    error: str | None = None
    event: str | None = None


class JsonLines:
    """Write a line for every call.

    Args:
        stream: Where lines go; each is written whole, whichever thread writes it.
        clock: Gives milliseconds since 1970-01-01 UTC.
    """

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._encode: Callable[[object], bytes] = msgspec.json.Encoder().encode

    def __call__(self, ended: Ended, /) -> None:
        """Write the line of a call that ended."""
        line = OperationLine(
            timestamp=format_timestamp(self._clock()),
            level="info" if ended.error is None else "error",
            event="operation",
            operation=ended.operation,
            seconds=ended.nanoseconds / _NANOSECONDS,
            rows=ended.rows,
            error=ended.error,
        )
        text = self._encode(line).decode() + "\n"
        with self._lock:
            try:
                self._stream.write(text)
                self._stream.flush()
            except (OSError, ValueError):
                # A log that cannot be written, full or closed, must not fail the call it tells of.
                return
