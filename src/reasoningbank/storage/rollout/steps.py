"""The steps of a rollout: start, set, promote, roll back, finish; each can be run again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reasoningbank.domain.copies import SUBJECT_KINDS
from reasoningbank.domain.errors import Conflict, InvalidInput, NotFound, Unavailable
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.domain.validation import checked_count, checked_number
from reasoningbank.storage.contract import StorageBackend
from reasoningbank.storage.location import checked_file_name, resolve_location
from reasoningbank.storage.rollout.carrying import PROMOTED, Carrier, Compared, compare
from reasoningbank.storage.rollout.journal import Journal
from reasoningbank.storage.rollout.journal_file import create_journal
from reasoningbank.storage.rollout.opening import Opening, boot_id, directory_of
from reasoningbank.storage.rollout.pair import Pair, other
from reasoningbank.storage.rollout.state import Role, RolloutState, RolloutStatus
from reasoningbank.storage.rollout.wording import going_on, none_going_on, not_level, shown

Progress = Callable[[str, int], None]

_BUSY_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.02
_ROLES: Final[tuple[Role, ...]] = ("current", "candidate")


class Rollout:
    """Steer the rollout of one bank.

    Args:
        target: The bank, as `open_storage` takes it: a file.
        patience: Seconds to wait for writers and for what is queued.
    """

    def __init__(self, target: str | None = None, *, patience: float = _BUSY_SECONDS) -> None:
        location = resolve_location(target)
        if location.path is None:
            raise InvalidInput(
                "is in memory, where nothing can be rolled out from",
                field="target",
                hint="Name a bank in a file.",
            )
        self._path = checked_file_name(location.path)
        self._opening = Opening(
            path=self._path, reason=location.reason, busy_timeout=patience, durability="normal"
        )
        self._patience = patience

    @property
    def path(self) -> Path:
        """The bank the rollout begins at."""
        return self._path

    def start(
        self,
        candidate: str,
        *,
        overwrite: bool = False,
        shadow_percent: int = 10,
        error_budget: int = 5,
        latency_budget_ms: float = 1000.0,
        progress: Progress | None = None,
    ) -> RolloutStatus:
        """Pair the bank with a candidate and copy everything over; the candidate answers nothing yet.

        Interrupted, it goes on where it was when it is run again.

        Args:
            candidate: Where the other bank is or is to be made.
            overwrite: Whether what the candidate holds may be replaced.
            shadow_percent: How many of a hundred reads are asked of both and compared.
            error_budget: How many of a process's last hundred reads of the candidate may fail.
            latency_budget_ms: How long half of them may take.
            progress: Called with a namespace and how much of it was looked at.

        Raises:
            Conflict: When a rollout to another place is going on, or the candidate holds something.
            InvalidInput: When the candidate is no other, lasting bank.
        """
        checked_count(shadow_percent, "shadow", low=0, high=100)
        checked_count(error_budget, "errors", low=0, high=100)
        checked_number(latency_budget_ms, "latency_ms", 0.0, 3_600_000.0)
        if not self._path.exists():
            raise NotFound(
                "is not there, so nothing can be rolled out from it",
                path=str(self._path),
                hint="Name the bank with --db.",
            )
        place = resolve_location(candidate)
        if place.path is not None:  # whatever directory other programs are started in
            candidate = str(place.path)
        begun = self._state()
        if begun is not None and begun.phase in {"running", "promoted", "finished"}:
            if begun.candidate != candidate or begun.phase != "running":
                raise going_on(begun)
        else:
            now = _now()
            state = RolloutState(
                candidate=candidate,
                shadow_percent=shadow_percent,
                error_budget=error_budget,
                latency_budget_ms=latency_budget_ms,
                started_at=now,
                changed_at=now,
                boot=boot_id(),
            )
            self._begin(state, overwrite=overwrite)
        return self.check(progress=progress)

    def _begin(self, state: RolloutState, *, overwrite: bool) -> None:
        candidate = self._checked_candidate(state.candidate, overwrite=overwrite)
        try:
            create_journal(directory_of(self._path), state)
        finally:
            candidate.close()
        with self._journal() as journal:
            journal.change(f"started, with {shown(state.candidate)} as the candidate")

    def _checked_candidate(self, target: str, *, overwrite: bool) -> StorageBackend:
        place = resolve_location(target)
        if place.path == self._path:
            raise InvalidInput("is the bank itself", field="candidate", hint="Name another place.")
        if place.path is not None and directory_of(place.path).exists():
            raise Conflict(
                "is or was in a rollout of its own",
                path=str(place.path),
                hint="Choose another candidate.",
            )
        candidate = self._opening.candidate(target)
        try:
            current = self._opening.current()
            try:
                namespaces = current.namespaces()
            finally:
                current.close()
            _check_usable(candidate, target, namespaces, overwrite=overwrite)
        except BaseException:
            candidate.close()
            raise
        return candidate

    def check(self, *, progress: Progress | None = None) -> RolloutStatus:
        """Compare everything in both banks and carry over what differs.

        Programs that had the bank open before the rollout started know nothing of it; this finds
        what they wrote.

        Raises:
            Unavailable: When one of the banks cannot be reached.
        """
        with self._journal() as journal, self._banks(journal) as pair:
            self._compare(journal, pair, progress)
            return journal.status(str(self._path))

    def _compare(self, journal: Journal, pair: Pair, progress: Progress | None) -> None:
        state = journal.state()
        if not state.pairs:
            raise none_going_on(self._path)
        for namespace in _namespaces(journal, pair):
            journal.enqueue(namespace, None)
        self._drain(journal, pair, progress)

    def differences(self) -> dict[str, Compared]:
        """Compare everything without changing anything, by namespace; writers should be at rest."""
        with self._journal() as journal, self._banks(journal) as pair:
            role = journal.state().authoritative
            source, target = pair.get(role), pair.get(other(role))
            return {
                name: compare(source, target, name, carry=False)
                for name in _namespaces(journal, pair)
            }

    def status(self) -> RolloutStatus:
        """Give everything there is to tell about the rollout."""
        with self._journal() as journal:
            return journal.status(str(self._path))

    def set(
        self,
        percent: int | None = None,
        *,
        shadow_percent: int | None = None,
        error_budget: int | None = None,
        latency_budget_ms: float | None = None,
        progress: Progress | None = None,
    ) -> RolloutStatus:
        """Change how many reads the candidate answers, from the next read of every process on.

        Setting a percentage also ends a fall-back. Before the first one above 0 everything is
        compared once more, as `check` does.
        """
        values: dict[str, object] = {}
        if percent is not None:
            values |= {"percent": checked_count(percent, "percent", low=0, high=100)}
            values["fallen_back"] = None
        if shadow_percent is not None:
            values["shadow_percent"] = checked_count(shadow_percent, "shadow", low=0, high=100)
        if error_budget is not None:
            values["error_budget"] = checked_count(error_budget, "errors", low=0, high=100)
        if latency_budget_ms is not None:
            values["latency_budget_ms"] = checked_number(
                latency_budget_ms, "latency_ms", 0.0, 3_600_000.0
            )
        with self._journal() as journal:
            state = journal.state()
            if state.phase != "running":
                raise going_on(state) if state.pairs else none_going_on(self._path)
            if percent and not state.percent:
                with self._banks(journal) as pair:
                    self._compare(journal, pair, progress)
            told = ", ".join(
                f"{name} {value}" for name, value in values.items() if value is not None
            )
            journal.change(f"set {told}", **values)
            return journal.status(str(self._path))

    def promote(self, *, progress: Progress | None = None) -> RolloutStatus:
        """Make the candidate the bank that counts; the current one goes on receiving every write.

        Raises:
            Busy: When what is queued could not be carried over in time; nothing was changed.
        """
        with self._journal() as journal, self._banks(journal) as pair:
            state = journal.state()
            if state.phase != "promoted":
                self._compare(journal, pair, progress)
                self._change_over(
                    journal, pair, "promoted the candidate", phase="promoted", fallen_back=None
                )
            # Programs that had it open before the rollout began would write to it past the candidate.
            pair.get("current").refuse_writes(PROMOTED)
            return journal.status(str(self._path))

    def roll_back(self, *, abandon: bool = False) -> RolloutStatus:
        """Go back to the current bank alone, with every write that was acknowledged.

        Args:
            abandon: Go back although the candidate, which counts, cannot be reached: what it alone
                holds is given up.

        Raises:
            Busy: When what is queued for the current bank could not be carried over in time.
        """
        with self._journal() as journal, self._banks(journal) as pair:
            state = journal.state()
            if state.phase == "finished":
                raise going_on(state)
            if state.phase in {"promoted", "rolled_back"}:
                pair.get("current").refuse_writes(None)
            if state.phase == "promoted" and not abandon:
                try:
                    self._change_over(journal, pair, "rolled back", phase="rolled_back", percent=0)
                except BaseException:
                    pair.get("current").refuse_writes(PROMOTED)
                    raise
            elif state.pairs:
                left = journal.queued() if state.phase == "promoted" else 0
                said = f"rolled back, giving up {left} changes" if left else "rolled back"
                journal.change(said, phase="rolled_back", percent=0, held_by=None)
            return journal.status(str(self._path))

    def finish(self, *, abandon: bool = False) -> RolloutStatus:
        """End the rollout with the candidate as the only bank; the old one stays as it is.

        Who opens the old place is led to the new one from now on.

        Args:
            abandon: Finish although the old bank could not be brought level.

        Raises:
            Conflict: Before the candidate was promoted.
            Busy: When what is queued for the old bank could not be carried over in time.
        """
        with self._journal() as journal, self._banks(journal) as pair:
            state = journal.state()
            if state.phase == "running":
                raise Conflict(
                    "was not promoted yet",
                    path=shown(state.candidate),
                    hint="Run `reasoningbank rollout promote` first.",
                )
            if state.phase == "rolled_back":
                raise none_going_on(self._path)
            if state.phase == "promoted" and abandon:
                journal.change("finished", phase="finished", held_by=None)
            elif state.phase == "promoted":
                self._change_over(journal, pair, "finished", phase="finished")
            return journal.status(str(self._path))

    def _change_over(self, journal: Journal, pair: Pair, event: str, **values: object) -> None:
        """Hold writers back, carry over the rest, and change the state in one step."""
        self._drain(journal, pair, None)
        journal.change(held_by=journal.owner)
        try:
            carrier = Carrier(journal, pair)
            deadline = time.monotonic() + self._patience
            while not journal.switch(event, **values):
                carrier.carry()
                _wait(journal, deadline)
        except BaseException:
            journal.change(held_by=None)
            raise

    def _drain(self, journal: Journal, pair: Pair, progress: Progress | None) -> None:
        """Carry over all that was queued when this began; what comes meanwhile may wait."""
        carrier = Carrier(journal, pair)
        newest = journal.newest()
        deadline = time.monotonic() + self._patience
        while journal.waiting_until(newest):
            before = journal.waiting_until(newest)
            carrier.carry(progress=progress)
            if journal.waiting_until(newest) < before:
                deadline = time.monotonic() + self._patience
            else:
                _wait(journal, deadline)

    def _state(self) -> RolloutState | None:
        if not (directory_of(self._path) / "journal.db").exists():
            return None
        with self._journal() as journal:
            return journal.state()

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        if not (directory_of(self._path) / "journal.db").exists():
            raise none_going_on(self._path)
        journal = self._opening.journal()
        try:
            yield journal
        finally:
            journal.close()

    @contextmanager
    def _banks(self, journal: Journal) -> Iterator[Pair]:
        pair = self._opening.pair(journal.state())
        try:
            yield pair
        finally:
            pair.close()


def _namespaces(journal: Journal, pair: Pair) -> list[str]:
    """Give every namespace there is: a server shows a role only the one that it names."""
    both = {one for role in _ROLES for one in pair.get(role).namespaces()}
    return sorted(both | journal.namespaces())


def _holds_something(candidate: StorageBackend, namespaces: Iterable[str]) -> bool:
    names = {*candidate.namespaces(), *namespaces}
    return any(candidate.subject_ids(name, kind, "", 1) for name in names for kind in SUBJECT_KINDS)


def _check_usable(
    candidate: StorageBackend, target: str, namespaces: Iterable[str], *, overwrite: bool
) -> None:
    if not candidate.get_stats("default", _now()).persistent:
        raise InvalidInput("does not last", field="candidate", hint="Name a file or a URL.")
    if candidate.read_only:
        raise Unavailable("cannot be written", path=shown(target))
    if not overwrite and _holds_something(candidate, namespaces):
        raise Conflict(
            "holds something already",
            path=shown(target),
            hint="Name an empty place, or replace what is there with --overwrite.",
        )


def _wait(journal: Journal, deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise not_level(journal)
    time.sleep(_PAUSE_SECONDS)


def _now() -> str:
    return format_timestamp(time.time_ns() // 1_000_000)
