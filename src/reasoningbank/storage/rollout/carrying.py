"""Carrying changes over to the bank that does not count, and comparing the two."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

import msgspec

from reasoningbank.domain.copies import SUBJECT_KINDS, Copy, Subject, SubjectKind, is_empty
from reasoningbank.domain.errors import NotFound, ReasoningBankError, Unavailable
from reasoningbank.storage.contract import StorageBackend
from reasoningbank.storage.rollout.journal import EVERYTHING, Journal, Queued
from reasoningbank.storage.rollout.pair import Pair, other, told
from reasoningbank.storage.rollout.turns import FileLock

PROMOTED: Final = "is in a rollout whose candidate was promoted, so it takes no writes of its own"
"""What programs are told that write to the old bank itself."""

_BATCH: Final = 100
_PAGE: Final = 500


class Compared(msgspec.Struct, frozen=True):
    """How many things of a namespace were compared, and how many had to be carried over."""

    looked_at: int
    carried: int


class Carrier:
    """Carry what is queued to the other bank; one of all that share a rollout at a time.

    Only the one whose turn it is writes copies, so an older copy cannot arrive after a newer one. An
    entry is taken out when the copy that was read after the entry has been committed.

    Args:
        journal: The queue.
        pair: The banks.
    """

    def __init__(self, journal: Journal, pair: Pair) -> None:
        self._journal = journal
        self._pair = pair
        self._turn = FileLock(journal.directory / "carrying.lock")

    def carry(
        self,
        *,
        seconds: float | None = None,
        progress: Callable[[str, int], None] | None = None,
    ) -> bool:
        """Carry over what is queued; give whether nothing is left that could be.

        Nothing is done where it is another's turn or where the other bank cannot be reached.

        Args:
            seconds: Stop after about so many; None goes on to the end.
            progress: Called with a namespace and how many things were looked at.
        """
        if not self._turn.take():
            return False
        try:
            return self._carry(None if seconds is None else time.monotonic() + seconds, progress)
        finally:
            self._turn.give_back()

    def _carry(self, deadline: float | None, progress: Callable[[str, int], None] | None) -> bool:
        self._journal.reclaim()
        last, whole = 0, True
        while entries := self._journal.next(_BATCH, last):
            last = entries[-1].sequence
            state = self._journal.state()
            if not state.pairs:
                return True
            self._pair.aim(state.candidate)
            source = self._pair.get(state.authoritative)
            target = self._pair.get(other(state.authoritative))
            for namespace, group in groupby(entries, key=lambda entry: entry.namespace):
                whole &= self._carry_namespace(source, target, namespace, list(group), progress)
            if deadline is not None and time.monotonic() >= deadline:
                return False
        return whole

    def _carry_namespace(
        self,
        source: StorageBackend,
        target: StorageBackend,
        namespace: str,
        entries: list[Queued],
        progress: Callable[[str, int], None] | None,
    ) -> bool:
        try:
            self._carry_entries(source, target, namespace, entries, progress)
        except ReasoningBankError as error:
            if len(entries) == 1:
                self._journal.failed(entries[0], told(error))
                return False
        else:
            return True
        # Something of the batch cannot be carried over: all the others can, and it can be named.
        target.namespaces()  # unless the bank cannot be reached at all
        whole = True
        for one in entries:
            whole &= self._carry_namespace(source, target, namespace, [one], progress)
        return whole

    def _carry_entries(
        self,
        source: StorageBackend,
        target: StorageBackend,
        namespace: str,
        entries: Sequence[Queued],
        progress: Callable[[str, int], None] | None,
    ) -> None:
        if any(entry.kind == EVERYTHING for entry in entries):
            compare(source, target, namespace, progress=progress)
        subjects = [
            msgspec.convert({"kind": entry.kind, "id": entry.id}, Subject)
            for entry in entries
            if entry.kind != EVERYTHING
        ]
        put(target, namespace, source.copies(namespace, in_order(subjects), verified=True))
        self._journal.done(entries)


def in_order(subjects: Sequence[Subject]) -> list[Subject]:
    """Give subjects in the order in which they refer to each other."""
    return sorted(subjects, key=lambda subject: SUBJECT_KINDS.index(subject.kind))


def put(target: StorageBackend, namespace: str, copies: Sequence[Copy]) -> int:
    """Make a bank's content equal to copies; what is gone from theirs is erased with its bytes."""
    changed = target.put_copies(namespace, [copy for copy in copies if not is_empty(copy)])
    for copy in copies:
        if is_empty(copy):
            changed += _remove(target, namespace, copy)
    return changed


