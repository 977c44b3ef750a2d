"""Compressed, verified copies of a bank file, kept to a number.

A backup is a gzip file (RFC 1952) of the bank as of one moment; ``gunzip`` opens it. Its header's comment
names the bank it is of, so that old ones can be told from every other file without reading them.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import apsw
import msgspec

from reasoningbank.domain.errors import InvalidInput, StorageCorrupt, Unavailable
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.storage.sqlite.checks import check
from reasoningbank.storage.sqlite.copying import copy_bank
from reasoningbank.storage.sqlite.creation import put_in_place, reserved_beside
from reasoningbank.storage.sqlite.probing import schema_version_of
from reasoningbank.storage.sqlite.settings import translated_error

FOLDER: Final = "backups"
"""Where backups go unless a place is named: a folder beside the bank."""
SUFFIX: Final = ".db.gz"

_COMMENT: Final = b"reasoningbank backup of "
_HEADER: Final = b"\x1f\x8b\x08\x10" + bytes(4) + b"\x00\xff"  # deflate, with a comment
_GZIP: Final = b"\x1f\x8b"
_SQLITE: Final = b"SQLite format 3\0"
_LEVEL: Final = 5
_BLOCK: Final = 1 << 20
_LONGEST_COMMENT: Final = 200
_STAMP: Final = re.compile(r"-\d{8}T\d{9}Z(-\d+)?$")


class BackupReport(msgspec.Struct, frozen=True, kw_only=True):
    """Say what a backup made.

    Args:
        path: The backup.
        bytes: Its size.
        bank_bytes: The size of what is in it.
        patterns: How many patterns there are in it, of all namespaces.
        removed: The older backups that were removed.
    """

    path: str
    bytes: int
    bank_bytes: int
    patterns: int
    removed: tuple[str, ...] = ()


def back_up(
    bank: Path,
    place: Path | None = None,
    *,
    keep: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BackupReport:
    """Write a compressed copy of a bank that may be in use, and check it before it gets its name.

    Args:
        bank: The file.
        place: A directory, or the name of the new file; None for ``backups`` beside the bank.
        keep: Remove all but so many backups of this bank from that directory, oldest first.
        progress: Called with how much was copied and how much there is.

    Raises:
        StorageCorrupt: When the bank, and so the copy, is damaged; no backup is kept.
        Unavailable: When the place cannot be written or has no space.
    """
    if keep is not None and keep < 1:
        raise InvalidInput("must be at least 1", field="keep", hint="Leave it out to keep all.")
    bank = Path(os.path.realpath(bank))
    schema_version_of(bank)
    target = _target(bank, place)
    try:
        with reserved_beside(target) as plain, reserved_beside(target) as packed:
            plain.unlink()
            copy_bank(bank, plain, progress)
            bank_id, patterns = _checked(plain, bank)
            digest = _pack(plain, packed, bank_id)
            if _digest_of(packed) != digest:
                raise Unavailable(
                    "does not read back as it was written",
                    path=str(target),
                    hint="Check the disk; no backup was kept.",
                )
            sizes = packed.stat().st_size, plain.stat().st_size
            while not put_in_place(packed, target):
                target = _next(target)
    except OSError as error:
        raise Unavailable(
            f"cannot be written: {error.strerror}",
            path=str(target),
            hint="Choose a place with space where you may write.",
        ) from error
    removed = () if keep is None else _retire(target, bank_id, keep)
    return BackupReport(
        path=str(target),
        bytes=sizes[0],
        bank_bytes=sizes[1],
        patterns=patterns,
        removed=removed,
    )


def _target(bank: Path, place: Path | None) -> Path:
    folder = bank.parent / FOLDER if place is None else place
    if place is not None and not place.is_dir() and place.suffix:
        if place.exists():
            raise InvalidInput("is there already", field=str(place), hint="Name a new file.")
        return Path(os.path.realpath(place))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"cannot be made a directory: {error.strerror}", path=str(folder)
        ) from error
    now = format_timestamp(time.time_ns() // 1_000_000)
    stamp = now.replace("-", "").replace(":", "").replace(".", "")
    return Path(os.path.realpath(folder)) / f"{bank.stem}-{stamp}{SUFFIX}"


def _next(target: Path) -> Path:
    """Give another name: two backups were made in one millisecond."""
    head, _, number = target.name.removesuffix(SUFFIX).rpartition("Z")
    count = int(number.removeprefix("-") or "1") + 1
    return target.with_name(f"{head}Z-{count}{SUFFIX}")


def _checked(plain: Path, bank: Path) -> tuple[str, int]:
    """Give the id of the bank in a copy and how many patterns it has, once all of it was checked."""
    check_copy(plain, bank)
    connection = apsw.Connection(str(plain), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        [(bank_id,)] = connection.execute(
            "SELECT value FROM bank_properties WHERE name = 'bank_id'"
        )
        [(patterns,)] = connection.execute("SELECT COUNT(*) FROM patterns")
    finally:
        connection.close()
    return str(bank_id), int(patterns)


def check_copy(plain: Path, of: Path) -> None:
    """Read every page, row and checksum of a copy that nobody else uses.

    Args:
        plain: The copy.
        of: The file it was made of, which an error names.

    Raises:
        StorageCorrupt: For the first thing that is wrong with it.
    """
    try:
        connection = apsw.Connection(str(plain))
        try:
            for _ in connection.execute("PRAGMA journal_mode=DELETE"):
                pass
            findings = list(check(connection, None, full=True))
        finally:
            connection.close()
    except apsw.Error as error:
        raise translated_error(error, str(of)) from error
    for finding in findings:
        if finding.level == "error":
            raise StorageCorrupt(
                f"is damaged ({finding.check}: {finding.message})",
                path=str(of),
                damaged_ids=finding.ids,
                hint="`reasoningbank recover` saves what can still be read.",
            )


def _pack(plain: Path, packed: Path, bank_id: str) -> str:
    """Compress a file and give the digest of its content."""
    digest, checksum, size = hashlib.sha256(), 0, 0
    deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    with plain.open("rb") as source, packed.open("wb") as target:
        target.write(_HEADER + _COMMENT + bank_id.encode() + b"\0")
        while block := source.read(_BLOCK):
            digest.update(block)
            checksum = zlib.crc32(block, checksum)
            size += len(block)
            target.write(deflate.compress(block))
        target.write(deflate.flush() + struct.pack("<II", checksum, size & 0xFFFFFFFF))
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _digest_of(packed: Path) -> str:
    digest = hashlib.sha256()
    with packed.open("rb") as file:
        for block in _unpacked(file, str(packed)):
            digest.update(block)
    return digest.hexdigest()


def unpack(packed: Path, target: Path) -> None:
    """Write the bank that is in a backup, or a bank file itself, into an empty file.

    Raises:
        InvalidInput: When it is neither, or something else was compressed.
        StorageCorrupt: When the backup is cut off or damaged.
    """
    try:
        with packed.open("rb") as source, target.open("wb") as file:
            for block in _unpacked(source, str(packed)):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        with target.open("rb") as file:
            if file.read(len(_SQLITE)) != _SQLITE:
                raise InvalidInput("holds no bank", field=str(packed), hint="Name a backup.")
    except OSError as error:
        raise Unavailable(
            f"cannot be read or written: {error.strerror}",
            path=str(error.filename or packed),
            hint="Look at its permissions and at the space left.",
        ) from error


def is_bank_or_backup(head: bytes) -> bool:
    """Give whether a file that begins so is a bank file or a compressed one."""
    return head.startswith((_SQLITE, _GZIP))


def _unpacked(file: IO[bytes], name: str) -> Iterator[bytes]:
    head = file.read(len(_SQLITE))
    file.seek(0)
    if not head.startswith(_GZIP):
        if head != _SQLITE:
            raise InvalidInput("is no backup and no bank", field=name)
        while block := file.read(_BLOCK):
            yield block
        return
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        while block := file.read(_BLOCK):
            # At most so much at a time: a small file may unpack to a large one.
            while block:
                yield inflate.decompress(block, _BLOCK)
                block = inflate.unconsumed_tail
    except zlib.error as error:
        raise _damaged(name) from error
    if not inflate.eof:
        raise _damaged(name)


def _damaged(name: str) -> StorageCorrupt:
    return StorageCorrupt(
        "is cut off or damaged", path=name, hint="Use an older backup; nothing was changed."
    )


def backups_of(folder: Path, bank_id: str) -> list[Path]:
    """Give the backups of one bank in a directory, oldest first; other files are none."""
    wanted = _COMMENT + bank_id.encode() + b"\0"
    found = []
    for place in folder.iterdir():
        named = place.name.endswith(SUFFIX) and _STAMP.search(place.name.removesuffix(SUFFIX))
        if not named or place.is_symlink() or not place.is_file():
            continue
        with place.open("rb") as file:
            head = file.read(len(_HEADER) + _LONGEST_COMMENT)
        if head[:4] == _HEADER[:4] and head[len(_HEADER) :].startswith(wanted):
            found.append(place)
    return sorted(found, key=_age)


def _age(place: Path) -> tuple[str, int]:
    found = _STAMP.search(place.name.removesuffix(SUFFIX))
    assert found is not None
    stamp, _, number = found.group().rpartition("Z")
    return stamp, int(number.removeprefix("-") or "1")


def _retire(newest: Path, bank_id: str, keep: int) -> tuple[str, ...]:
    """Remove the oldest backups of a bank beside the newest, which always stays."""
    found = [place for place in backups_of(newest.parent, bank_id) if place != newest]
    removed = found[: max(0, len(found) + 1 - keep)]
    for place in removed:
        place.unlink(missing_ok=True)
    return tuple(map(str, removed))
