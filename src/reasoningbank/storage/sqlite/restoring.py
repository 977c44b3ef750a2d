"""Putting a backup in the place of a bank: checked first, changed over in one step, the old one kept."""

from __future__ import annotations

import os
import time
from pathlib import Path

import apsw
import msgspec

from reasoningbank.domain.errors import Conflict, InvalidInput, StorageCorrupt, Unavailable
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.sqlite.backups import check_copy, unpack
from reasoningbank.storage.sqlite.copying import copy_into
from reasoningbank.storage.sqlite.creation import put_in_place, reserved_beside
from reasoningbank.storage.sqlite.migrations import migrate
from reasoningbank.storage.sqlite.probing import schema_version_of
from reasoningbank.storage.sqlite.schema import MIGRATIONS
from reasoningbank.storage.sqlite.settings import ConnectionSettings, translated_error

_BUSY_TIMEOUT = 30.0
# A bank that cannot be read for one of these is as sound as before: others hold it, or means are short.
_NO_DAMAGE = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.FullError,
    apsw.ReadOnlyError,
    apsw.PermissionsError,
    apsw.AuthError,
    apsw.CantOpenError,
    apsw.NoMemError,
    apsw.InterruptError,
)
_SIDE_FILES = ("-wal", "-shm")


class RestoreReport(msgspec.Struct, frozen=True, kw_only=True):
    """Say what a restore put in place.

    Args:
        path: The bank.
        patterns: How many patterns it holds now, of all namespaces.
        kept: Where what was there before is kept, or None where nothing was.
        in_place: Whether programs that had the bank open go on with the restored content.
    """

    path: str
    patterns: int
    kept: str | None
    in_place: bool


def restore_backup(backup: Path, bank: Path) -> RestoreReport:
    """Make a bank hold what a backup holds.

    The backup is written to a new file and every row and checksum of it is read. What the bank
    held is copied aside. Then the new content takes its place: in a bank that can be read, in one
    transaction of that bank, so that programs which have it open see the restored content with
    their next call and lose nothing they write after it. (Renaming a file over one that is open
    would leave them writing to the old one.) A file that cannot be read is renamed aside, and the
    new one gets its name.

    Raises:
        StorageCorrupt: When the backup is damaged; the bank is as it was.
        ForeignDatabase, SchemaTooNew, Unavailable: When what is in the bank's place is another
            program's, a newer release's, or cannot be read; it is as it was.
        InvalidInput: When the backup is what would be replaced.
        Busy: When others held the bank for too long; it is as it was.
    """
    bank = Path(os.path.realpath(bank))
    if os.path.realpath(backup) == str(bank):
        raise InvalidInput("is the backup itself", field="db", hint="Name the bank.")
    try:
        with reserved_beside(bank) as fresh:
            unpack(backup, fresh)
            schema_version_of(fresh)
            _bring_up_to_date(fresh)
            check_copy(fresh, backup)
            patterns = _patterns_in(fresh)
            kept, in_place = _switch(fresh, bank)
    except OSError as error:
        raise Unavailable(
            f"cannot be written: {error.strerror}",
            path=str(bank),
            hint="Check that its directory exists and that you may write to it.",
        ) from error
    return RestoreReport(
        path=str(bank),
        patterns=patterns,
        kept=None if kept is None else str(kept),
        in_place=in_place,
    )


def _switch(fresh: Path, bank: Path) -> tuple[Path | None, bool]:
    if not bank.exists():
        for end in _SIDE_FILES:
            stray = bank.with_name(bank.name + end)
            if stray.exists():  # SQLite would take it for the new bank's log
                stray.rename(_unused(bank, "without-bank").with_name(f"{stray.name}.{_stamp()}"))
        _to_log_mode(fresh)
        if not put_in_place(fresh, bank):
            raise Conflict("was made by another program meanwhile", path=str(bank))
        return None, False
    if _is_readable(bank):
        _bring_up_to_date(bank)
        return _replace_content(fresh, bank), True
    kept = _unused(bank, "damaged")
    for end in _SIDE_FILES:
        side = bank.with_name(bank.name + end)
        if side.exists():
            side.rename(kept.with_name(kept.name + end))
    bank.rename(kept)
    _to_log_mode(fresh)
    if not put_in_place(fresh, bank):
        raise Conflict("was made by another program meanwhile", path=str(bank))
    return kept, False