def _remove(target: StorageBackend, namespace: str, gone: Copy) -> int:
    # Patterns and trajectories leave their text in a file until it is overwritten; erasing does that.
    erasers: dict[str, Callable[[str, str], object]] = {
        "PatternCopy": target.erase_pattern,
        "TrajectoryCopy": target.erase_trajectory,
    }
    erase = erasers.get(type(gone).__name__)
    if erase is not None:
        try:
            _erase(target, erase, namespace, gone.id)
        except NotFound:
            pass  # that is what is wanted
    return target.put_copies(namespace, [gone])


def _erase(
    target: StorageBackend, erase: Callable[[str, str], object], namespace: str, gone: str
) -> None:
    try:
        erase(namespace, gone)
    except Unavailable as error:
        if PROMOTED not in str(error):
            raise
        # It takes copies alone; erasing is none, and others are kept out again at once.
        target.refuse_writes(None)
        try:
            erase(namespace, gone)
        finally:
            target.refuse_writes(PROMOTED)


def compare(
    source: StorageBackend,
    target: StorageBackend,
    namespace: str,
    *,
    carry: bool = True,
    progress: Callable[[str, int], None] | None = None,
) -> Compared:
    """Compare all of a namespace, and unless `carry` is False make the target's equal.

    Raises:
        ReasoningBankError: The first thing that could not be carried over; all the others were.
    """
    looked_at = carried = 0
    refused: ReasoningBankError | None = None
    for kind in SUBJECT_KINDS:
        for subjects in _pages(source, target, namespace, kind):
            try:
                carried += _compare_page(source, target, namespace, subjects, carry=carry)
            except ReasoningBankError:
                target.namespaces()  # raises where the bank cannot be reached at all
                for subject in subjects:
                    try:
                        carried += _compare_page(source, target, namespace, [subject], carry=carry)
                    except ReasoningBankError as error:
                        refused = refused or error
            looked_at += len(subjects)
            if progress is not None:
                progress(namespace, looked_at)
    if refused is not None:
        raise refused
    return Compared(looked_at, carried)


def _compare_page(
    source: StorageBackend,
    target: StorageBackend,
    namespace: str,
    subjects: Sequence[Subject],
    *,
    carry: bool,
) -> int:
    ours = source.copies(namespace, subjects, verified=True)
    theirs = target.copies(namespace, subjects)
    differing = [copy for copy, there in zip(ours, theirs, strict=True) if copy != there]
    if carry:
        # Removed first: what is gone may be in the way of what came.
        differing.sort(key=is_empty, reverse=True)
        for copy in differing:
            if is_empty(copy):
                _remove(target, namespace, copy)
        put(target, namespace, [copy for copy in differing if not is_empty(copy)])
    return len(differing)


def _pages(
    source: StorageBackend, target: StorageBackend, namespace: str, kind: SubjectKind
) -> Iterator[list[Subject]]:
    """Give everything of a kind that either bank has, a page at a time."""
    if kind == "model":
        yield [Subject("model", "")]
        return
    page: list[Subject] = []
    both = heapq.merge(_ids(source, namespace, kind), _ids(target, namespace, kind))
    for one, _ in groupby(both):
        page.append(Subject(kind, one))
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _ids(storage: StorageBackend, namespace: str, kind: SubjectKind) -> Iterator[str]:
    last = ""
    while ids := storage.subject_ids(namespace, kind, last, _PAGE):
        yield from ids
        last = ids[-1]
