"""A copy of a damaged bank file that SQLite can look into, with what had to be written anew for that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import apsw
import msgspec

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.storage.sql.rows import STORED_COLUMNS
from reasoningbank.storage.sqlite import open_file
from reasoningbank.storage.sqlite.creation import reserved_beside
from reasoningbank.storage.sqlite.rebuilding import rebuild_table
from reasoningbank.storage.sqlite.salvage import ENGINE_DAMAGE
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION, UPGRADES

DAMAGE: Final = (*ENGINE_DAMAGE, ValueError, TypeError, LookupError, msgspec.MsgspecError)
"""What engine, decoder and our own checks make of damaged content."""

_PAGE_SIZE: Final = 4096
_HEADER_BYTES: Final = 100


def readable_copy(damaged: Path, work: Path) -> tuple[str, ...]:
    """Copy a file with its log and make SQLite look into it; give what had to be done for that."""
    try:
        shutil.copyfile(damaged, work)
        log = damaged.with_name(damaged.name + "-wal")
        if log.exists():
            shutil.copyfile(log, work.with_name(work.name + "-wal"))
    except OSError as error:
        raise Unavailable(
            f"cannot be copied: {error.strerror}", path=str(damaged),
            hint="Make room beside the new file.",
        ) from error  # fmt: skip
    if _has_schema(work):
        return _with_patterns(work)
    notes = ["the header was lost and was written anew"]
    _write_header(work, whole_page=False)
    if not _has_schema(work):
        notes = ["the first page was lost and was written anew"]
        _write_header(work, whole_page=True)
    if not _has_schema(work):
        raise InvalidInput(
            "holds nothing of a bank that could be read", field=str(damaged),
            hint="Restore a backup.",
        )  # fmt: skip
    return (*notes, *_with_patterns(work))


def pages_of(damaged: Path) -> tuple[int, int]:
    """Give how many whole pages a file has, and how many by its header; equal where that is not known.

    The header's number is known where the counters beside it agree, and no log has newer pages
    (sqlite.org/fileformat2.html, section 1.3.7).
    """
    with damaged.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    there = damaged.stat().st_size // _PAGE_SIZE
    is_known = len(header) == _HEADER_BYTES and header[24:28] == header[92:96]
    if not is_known or damaged.with_name(damaged.name + "-wal").exists():
        return there, there
    return there, max(there, int.from_bytes(header[28:32], "big"))


def _with_patterns(work: Path) -> tuple[str, ...]:
    """Make the way to the patterns' rows anew where it is cut; give a note of it."""
    connection = apsw.Connection(str(work))
    try:
        connection.execute("PRAGMA writable_schema=ON")
        [(root,)] = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'patterns'"
        )
        try:
            # Every row is come to, which an index alone would not ask for.
            connection.execute("SELECT MAX(version) FROM patterns NOT INDEXED").fetchone()
        except DAMAGE:
            pass
        else:
            return ()
    finally:
        connection.close()
    leaves = rebuild_table(work, int(root), STORED_COLUMNS.count(",") + 1)
    return (f"the way to {leaves:,} pages of patterns was made anew",) if leaves else ()


def _has_schema(work: Path) -> bool:
    try:
        connection = apsw.Connection(str(work))
        try:
            connection.execute("PRAGMA writable_schema=ON")
            found = connection.execute(
                "SELECT COUNT(*) FROM sqlite_schema WHERE name IN ('patterns', 'bank_properties')"
            ).fetchone()
            return found == (2,)
        finally:
            connection.close()
    except DAMAGE:
        return False


def _write_header(work: Path, *, whole_page: bool) -> None:
    """Write the beginning of a new bank over that of a file: a header, or the list of tables too.

    Tables lie where a new bank has them unless the file was brought up from an older schema.
    """
    with reserved_beside(work) as fresh:
        fresh.unlink()
        open_file(fresh, "").close()
        start = bytearray(fresh.read_bytes()[: _PAGE_SIZE if whole_page else _HEADER_BYTES])
    pages = work.stat().st_size // _PAGE_SIZE
    start[28:32] = pages.to_bytes(4, "big")  # how many there are
    start[32:40] = bytes(8)  # no unused ones
    with work.open("r+b") as file:
        file.write(start)


def upgrade(connection: apsw.Connection) -> None:
    """Bring the copy of a bank of an older schema up to this release's, as far as it can be."""
    try:
        [(version,)] = connection.execute("PRAGMA user_version")
        for step in range(int(version) + 1, SCHEMA_VERSION + 1):
            connection.execute(UPGRADES[step])
    except (*DAMAGE, KeyError):
        pass  # what is missing is then found missing, table by table
