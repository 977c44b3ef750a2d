"""Watching the candidate: what it fails at, how long it takes, and where it answers otherwise."""

from __future__ import annotations

import math
import statistics
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from queue import Empty, Full, Queue
from typing import Final

import msgspec

from reasoningbank.storage.rollout.journal import Journal
from reasoningbank.storage.rollout.state import RolloutState

_WINDOW: Final = 100
_ENOUGH: Final = 20
_WAITING: Final = 64
_FLUSH_AT: Final = 200


class Budget:
    """Count what a process's last reads of the candidate cost, and say when that is too much."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reads: deque[tuple[bool, float]] = deque(maxlen=_WINDOW)

    def note(self, *, failed: bool, seconds: float, state: RolloutState) -> str | None:
        """Take a read into account; give why the candidate should answer no more, or None."""
        with self._lock:
            self._reads.append((failed, seconds))
            failures = sum(one for one, _ in self._reads)
            times = [taken for one, taken in self._reads if not one]
            if failures > state.error_budget:
                self._reads.clear()
                return f"{failures} of the last reads failed (budget {state.error_budget})"
            if len(times) >= _ENOUGH:
                median = statistics.median(times) * 1000.0
                if median > state.latency_budget_ms:
                    self._reads.clear()
                    return (
                        f"half of the last {len(times)} reads took more than {median:.1f} ms "
                        f"(budget {state.latency_budget_ms:g} ms)"
                    )
        return None


class Counts:
    """Count what happens, and write it to the journal once in a while."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, operation: str) -> None:
        """Count one."""
        with self._lock:
            self._counts[name, operation] += 1
            full = sum(self._counts.values()) >= _FLUSH_AT
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what was counted."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        if counts:
            self._journal.count(dict(counts))


class Comparisons:
    """Ask the other bank the same, off the caller's path, and count answers that differ.

    At most so many wait; those beyond are not compared and counted as dropped. A comparison counts only
    if no write of the namespace began between the caller's read and the second answer.

    Args:
        journal: Where they are counted.
        counts: The counters.
    """

    def __init__(self, journal: Journal, counts: Counts) -> None:
        self._journal = journal
        self._counts = counts
        self._waiting: Queue[Callable[[], None]] = Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def offer(
        self,
        operation: str,
        namespace: str,
        writes: int,
        answer: object,
        ask: Callable[[], object],
    ) -> None:
        """Have `ask` called later and compared with `answer`."""
        try:
            self._waiting.put_nowait(
                lambda: self._compare(operation, namespace, writes, answer, ask)
            )
        except Full:
            self._counts.add("compared_dropped", operation)
            return
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(
                    target=self._run, name="reasoningbank-comparisons", daemon=True
                )
                self._thread.start()

    def close(self) -> None:
        """End it; what still waits is not compared."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._closed:
            try:
                self._waiting.get(timeout=0.05)()
            except Empty:
                continue

    def _compare(
        self,
        operation: str,
        namespace: str,
        writes: int,
        answer: object,
        ask: Callable[[], object],
    ) -> None:
        try:
            second = ask()
            view = self._journal.view(namespace)
        except Exception:  # noqa: BLE001 - whatever it raises, the caller has his answer
            self._counts.add("compared_failed", operation)
            return
        if not view.settled or view.writes != writes:
            self._counts.add("compared_too_late", operation)
        elif alike(msgspec.to_builtins(answer), msgspec.to_builtins(second)):
            self._counts.add("compared_equal", operation)
        else:
            self._counts.add("compared_different", operation)
            self._counts.flush()
            self._journal.note_mismatch(f"{operation} in {namespace}")


def alike(first: object, second: object) -> bool:
    """Give whether two answers say the same: sums of numbers may differ in their last digits.

    >>> alike([{"similarity": 0.5}], [{"similarity": 0.5000000000000001}])
    True
    """
    if isinstance(first, float) or isinstance(second, float):
        return (
            isinstance(first, (int, float))
            and isinstance(second, (int, float))
            and math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12)
        )
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(
            alike(value, second[name]) for name, value in first.items()
        )
    if _is_list(first) and _is_list(second):
        assert isinstance(first, Sequence)
        assert isinstance(second, Sequence)
        return len(first) == len(second) and all(map(alike, first, second))
    return first == second


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
