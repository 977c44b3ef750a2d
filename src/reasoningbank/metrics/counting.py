"""Counts of one bank in one process; several threads add to them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import repeat
from operator import length_hint
from typing import Final, NamedTuple, Protocol

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.latency import bucket_of
from reasoningbank.domain.metrics import BUCKET, BYTES, CALLS, ERROR, ROWS, SECONDS

QUICKEST: Final = "get_pattern"
"""The operation that takes so little that asking the clock twice would cost it several percent."""

SAMPLE: Final = 64
"""One in so many of its calls is timed, and counts for all of them; each is counted."""

WEIGHED: Final = 16
"""One in so many calls of an operation is weighed, the first among them; its bytes count for all since the one before."""

QUICK_WEIGHED: Final = 512
"""The same for the quickest operation, of which only calls that are timed are weighed."""

UNEXPECTED: Final = "unexpected"
_NANOSECONDS: Final = 1_000_000_000
_MISSED: Final = "missed"


class Ended(NamedTuple):
    """One call that ended: what is told to whoever listens."""

    operation: str
    nanoseconds: int
    rows: int
    error: str | None


class Listener(Protocol):
    """Be told of every call that ended, in the thread that made it."""

    def __call__(self, ended: Ended, /) -> None:
        """Take note of a call; must be quick and must not raise."""


def error_code(error: BaseException) -> str:
    """Give the code of one of the bank's errors, or that it is none."""
    return error.code if isinstance(error, ReasoningBankError) else UNEXPECTED


class _Counted:
    """What was counted of one operation."""

    __slots__ = ("buckets", "bytes", "calls", "nanoseconds", "rows", "weigh_at", "weighed_calls")

    def __init__(self) -> None:
        self.calls = 0
        self.rows = 0
        self.bytes = 0
        self.weigh_at = 1
        self.weighed_calls = 0
        self.nanoseconds = 0
        self.buckets: dict[int, int] = {}


class Counters:
    """Add up calls, durations, rows, errors and events, by name.

    >>> counters = Counters()
    >>> _ = counters.ended("search_by_category", 52_000, rows=10)
    >>> counters.totals()["search_by_category.rows"]
    10
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._operations: dict[str, _Counted] = {}
        self._listeners: tuple[Listener, ...] = ()
        self.quick: Iterator[int] = repeat(0, 0)
        """Gives as many values as there are quick calls before the next one that is timed.

        Drawing from it counts a call, in one step that no other thread can come between and that needs no lock."""
        self._quick_size = 0
        self._quick_before = 0
        self._quick_timed = 0
        self.on_first: Callable[[], None] | None = None
        """Called once when something is counted, and then forgotten."""

    def ended(self, operation: str, nanoseconds: int, rows: int) -> bool:
        """Count a call that gave its answer, and give whether it is one to be weighed."""
        with self._lock:
            counted = self._operations.get(operation) or self._new(operation)
            counted.calls += 1
            counted.rows += rows
            counted.nanoseconds += nanoseconds
            bucket = bucket_of(nanoseconds)
            buckets = counted.buckets
            buckets[bucket] = buckets.get(bucket, 0) + 1
            # Not by the number of the call: one that raises has no answer, and its turn goes to the next.
            to_weigh = counted.calls >= counted.weigh_at
            if to_weigh:
                counted.weigh_at = counted.calls + WEIGHED
        if self._listeners:
            self._tell(Ended(operation, nanoseconds, rows, None))
        if self.on_first is not None:
            self._begin()
        return to_weigh

    def weighed(self, operation: str, size: int) -> None:
        """Count the bytes of a call that was drawn to be weighed, for all calls since the one before."""
        with self._lock:
            counted = self._operations[operation]
            calls = counted.calls
            if operation == QUICKEST:
                calls += self._quick_calls()
            counted.bytes += size * (calls - counted.weighed_calls)
            counted.weighed_calls = calls

    def failed(self, operation: str, nanoseconds: int, error: BaseException) -> None:
        """Count a call that raised."""
        code = error_code(error)
        with self._lock:
            self._totals[f"{operation}.{ERROR}.{code}"] += 1
            self.timed(operation, nanoseconds, 1)
            self._operations[operation].calls += 1
        if self._listeners:
            self._tell(Ended(operation, nanoseconds, 0, code))
        if self.on_first is not None:
            self._begin()

    def next_quick(self, drawn: Iterator[int]) -> Iterator[int]:
        """Count a quick call for which nothing was left in `drawn`, and give what the next ones draw from."""
        with self._lock:
            self._quick_before += 1
            if drawn is self.quick:  # else another thread was first
                self._quick_before += self._quick_size
                self._quick_size = SAMPLE - 1
                self.quick = repeat(0, self._quick_size)
            return self.quick

    def quick_timed(self, nanoseconds: int) -> bool:
        """Count the time of a quick call that is timed, and give whether it is one to be weighed."""
        with self._lock:
            self.timed(QUICKEST, nanoseconds, SAMPLE)
            self._quick_timed += 1
            to_weigh = self._quick_timed % (QUICK_WEIGHED // SAMPLE) == 1
        if self.on_first is not None:
            self._begin()
        return to_weigh

    def quick_without_row(self, error: BaseException | None = None) -> None:
        """Count a quick call that found nothing, or that raised."""
        with self._lock:
            self._totals[_MISSED] += 1
            if error is not None:
                self._totals[f"{QUICKEST}.{ERROR}.{error_code(error)}"] += 1
        if self.on_first is not None:
            self._begin()

    def event(self, name: str, amount: int = 1) -> None:
        """Count something that is no call, such as a recall that abstained."""
        with self._lock:
            self._totals[name] += amount

    def totals(self) -> dict[str, float]:
        """Give everything counted so far, by name."""
        with self._lock:
            quick = self._quick_calls()
            totals: dict[str, float] = dict(self._totals)
            found = quick - totals.pop(_MISSED, 0)
            for name, more in ((CALLS, quick), (ROWS, found)):
                if more > 0:
                    name = f"{QUICKEST}.{name}"  # noqa: PLW2901
                    totals[name] = totals.get(name, 0) + more
            for operation, counted in self._operations.items():
                counts = ((CALLS, counted.calls), (ROWS, counted.rows), (BYTES, counted.bytes))
                for name, more in counts:
                    if more:
                        name = f"{operation}.{name}"  # noqa: PLW2901
                        totals[name] = totals.get(name, 0) + more
                totals[f"{operation}.{SECONDS}"] = counted.nanoseconds / _NANOSECONDS
                for bucket, number in counted.buckets.items():
                    totals[f"{operation}.{BUCKET}.{bucket}"] = number
        return totals

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of every call from now on."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def timed(self, operation: str, nanoseconds: int, weight: int) -> None:
        """Add a duration that stands for `weight` calls; the caller holds the lock."""
        counted = self._operations.get(operation) or self._new(operation)
        counted.nanoseconds += nanoseconds * weight
        bucket = bucket_of(nanoseconds)
        counted.buckets[bucket] = counted.buckets.get(bucket, 0) + weight

    def _quick_calls(self) -> int:
        return self._quick_before + self._quick_size - length_hint(self.quick)

    def _new(self, operation: str) -> _Counted:
        counted = self._operations[operation] = _Counted()
        return counted

    def _tell(self, ended: Ended) -> None:
        for listener in self._listeners:
            listener(ended)

    def _begin(self) -> None:
        with self._lock:
            begin, self.on_first = self.on_first, None
        if begin is not None:
            begin()
