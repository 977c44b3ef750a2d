"""How a rollout makes one write and one read; every operation is one of the two."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from reasoningbank.domain.copies import Subject
from reasoningbank.domain.errors import (
    Busy,
    Conflict,
    EmbeddingMismatch,
    InvalidInput,
    NotFound,
    ReasoningBankError,
)
from reasoningbank.storage.contract import StorageBackend
from reasoningbank.storage.rollout.carrying import Carrier
from reasoningbank.storage.rollout.journal import Journal
from reasoningbank.storage.rollout.pair import Pair, other, told
from reasoningbank.storage.rollout.state import PERCENT_VARIABLE, Role, RolloutState
from reasoningbank.storage.rollout.watching import Budget, Comparisons, Counts

_T = TypeVar("_T")

_TICK_SECONDS: Final = 0.5
_CLOSING_SECONDS: Final = 1.0
_ERASING_SECONDS: Final = 5.0
_LONGEST_JOIN_SECONDS: Final = 1.0
# Spreads the reads that are compared over all of them: it has no factor in common with 100.
_STRIDE: Final = 37
# Raised before anything was stored, so nothing has to be carried over.
_REFUSALS: Final = (InvalidInput, NotFound, Conflict, EmbeddingMismatch)


class RolloutCore:
    """Hold the two banks and the journal, and make reads and writes.

    Args:
        journal: State and queue.
        pair: The two banks.
    """

    def __init__(self, journal: Journal, pair: Pair) -> None:
        self._journal = journal
        self._pair = pair
        self._percent = percent_of(os.environ.get(PERCENT_VARIABLE))
        self._carrier = Carrier(journal, pair)
        self._counts = Counts(journal)
        self._budget = Budget()
        self._comparisons = Comparisons(journal, self._counts)
        self._unsettled: list[tuple[int, str, Sequence[Subject] | None]] = []
        self._turns = itertools.count()
        self._wake = threading.Event()
        self._wake.set()  # what others left is carried over at once
        self._closing = False
        self._process = os.getpid()
        self._thread = threading.Thread(
            target=self._carry_on, name="reasoningbank-rollout", daemon=True
        )
        self._thread.start()

    @property
    def read_only(self) -> bool:
        return self._counting().read_only

    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        if self._process != os.getpid():  # threads and connections stayed with the parent
            return
        self._wake.set()
        self._thread.join(_LONGEST_JOIN_SECONDS)  # it may be waiting for a bank out of reach
        self._comparisons.close()
        try:
            # What cannot be carried over or written now is in the queue for the next to come.
            with contextlib.suppress(ReasoningBankError):
                self._counts.flush()
                self._settle_rest()
                if self._pair.ready(other(self._journal.state().authoritative)):
                    self._carrier.carry(seconds=_CLOSING_SECONDS)
        finally:
            self._pair.close()
            self._journal.close()

    def _counting(self) -> StorageBackend:
        """Give the bank whose commit is the acknowledgement."""
        state = self._journal.state()
        self._pair.aim(state.candidate)
        return self._pair.get(state.authoritative)

    def _write(
        self,
        namespace: str,
        call: Callable[[StorageBackend], _T],
        subjects: Sequence[Subject] | None,
        changed: Callable[[_T], Iterable[Subject]] | None = None,
    ) -> _T:
        """Make a write in the bank that counts, and queue what it changed for the other.

        Args:
            namespace: The tenant.
            call: The write.
            subjects: What it may change; None where that is known afterwards or not at all.
            changed: Gives what else it changed, by what it returned.
        """
        state, number = self._journal.begin(namespace, subjects)
        self._pair.aim(state.candidate)
        if number is None:
            return call(self._pair.get(state.authoritative))
        after = subjects  # where it is not known what became of it: all it may have changed
        try:
            try:
                result = call(self._pair.get(state.authoritative))
            except _REFUSALS:
                after = subjects or ()
                raise
            if changed is not None:
                after = [*(subjects or ()), *changed(result)]
            return result
        finally:
            self._settle(number, namespace, after)

    def _settle(self, number: int, namespace: str, after: Sequence[Subject] | None) -> None:
        try:
            self._journal.settle(number, namespace, after)
        except ReasoningBankError:
            # The write is made and noted; that note stands until this succeeds.
            self._unsettled.append((number, namespace, after))
        self._wake.set()

    def _settle_rest(self) -> None:
        while self._unsettled:
            self._journal.settle(*self._unsettled[0])
            self._unsettled.pop(0)

    def _read(
        self,
        operation: str,
        namespace: str,
        key: str | bytes,
        call: Callable[[StorageBackend], _T],
    ) -> _T:
        """Ask one of the banks, and now and then the other as well.

        Args:
            operation: The name that counters go by.
            namespace: The tenant.
            key: What is asked for; its hash chooses, so that the same is asked of the same bank.
            call: The question.
        """
        view = self._journal.view(namespace)
        state = view.state
        self._pair.aim(state.candidate)
        counting = state.authoritative
        if not state.pairs or state.phase == "promoted":
            return call(self._pair.get(counting))
        place = _place(operation, namespace, key)
        by_candidate = (
            view.settled
            and state.fallen_back is None
            and place < (state.percent if self._percent is None else self._percent)
            and self._pair.ready("candidate")
        )
        answered: Role = "candidate" if by_candidate else "current"
        answer = self._asked_candidate(operation, call, state) if by_candidate else None
        if answer is None:
            answered = "current"
            answer = (call(self._pair.get("current")),)
        self._counts.add(f"read_{answered}", operation)
        if view.settled and next(self._turns) * _STRIDE % 100 < state.shadow_percent:
            role = other(answered)
            if self._pair.ready(role):
                self._comparisons.offer(
                    operation,
                    namespace,
                    view.writes,
                    answer[0],
                    lambda: call(
                        self._pair.on_trial() if role == "candidate" else self._pair.get(role)
                    ),
                )
        return answer[0]

    def _asked_candidate(
        self, operation: str, call: Callable[[StorageBackend], _T], state: RolloutState
    ) -> tuple[_T] | None:
        """Give the candidate's answer, or None where it failed and the current bank is to answer."""
        begun = time.perf_counter()
        failure = None
        try:
            answer = (call(self._pair.on_trial()),)
        except _REFUSALS:
            # Perhaps the right answer: the current bank says so too then.
            self._counts.add("candidate_refused", operation)
            return None
        except Exception as error:  # noqa: BLE001 - counted, and the caller gets the other's answer
            answer, failure = None, error
            self._counts.add("candidate_failed", operation)
            self._pair.note_failure("candidate")
        taken = time.perf_counter() - begun
        reason = self._budget.note(failed=failure is not None, seconds=taken, state=state)
        if reason is not None:
            last = "" if failure is None else f"; the last: {told(failure)}"
            self._fall_back(f"{reason}{last}")
        return answer

    def _fall_back(self, reason: str) -> None:
        with contextlib.suppress(ReasoningBankError):  # it will be found again
            if self._journal.state().fallen_back is None:
                self._journal.change(f"fell back to the current bank: {reason}", fallen_back=reason)
        self._counts.flush()

    def _carry_on(self) -> None:
        """Carry over what is queued, until the bank is closed."""
        with contextlib.suppress(OSError, ReasoningBankError):  # the next to come sweeps as well
            self._journal.sweep()
        while not self._closing:
            self._wake.wait(_TICK_SECONDS)
            self._wake.clear()
            if self._closing:
                return
            role = other(self._authoritative_or_current())
            if not self._pair.ready(role):
                continue
            try:
                self._settle_rest()
                self._counts.flush()
                if self._journal.queued():
                    self._carrier.carry(seconds=_TICK_SECONDS)
                self._pair.note_success(role)
            except Exception as error:  # noqa: BLE001 - noted with what waits, and tried again
                if self._closing:
                    return
                self._pair.note_failure(role)
                self._note_waiting(error)

    def _authoritative_or_current(self) -> Role:
        try:
            return self._journal.state().authoritative
        except ReasoningBankError:
            return "current"

    def _note_waiting(self, error: Exception) -> None:
        with contextlib.suppress(ReasoningBankError):
            for entry in self._journal.next(1):
                self._journal.failed(entry, told(error))

    def _carry_now(self, namespace: str, subjects: Sequence[Subject]) -> None:
        """Carry subjects over before the caller goes on: what is erased must be gone from both."""
        deadline = time.monotonic() + _ERASING_SECONDS
        while self._journal.waits(namespace, subjects):
            with contextlib.suppress(ReasoningBankError):
                self._carrier.carry()
            if self._journal.waits(namespace, subjects) and time.monotonic() >= deadline:
                raise Busy(
                    "could not be reached, so the other bank of the rollout may hold what was erased",
                    path=str(self._journal.directory),
                    hint="It is erased there as soon as that works; erase again to be sure.",
                )
            time.sleep(0.01)


def percent_of(given: str | None) -> int | None:
    """Give the percentage that the environment asks for, or None where it does not.

    Raises:
        InvalidInput: For anything but a whole number from 0 to 100.
    """
    if not given:
        return None
    if not given.isascii() or not given.isdigit() or int(given) > 100:  # noqa: PLR2004
        raise InvalidInput(
            f"must be a whole number from 0 to 100, not {given!r}", field=PERCENT_VARIABLE
        )
    return int(given)


def _place(operation: str, namespace: str, key: str | bytes) -> int:
    """Give where a question stands between 0 and 99: always the same for the same question."""
    asked = key if isinstance(key, bytes) else key.encode()
    return zlib.crc32(b"\0".join((operation.encode(), namespace.encode(), asked))) % 100
