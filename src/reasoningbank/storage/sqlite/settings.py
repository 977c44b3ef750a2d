"""How a connection to a bank is opened, and what its errors mean."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

import apsw

from reasoningbank.domain.errors import Busy, ReasoningBankError, StorageCorrupt, Unavailable

Durability: TypeAlias = Literal["normal", "full"]

_LONGEST_PAUSE_SECONDS: Final = 0.05
_WAL_LIMIT_BYTES: Final = 64 * 1024 * 1024
_STATEMENT_CACHE: Final = 64


REFUSED: Final = "refused: "
"""What the message begins with where writes are refused; see `refusing`."""

ENGINE_ERRORS: Final = (apsw.Error, UnicodeDecodeError)
"""What the engine raises: its own errors, and Python's for text that damage has made no text."""


def said(error: Exception) -> str:
    """Give what an error of the engine says, in words for whoever keeps the bank."""
    return "a text is no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def translated_error(error: apsw.Error | UnicodeDecodeError, path: str) -> ReasoningBankError:
    """Give the bank's error for one of the engine's."""
    if isinstance(error, (apsw.BusyError, apsw.LockedError)):
        return Busy(
            "is held by other writers",
            path=path,
            hint="Try again, or open the bank with a longer busy_timeout.",
        )
    if isinstance(error, (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError)):
        return StorageCorrupt(
            f"is damaged ({said(error)})",
            path=path,
            hint="Run `reasoningbank doctor`; restore an export or a backup into a new file.",
        )
    if isinstance(error, apsw.FullError):
        return Unavailable(
            "has no space left; nothing of this call was stored",
            path=path,
            hint="Free some space and try again.",
        )
    if isinstance(error, (apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError)):
        return Unavailable(
            "cannot be written",
            path=path,
            hint="Check the permissions of the file and of its directory.",
        )
    if isinstance(error, apsw.CantOpenError):
        return Unavailable(
            "cannot be opened",
            path=path,
            hint="Check that the directory exists and that you may read and write it.",
        )
    if isinstance(error, apsw.IOError):
        return Unavailable(
            f"cannot be read or written ({error}); nothing of this call was stored",
            path=path,
            hint="Check the disk and its free space, then try again.",
        )
    if isinstance(error, apsw.ConstraintError) and REFUSED in str(error):
        return Unavailable(
            str(error).partition(REFUSED)[2],
            path=path,
            hint="Nothing was stored. Open the bank again.",
        )
    return Unavailable(f"cannot be used: {error}", path=path)


class ConnectionSettings:
    """How to open one more connection to the same bank.

    Args:
        name: What SQLite opens: an absolute path, a ``file:`` URI, or a shared memory name.
        shown: The path as errors name it.
        read_only: Whether writes are refused.
        durability: ``normal`` survives a killed process, ``full`` a power loss as well.
        busy_timeout: Seconds to wait for other writers.
    """

    def __init__(
        self, name: str, shown: str, *, read_only: bool, durability: Durability, busy_timeout: float
    ) -> None:
        self.name = name
        self.shown = shown
        self.read_only = read_only
        self.durability = durability
        self.busy_timeout = busy_timeout

    def open(self) -> apsw.Connection:
        """Give a new connection with the pragmas of a bank set."""
        access = apsw.SQLITE_OPEN_READONLY if self.read_only else apsw.SQLITE_OPEN_READWRITE
        connection = apsw.Connection(
            self.name,
            flags=access | apsw.SQLITE_OPEN_URI,
            statementcachesize=_STATEMENT_CACHE,
        )
        connection.set_busy_handler(jittered_wait(self.busy_timeout))
        try:
            self._set_pragmas(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_pragmas(self, connection: apsw.Connection) -> None:
        synchronous = "FULL" if self.durability == "full" else "NORMAL"
        for pragma in (
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "trusted_schema=OFF",
            "cell_size_check=ON",
            # Removed content is overwritten, so that erase leaves nothing behind.
            "secure_delete=ON",
            f"synchronous={synchronous}",
            f"journal_size_limit={_WAL_LIMIT_BYTES}",
        ):
            for _ in connection.execute(f"PRAGMA {pragma}"):
                pass


def jittered_wait(seconds: float) -> Callable[[int], bool]:
    """Give a busy handler: waits grow and vary, so that writers do not march in step."""
    deadline = 0.0

    def wait(attempts: int) -> bool:
        nonlocal deadline
        now = time.monotonic()
        if attempts == 0:
            deadline = now + seconds
        if now >= deadline:
            return False
        longest = min(_LONGEST_PAUSE_SECONDS, 0.001 * 2 ** min(attempts, 6))
        time.sleep(random.uniform(0.0002, longest))  # noqa: S311 - spreads load, hides nothing
        return True

    return wait


def restrict_mode(path: Path) -> None:
    """Let only the owner read and write a file, where the platform knows modes."""
    if os.name == "posix":
        path.chmod(0o600)