def _is_readable(bank: Path) -> bool:
    try:
        if schema_version_of(bank) not in MIGRATIONS:
            return False  # no step leads on from there
        connection = _settings(bank).open()
        try:
            [(answer,)] = connection.execute("PRAGMA quick_check(1)")
            return bool(answer == "ok")
        finally:
            connection.close()
    except StorageCorrupt:
        return False
    except _NO_DAMAGE as error:
        raise translated_error(error, str(bank)) from error
    except apsw.Error:
        return False


def _replace_content(fresh: Path, bank: Path) -> Path:
    """Write a file's content over a bank's in one transaction; give the copy of what it held.

    The copy is made while that transaction keeps others from writing, so that no write falls
    between the two.
    """
    kept = _unused(bank, "before-restore")
    settings = _settings(bank)
    try:
        connection = settings.open()
        try:
            connection.execute("ATTACH ? AS fresh", (str(fresh),))
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("BEGIN IMMEDIATE")
            with reserved_beside(kept) as temporary:
                _copy_aside(settings, temporary)
                _copy_tables(connection)
                if not put_in_place(temporary, kept):
                    raise Conflict(f"{kept} is there already", hint="Try again.")
            connection.execute("COMMIT")
        finally:
            connection.close()
    except apsw.Error as error:
        raise translated_error(error, str(bank)) from error
    return kept


def _copy_aside(settings: ConnectionSettings, target: Path) -> None:
    reader = settings.open()
    try:
        copy_into(reader, target)
    finally:
        reader.close()


def _copy_tables(connection: apsw.Connection) -> None:
    _fit(connection)
    names = connection.execute(
        "SELECT name FROM fresh.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    # Emptied first, all of it: rows then go over without being taken apart.
    for (name,) in names:
        connection.execute(f'DELETE FROM main."{name}"')  # noqa: S608 - of our own schema
    for (name,) in names:
        columns = ", ".join(
            f'"{column}"'
            for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (name,))
        )
        connection.execute(
            f'INSERT INTO main."{name}" ({columns}) '  # noqa: S608 - of our own schema
            f'SELECT {columns} FROM fresh."{name}"'
        )


def _fit(connection: apsw.Connection) -> None:
    """Change what caches of open programs go by, so that none takes the old for the new.

    They remember how far they have read the log of changes, and which model a number names.
    """
    last = max(_last_change(connection, "main"), _last_change(connection, "fresh"))
    connection.execute("DELETE FROM fresh.changes")
    connection.execute(
        "INSERT INTO fresh.changes (seq, namespace, id, kind) VALUES (?, '', '', 'restore')",
        (last + 2,),
    )
    known, given = _models(connection, "main"), _models(connection, "fresh")
    unused = max((*known, *given), default=0)
    for number, identity in given.items():
        if known.get(number, identity) == identity:
            continue
        unused += 1
        for table in ("embedding_models", "namespaces", "pattern_embeddings"):
            connection.execute(
                f"UPDATE fresh.{table} SET model = ? WHERE model = ?",  # noqa: S608 - constants
                (unused, number),
            )


def _last_change(connection: apsw.Connection, schema: str) -> int:
    [(last,)] = connection.execute(
        f"SELECT COALESCE(MAX(seq), 0) FROM {schema}.changes"  # noqa: S608 - constants
    )
    return int(last)


def _models(connection: apsw.Connection, schema: str) -> dict[int, tuple[object, ...]]:
    rows = connection.execute(
        f"SELECT model, name, dimension, version FROM {schema}.embedding_models"  # noqa: S608
    )
    return {int(number): tuple(identity) for number, *identity in rows}


def _bring_up_to_date(path: Path) -> None:
    for made in migrate(_settings(path), path):
        made.unlink()  # there is a backup, or there will be


def _to_log_mode(fresh: Path) -> None:
    connection = apsw.Connection(str(fresh))
    try:
        for _ in connection.execute("PRAGMA journal_mode=WAL"):
            pass
    finally:
        connection.close()


def _patterns_in(fresh: Path) -> int:
    connection = apsw.Connection(str(fresh), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        [(count,)] = connection.execute("SELECT COUNT(*) FROM patterns")
    finally:
        connection.close()
    return int(count)


def _settings(path: Path) -> ConnectionSettings:
    if not os.access(path, os.W_OK):
        raise Unavailable("cannot be written", path=str(path), hint="Check its permissions.")
    return ConnectionSettings(
        str(path), str(path), read_only=False, durability="full", busy_timeout=_BUSY_TIMEOUT
    )


def _unused(bank: Path, why: str) -> Path:
    return bank.with_name(f"{bank.name}.{why}-{_stamp()}")


def _stamp() -> str:
    now = format_timestamp(time.time_ns() // 1_000_000)
    return now.replace("-", "").replace(":", "").replace(".", "")
