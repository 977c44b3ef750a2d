"""Connections to a bank that this process cannot write, though others may."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

import apsw

from reasoningbank.domain.errors import Unavailable
from reasoningbank.storage.sqlite.connections import Connections
from reasoningbank.storage.sqlite.probing import uri
from reasoningbank.storage.sqlite.settings import ConnectionSettings

_Look: TypeAlias = "tuple[int, ...]"
_WITH_A_LOG: _Look = ()


class ReadOnlyConnections(Connections):
    """Lend readers, and connect anew after the file was changed by somebody who can write it.

    Without a log the file is opened as ``immutable``: SQLite then makes no side files, which would
    stay behind, and which the owner of the bank could not write where they belonged to this user.
    An immutable file is read without locks and nobody asks whether it changed; so its size and time
    are looked at before each loan.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._path = path
        self._seen = _look(path)
        self._up_to_date: set[apsw.Connection] = set()
        super().__init__(_settings(path, self._seen, busy_timeout))

    def take(self) -> apsw.Connection:
        self.check()
        self._look_again()
        return super().take()

    def open_snapshot(self) -> apsw.Connection:
        self._look_again()
        return super().open_snapshot()

    def give_back(self, connection: apsw.Connection) -> None:
        if connection in self._up_to_date:
            super().give_back(connection)
        else:
            self._dismiss([connection])

    def _connect(self) -> apsw.Connection:
        with self._available:
            settings, up_to_date = self.settings, self._up_to_date
        connection = settings.open()
        up_to_date.add(connection)
        return connection

    def _look_again(self) -> None:
        now = _look(self._path)
        if now == self._seen:
            return
        settings = _settings(self._path, now, self.settings.busy_timeout)
        with self._available:
            self.settings, self._seen, self._up_to_date = settings, now, set()
            outdated, self._idle = self._idle, []
        self._dismiss(outdated)


def _look(path: Path) -> _Look:
    """Give what changes whenever an immutable file was written; nothing where a log is kept."""
    try:
        if _size(path.with_name(path.name + "-wal")):
            return _WITH_A_LOG
        state = path.stat()
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", path=str(path)) from error
    return (state.st_ino, state.st_size, state.st_mtime_ns)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _settings(path: Path, look: _Look, busy_timeout: float) -> ConnectionSettings:
    if look != _WITH_A_LOG:
        name = uri(path, "mode=ro", "immutable=1")
    elif path.with_name(path.name + "-shm").exists():
        name = uri(path, "mode=ro")
    else:
        # A reader that passed the log over would silently lose the newest patterns.
        raise Unavailable(
            "has a write-ahead log that cannot be read without writing beside it",
            path=str(path),
            hint="Copy the file with its -wal to a directory you can write to.",
        )
    return ConnectionSettings(
        name, str(path), read_only=True, durability="normal", busy_timeout=busy_timeout
    )
