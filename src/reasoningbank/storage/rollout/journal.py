"""The durable side of a rollout: its state, and the queue of what the other bank has yet to be given.

It is a small SQLite database in a directory beside the current bank. A write is noted before it is made
and its subjects are queued when it is made, both committed before the caller hears of it; so whatever a
killed process leaves behind is either noted or not made. The queue holds names and no content: what a
name stands for is read from the bank that counts when its turn comes, so order does not matter.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import apsw
import msgspec

from reasoningbank.domain.copies import Subject
from reasoningbank.domain.errors import Busy, Unavailable
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.rollout.owners import Owners
from reasoningbank.storage.rollout.state import Counter, RolloutState, RolloutStatus, View
from reasoningbank.storage.sqlite.settings import ConnectionSettings, translated_error

EVERYTHING: Final = "everything"
"""The kind of a queue entry that asks for a whole namespace to be compared."""

_VIEW: Final = """
SELECT state,
    NOT EXISTS (SELECT 1 FROM intents WHERE namespace = ?1)
    AND NOT EXISTS (SELECT 1 FROM queue WHERE namespace = ?1),
    COALESCE((SELECT count FROM writes WHERE namespace = ?1), 0)
FROM rollout
"""
_ENQUEUE: Final = """
INSERT INTO queue (namespace, kind, id, at) VALUES (?, ?, ?, ?)
"""
_UNQUEUE: Final = "DELETE FROM queue WHERE namespace = ? AND kind = ? AND id = ?"
_COUNT: Final = """
INSERT INTO counters (name, operation, count) VALUES (?, ?, ?)
ON CONFLICT (name, operation) DO UPDATE SET count = count + excluded.count
"""
_KEPT_NOTES: Final = 50
_PAUSE_SECONDS: Final = 0.005

_decode = msgspec.json.Decoder(RolloutState).decode
_subjects = msgspec.json.Decoder(list[Subject]).decode


class Queued(msgspec.Struct, frozen=True):
    """One entry of the queue; a later change of the same subject has another sequence number."""

    sequence: int
    namespace: str
    kind: str
    id: str


class Journal:
    """Keep a rollout's state and queue, for every thread and process of a bank.

    Args:
        directory: Where it is; see `directory_of`.
        busy_timeout: Seconds to wait for others.
        durable: Whether it outlasts a power loss, as ``durability="full"`` asks.
    """

    def __init__(self, directory: Path, *, busy_timeout: float, durable: bool = False) -> None:
        self.directory = directory
        self._shown = str(directory)
        self._busy_timeout = busy_timeout
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._settings = ConnectionSettings(
            str(directory / "journal.db"),
            self._shown,
            read_only=False,
            durability="full" if durable else "normal",
            busy_timeout=busy_timeout,
        )
        try:
            self._connection = self._settings.open()
        except apsw.Error as error:
            raise translated_error(error, self._shown) from error
        self._owners = Owners(directory)

    @property
    def owner(self) -> str:
        """The name of this opener, held as long as it lives."""
        return self._owners.own

    def close(self) -> None:
        """Let go of it; what is queued stays."""
        if self._process != os.getpid():
            return
        with self._lock:
            self._connection.close()
            self._owners.leave()

    def view(self, namespace: str) -> View:
        """Give what a read of a namespace has to know, as of now."""
        with self._reading() as connection:
            row = connection.execute(_VIEW, (namespace,)).fetchone()
        if row is None:
            raise _no_rollout(self._shown)
        state, settled, writes = row
        return View(_decode(str(state)), bool(settled), int(writes))

    def state(self) -> RolloutState:
        """Give what the rollout is at."""
        return self.view("").state

    def begin(
        self, namespace: str, subjects: Sequence[Subject] | None
    ) -> tuple[RolloutState, int | None]:
        """Note that a write is about to be made; give the state it is made in, and its number.

        Waits while the banks change places. There is no number where writes go to one bank only.

        Args:
            namespace: The tenant.
            subjects: What it may change; None where that cannot be told before.
        """
        deadline = time.monotonic() + self._busy_timeout
        while True:
            with self._writing() as connection:
                state = _state(connection, self._shown)
                if state.held_by is not None and not self._owners.is_alive(state.held_by):
                    state = _replace(connection, state, held_by=None)
                if not state.pairs:
                    return state, None
                if state.held_by is None:
                    return state, self._note(connection, namespace, subjects)
            if time.monotonic() >= deadline:
                raise Busy(
                    "is changing over to the other bank",
                    path=self._shown,
                    hint="Try again in a moment.",
                )
            time.sleep(_PAUSE_SECONDS)

    def _note(
        self, connection: apsw.Connection, namespace: str, subjects: Sequence[Subject] | None
    ) -> int:
        text = None if subjects is None else msgspec.json.encode(subjects).decode()
        connection.execute(
            "INSERT INTO intents (namespace, subjects, owner, at) VALUES (?, ?, ?, ?)",
            (namespace, text, self.owner, _now()),
        )
        number = connection.last_insert_rowid()
        connection.execute(
            "INSERT INTO writes (namespace, count) VALUES (?, 1) "
            "ON CONFLICT (namespace) DO UPDATE SET count = count + 1",
            (namespace,),
        )
        return number

    def settle(self, number: int, namespace: str, subjects: Sequence[Subject] | None) -> None:
        """Queue what a write changed in place of the note about it; None queues the namespace."""
        with self._writing() as connection:
            _enqueue(connection, namespace, subjects)
            connection.execute("DELETE FROM intents WHERE intent = ?", (number,))

    def enqueue(self, namespace: str, subjects: Sequence[Subject] | None) -> None:
        """Ask for subjects to be copied again, or with None for a namespace to be compared."""
        with self._writing() as connection:
            _enqueue(connection, namespace, subjects)

    def reclaim(self) -> int:
        """Queue what writes of killed processes may have changed; give how many there were."""
        with self._reading() as connection:
            owners = [
                str(row[0]) for row in connection.execute("SELECT DISTINCT owner FROM intents")
            ]
        gone = [owner for owner in owners if not self._owners.is_alive(owner)]
        if not gone:
            return 0
        reclaimed = 0
        with self._writing() as connection:
            for owner in gone:
                rows = connection.execute(
                    "SELECT namespace, subjects FROM intents WHERE owner = ?", (owner,)
                ).fetchall()
                for namespace, subjects in rows:
                    known = None if subjects is None else _subjects(str(subjects))
                    _enqueue(connection, str(namespace), known)
                connection.execute("DELETE FROM intents WHERE owner = ?", (owner,))
                reclaimed += len(rows)
        return reclaimed

    def sweep(self) -> None:
        """Remove the marks of processes that were killed and left nothing to be queued."""
        with self._reading() as connection:
            noted = {str(row[0]) for row in connection.execute("SELECT owner FROM intents")}
        self._owners.sweep(noted)

    def next(self, limit: int, after: int = 0) -> list[Queued]:
        """Give the entries that wait for longest, after a sequence number."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT sequence, namespace, kind, id FROM queue WHERE sequence > ? "
                "ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return [Queued(int(n), str(ns), str(kind), str(one)) for n, ns, kind, one in rows]  # type: ignore[arg-type]

    def done(self, entries: Sequence[Queued]) -> None:
        """Take entries out, unless their subjects were changed again meanwhile."""
        with self._writing() as connection:
            connection.executemany(
                "DELETE FROM queue WHERE sequence = ?", [(entry.sequence,) for entry in entries]
            )

    def failed(self, entry: Queued, failure: str) -> None:
        """Note why an entry could not be carried over."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE queue SET failure = ? WHERE sequence = ?", (failure[:500], entry.sequence)
            )

    def namespaces(self) -> set[str]:
        """Give the namespaces that were written to since the rollout began."""
        with self._reading() as connection:
            return {str(row[0]) for row in connection.execute("SELECT namespace FROM writes")}

    def waits(self, namespace: str, subjects: Sequence[Subject]) -> bool:
        """Give whether any of the subjects has yet to be carried over."""
        names = [(EVERYTHING, ""), *((one.kind, one.id) for one in subjects)]
        with self._reading() as connection:
            return any(
                connection.execute(
                    "SELECT 1 FROM queue WHERE namespace = ? AND kind = ? AND id = ?",
                    (namespace, kind, one),
                ).fetchone()
                for kind, one in names
            )

    def queued(self) -> int:
        """Give how many entries and unfinished writes there are."""
        with self._reading() as connection:
            [(count,)] = connection.execute(
                "SELECT (SELECT COUNT(*) FROM queue) + (SELECT COUNT(*) FROM intents)"
            )
        return int(count)

    def newest(self) -> int:
        """Give the number of the newest entry."""
        with self._reading() as connection:
            [(newest,)] = connection.execute("SELECT COALESCE(MAX(sequence), 0) FROM queue")
        return int(newest)

    def waiting_until(self, newest: int) -> int:
        """Give how many of the entries up to a number have yet to be carried over."""
        with self._reading() as connection:
            [(count,)] = connection.execute(
                "SELECT COUNT(*) FROM queue WHERE sequence <= ?", (newest,)
            )
        return int(count)

    def change(self, event: str | None = None, /, **values: object) -> RolloutState:
        """Change the state and note the event; give the state as it is now."""
        with self._writing() as connection:
            state = _replace(connection, _state(connection, self._shown), **values)
            if event is not None:
                _add_note(connection, "event", f"{_now()} {event}")
        return state

    def switch(self, event: str, /, **values: object) -> bool:
        """Change the state if nothing waits and no write is being made; give whether it was done."""
        with self._writing() as connection:
            waiting = connection.execute(
                "SELECT EXISTS (SELECT 1 FROM queue) OR EXISTS (SELECT 1 FROM intents)"
            ).fetchone()
            if waiting != (0,):
                return False
            _replace(connection, _state(connection, self._shown), held_by=None, **values)
            _add_note(connection, "event", f"{_now()} {event}")
        return True

    def count(self, counts: dict[tuple[str, str], int]) -> None:
        """Add to counters, given by (name, operation)."""
        with self._writing() as connection:
            connection.executemany(
                _COUNT, [(name, operation, count) for (name, operation), count in counts.items()]
            )

    def note_mismatch(self, text: str) -> None:
        """Keep a comparison that differed among the last few."""
        with self._writing() as connection:
            _add_note(connection, "mismatch", f"{_now()} {text}")

    def status(self, current: str) -> RolloutStatus:
        """Give everything there is to tell."""
        with self._reading() as connection, connection:
            state = _state(connection, self._shown)
            queued = connection.execute("SELECT namespace, COUNT(*) FROM queue GROUP BY namespace")
            waiting = {str(namespace): int(count) for namespace, count in queued}
            [(in_flight,)] = connection.execute("SELECT COUNT(*) FROM intents")
            [(oldest,)] = connection.execute("SELECT MIN(at) FROM queue")
            failure = connection.execute(
                "SELECT failure FROM queue WHERE failure IS NOT NULL ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
            counters = connection.execute(
                "SELECT name, operation, count FROM counters ORDER BY name, operation"
            ).fetchall()
            notes = connection.execute("SELECT kind, text FROM notes ORDER BY note").fetchall()
        return RolloutStatus(
            current=current,
            state=state,
            queued=waiting,
            in_flight=int(in_flight),
            oldest_queued_at=None if oldest is None else str(oldest),
            last_failure=None if failure is None else str(failure[0]),
            counters=tuple(Counter(str(a), str(b), int(c)) for a, b, c in counters),  # type: ignore[arg-type]
            events=tuple(str(text) for kind, text in notes if kind == "event"),
            mismatches=tuple(str(text) for kind, text in notes if kind == "mismatch"),
        )

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        self._check()
        with self._lock:
            try:
                yield self._connection
            except apsw.Error as error:
                raise translated_error(error, self._shown) from error

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        self._check()
        with self._lock:
            connection = self._connection
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
            except apsw.Error as error:
                raise translated_error(error, self._shown) from error

    def _check(self) -> None:
        if self._process != os.getpid():
            raise Unavailable(
                "the bank was opened before this process was forked",
                hint="Open it again in this process.",
            )


def _enqueue(
    connection: apsw.Connection, namespace: str, subjects: Sequence[Subject] | None
) -> None:
    at = _now()
    names = [(EVERYTHING, "")] if subjects is None else [(one.kind, one.id) for one in subjects]
    for kind, one in dict.fromkeys(names):
        # A new number each time: the one that is being carried over may be the state before.
        connection.execute(_UNQUEUE, (namespace, kind, one))
        connection.execute(_ENQUEUE, (namespace, kind, one, at))


def _state(connection: apsw.Connection, shown: str) -> RolloutState:
    row = connection.execute("SELECT state FROM rollout").fetchone()
    if row is None:
        raise _no_rollout(shown)
    return _decode(str(row[0]))


def _replace(connection: apsw.Connection, state: RolloutState, **values: object) -> RolloutState:
    state = msgspec.structs.replace(state, **values, changed_at=_now())
    connection.execute("UPDATE rollout SET state = ?", (msgspec.json.encode(state).decode(),))
    return state


def _add_note(connection: apsw.Connection, kind: str, text: str) -> None:
    connection.execute("INSERT INTO notes (kind, text) VALUES (?, ?)", (kind, text))
    connection.execute(
        "DELETE FROM notes WHERE kind = ?1 AND note NOT IN "
        "(SELECT note FROM notes WHERE kind = ?1 ORDER BY note DESC LIMIT ?2)",
        (kind, _KEPT_NOTES),
    )


def _no_rollout(shown: str) -> Unavailable:
    return Unavailable(
        "holds no rollout that could be read",
        path=shown,
        hint="Run `reasoningbank rollout status`.",
    )


def _now() -> str:
    return format_timestamp(time.time_ns() // 1_000_000)
