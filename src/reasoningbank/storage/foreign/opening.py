"""A private copy of another program's database, made without touching it or waiting for it.

A reader of SQLite locks the file, makes or changes the files beside it, and may stop the writer of
another program. A copy of the bytes does none of that; what it must watch for is a change halfway.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from reasoningbank.domain.errors import Busy, StorageCorrupt, Unavailable
from reasoningbank.storage.foreign.tables import ForeignFile
from reasoningbank.storage.sqlite.settings import translated_error

_MAGIC: Final = b"SQLite format 3\0"
_TRIES: Final = 40
_PAUSE_SECONDS: Final = 0.05
_LOG_HEADER_BYTES: Final = 32
# Beside the database: the log of a writer in WAL mode, and the journal one that was killed left.
_SIDES: Final = ("-wal", "-journal")


class _Look(NamedTuple):
    """What changes whenever a file was written."""

    inode: int
    size: int
    written: int


def private_copy(source: Path, directory: Path) -> Path:
    """Copy the database at `source`, with what stands in its log alone, into a directory.

    Only reads `source` and the files beside it, as plain files. While another process writes them,
    it copies until nothing that matters changed meanwhile.

    Raises:
        StorageCorrupt: When it is empty or no SQLite database.
        Busy: When it is rewritten too fast to be copied.
        Unavailable: When it cannot be read, or `directory` not be written.
    """
    target = directory / "source.db"
    try:
        _check_header(source)
        for _ in range(_TRIES):
            before = _looks(source)
            for side in ("", *_SIDES):
                _copy(_beside(source, side), _beside(target, side))
            if _still(before, _looks(source)):
                return target
            time.sleep(_PAUSE_SECONDS)
    except OSError as error:
        raise Unavailable(
            f"cannot be copied: {error.strerror}",
            path=str(error.filename or source),
            hint="Check its permissions and the space left.",
        ) from error
    raise Busy(
        "is being rewritten by another process, over and over",
        path=str(source),
        hint="Stop what writes it, and try again.",
    )


def _check_header(source: Path) -> None:
    with source.open("rb") as file:
        header = file.read(len(_MAGIC))
    if not header:
        raise StorageCorrupt("is empty (0 bytes)", path=str(source), hint="Name another file.")
    if header != _MAGIC:
        raise StorageCorrupt(
            "is not a SQLite database", path=str(source), hint="Name another file."
        )


def _beside(path: Path, side: str) -> Path:
    return path.with_name(path.name + side)


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    if source.exists():
        shutil.copyfile(source, target)


def _looks(source: Path) -> tuple[_Look | None, bytes, _Look | None]:
    """Look at the database, at the beginning of its log, and at its journal."""
    log = b""
    if _beside(source, "-wal").exists():
        with _beside(source, "-wal").open("rb") as file:
            log = file.read(_LOG_HEADER_BYTES)
    return _look(source), log, _look(_beside(source, "-journal"))


def _look(path: Path) -> _Look | None:
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return _Look(state.st_ino, state.st_size, state.st_mtime_ns)


def _still(
    before: tuple[_Look | None, bytes, _Look | None],
    after: tuple[_Look | None, bytes, _Look | None],
) -> bool:
    """Give whether a copy made between two looks is of one moment.

    The log only grows until it begins anew with other salts in its header, and half a transaction
    at its end is passed over (sqlite.org/fileformat2.html, section 4.1): that it grew is no harm.
    """
    return before == after


@contextmanager
def opened_copy(copy: Path) -> Iterator[ForeignFile]:
    """Lend a private copy, open so that as much of it is read as can be.

    Raises:
        StorageCorrupt: When not even its header makes sense.
    """
    try:
        connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error as error:
        raise translated_error(error, str(copy)) from error
    try:
        _read_what_can_be_read(connection, copy)
        yield ForeignFile(connection)
    finally:
        connection.close()


def _read_what_can_be_read(connection: apsw.Connection, copy: Path) -> None:
    # The schema of a file that is cut off further down is read, too.
    try:
        for pragma in (
            "writable_schema=ON",
            "trusted_schema=OFF",
            "cell_size_check=OFF",
            "mmap_size=0",
            "query_only=ON",
            "cache_size=-4096",
        ):
            for _ in connection.execute(f"PRAGMA {pragma}"):
                pass
    except apsw.Error as error:
        raise translated_error(error, str(copy)) from error
