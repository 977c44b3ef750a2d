"""New bank files: built under a temporary name, then linked into place, so never seen half-made."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import apsw

from reasoningbank.domain.errors import Unavailable
from reasoningbank.storage.sqlite.schema import APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from reasoningbank.storage.sqlite.settings import restrict_mode, translated_error

TEMPORARY_SUFFIX: Final = ".creating"


def create_bank_file(path: Path, bank_id: UUID, created_at: str) -> bool:
    """Make a new bank at `path`, unless another process was first; give whether this one did.

    The directory is made if it is missing (mode 0700; the file has 0600).

    Raises:
        Unavailable: When the directory or file cannot be written.
    """
    _make_directory(path.parent)
    try:
        with reserved_beside(path) as temporary:
            _build(temporary, bank_id, created_at)
            return put_in_place(temporary, path)
    except apsw.Error as error:
        raise translated_error(error, str(path)) from error
    except OSError as error:
        raise Unavailable(
            f"cannot be created: {error.strerror}",
            path=str(path),
            hint="Choose a directory you can write to.",
        ) from error


@contextmanager
def reserved_beside(path: Path) -> Iterator[Path]:
    """Lend an empty file beside `path`, with the mode a bank has, that is removed afterwards."""
    temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}{TEMPORARY_SUFFIX}")
    try:
        # It has its final mode before SQLite writes to it.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        restrict_mode(temporary)
        yield temporary
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"cannot be made a directory: {error.strerror}",
            path=str(directory),
            hint="Choose a directory you can write to.",
        ) from error


def _build(temporary: Path, bank_id: UUID, created_at: str) -> None:
    connection = apsw.Connection(str(temporary))
    try:
        connection.execute("PRAGMA synchronous=FULL")
        with connection:
            write_schema(connection, bank_id, created_at)
        # Last, because from here on the connection keeps side files; closing removes them.
        for _ in connection.execute("PRAGMA journal_mode=WAL"):
            pass
    finally:
        connection.close()


def write_schema(connection: apsw.Connection, bank_id: UUID, created_at: str) -> None:
    """Mark a database as a bank, make the tables and note what the bank says about itself."""
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    for version in sorted(MIGRATIONS):
        connection.execute(MIGRATIONS[version])
    connection.executemany(
        "INSERT INTO bank_properties (name, value) VALUES (?, ?)",
        [("bank_id", str(bank_id)), ("created_at", created_at)],
    )


def put_in_place(temporary: Path, path: Path) -> bool:
    """Give `temporary` its real name, unless a file has it; give whether it was done."""
    _flush_to_disk(temporary)
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:
        # No hard links here (FAT, some network mounts). A rename would replace a bank that another
        # process made since we looked, so processes look and rename one after the other.
        with _turn_in(path.parent):
            return _rename_into_place(temporary, path)
    _flush_to_disk(path.parent)
    return True


def _rename_into_place(temporary: Path, path: Path) -> bool:
    if path.exists():
        return False
    temporary.rename(path)
    return True


@contextmanager
def _turn_in(directory: Path) -> Iterator[None]:
    """Let one process at a time go on; the kernel ends the turn of one that is killed."""
    if sys.platform == "win32":  # where a rename refuses to replace
        yield
        return
    import fcntl

    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _flush_to_disk(path: Path) -> None:
    """Make a file's content or a directory's entries last through a power loss."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
