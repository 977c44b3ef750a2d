"""Another content for a bank that may be in use: in one transaction, and only if nobody wrote meanwhile.

A finished file renamed over a bank would leave those who have the bank open with a file that has no
name, and with a log that now belongs to another (sqlite.org/howtocorrupt.html, sections 2.4 and 4.2).
So its pages are written into the bank instead: readers see the old content or the new, a killed
process leaves the old, and writers wait for the length of the copy.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import apsw

from reasoningbank.domain.errors import Unavailable
from reasoningbank.storage.sqlite.copying import copy_into
from reasoningbank.storage.sqlite.creation import put_in_place, reserved_beside
from reasoningbank.storage.sqlite.settings import ConnectionSettings, translated_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

_BUSY_TIMEOUT: Final = 30.0
_MOVE_TIMEOUT: Final = 2.0


class WatchedBank:
    """A bank of which a copy was made, and that can tell whether it changed since.

    Args:
        path: A bank file that can be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._settings = ConnectionSettings(
            str(path), str(path), read_only=False, durability="full", busy_timeout=_BUSY_TIMEOUT
        )
        try:
            self._watcher = self._settings.open()
            self._seen = self._version()
        except apsw.Error as error:
            raise translated_error(error, str(path)) from error

    def copy(self, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
        """Copy the bank as of now to a new file; from now on changes count.

        Raises:
            Unavailable: When it cannot be read or written.
        """
        try:
            with reserved_beside(target) as temporary:
                self._watcher.execute("BEGIN")
                try:
                    self._watcher.execute("SELECT 1 FROM sqlite_schema").fetchone()
                    self._seen = self._version()
                    copy_into(self._watcher, temporary, progress)
                finally:
                    self._watcher.execute("ROLLBACK")
                put_in_place(temporary, target)
        except apsw.Error as error:
            raise translated_error(error, str(self._path)) from error

    def changed(self) -> bool:
        """Give whether anybody has committed anything since the copy."""
        return self._version() != self._seen

    def put(self, finished: Path) -> bool:
        """Give the bank the content of another bank file, unless it changed since the copy.

        Gives whether it was done. It is one transaction: it can be seen, and lasts, as a whole.
        """
        try:
            writer = self._settings.open()
            source = apsw.Connection(str(finished), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                return self._put(writer, source)
            finally:
                source.close()
                writer.close()
        except apsw.Error as error:
            raise translated_error(error, str(self._path)) from error

    def _put(self, writer: apsw.Connection, source: apsw.Connection) -> bool:
        backup = writer.backup("main", source, "main")
        try:
            # With its first page the copy takes the write lock; nobody can commit from here on.
            backup.step(1)
            if self.changed():
                return False
            backup.step(-1)
        except BaseException:
            backup.close(force=True)
            raise
        finally:
            # Closed before the end, it takes back what it has written.
            backup.close()
        self._seen = self._version()
        return True

    def _version(self) -> int:
        [(version,)] = self._watcher.execute("PRAGMA data_version")
        return int(version)

    def close(self) -> None:
        """Let go of the bank."""
        self._watcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def move_away(path: Path, place: Path) -> None:
    """Give a bank that nobody has open another name, with all that stands in its log.

    Raises:
        Busy: When others have it open; it was left as it is.
        Unavailable: When it cannot be moved.
    """
    settings = ConnectionSettings(
        str(path), str(path), read_only=False, durability="full", busy_timeout=_MOVE_TIMEOUT
    )
    try:
        connection = settings.open()
        try:
            # Only who is alone with a bank can end its log, and then keeps others out.
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=DELETE"):
                for _ in connection.execute(f"PRAGMA {pragma}"):
                    pass
            connection.execute("BEGIN EXCLUSIVE")
            path.rename(place)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except apsw.Error as error:
        raise translated_error(error, str(path)) from error
    except OSError as error:
        raise Unavailable(f"cannot be moved: {error.strerror}", path=str(path)) from error
