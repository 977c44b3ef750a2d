"""Opening a file that somebody else wrote: bounded, and with broken text mended where that is safe."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, TypeVar

import msgspec

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput, NotFound, Unavailable
from reasoningbank.learning.material import mended_text

DOCUMENT_BYTES: Final = 134_217_728
"""The largest file read as a whole. Recorders that keep every prompt reach tens of megabytes."""

MENDED_BYTES: Final = 16_777_216
"""The largest text that is mended: doing so takes many times its size in memory."""

_MOST_OBJECTS: Final = 4_000_000
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

_T = TypeVar("_T")


def refused(path: Path, message: str, hint: str | None = None) -> InvalidInput:
    """Give the error that names a file and says what is wrong with it."""
    return InvalidInput(message, path=str(path), hint=hint)


def checked_file(path: Path) -> int:
    """Give the size of a regular file.

    Raises:
        NotFound: When it is not there.
        InvalidInput: When it is a folder, a device or a pipe.
        Unavailable: When it may not be looked at.
    """
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise NotFound("is not there", path=str(path), hint="Check the path.") from error
    except (OSError, ValueError) as error:
        raise Unavailable(f"cannot be opened: {error}", path=str(path)) from error
    if not stat.S_ISREG(found.st_mode):
        raise refused(path, "is not a regular file", "Name the files in it one by one.")
    if not found.st_size:
        raise refused(path, "is empty")
    return found.st_size


def whole_file(path: Path, most: int = DOCUMENT_BYTES) -> bytes:
    """Give the bytes of a file, without a byte order mark.

    Raises:
        InvalidInput: When it is larger than `most`.
    """
    size = checked_file(path)
    if size > most:
        raise refused(path, f"has {size:,} bytes; at most {most:,} are read")
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)  # a file may grow while it is read
    except OSError as error:
        raise Unavailable(f"cannot be read: {error}", path=str(path)) from error
    if len(content) > most:
        raise refused(path, f"has more than {most:,} bytes")
    return content.removeprefix(_BYTE_ORDER_MARK)


def beginning_of(path: Path, most: int) -> bytes:
    """Give the first bytes of a file.

    Raises:
        Unavailable: When it may not be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror or error}", path=str(path)) from error


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give (line number, line) for each line that is not blank.

    Raises:
        InvalidInput: For a line longer than `limits.TRAJECTORY_LINE_BYTES`.
        Unavailable: When it cannot be read.
    """
    checked_file(path)
    try:
        with path.open("rb") as file:
            yield from _lines(path, file)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror or error}", path=str(path)) from error


def _lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    longest = limits.TRAJECTORY_LINE_BYTES
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise refused(path, f"line {number} is longer than {longest:,} bytes")
        line = line.strip()
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        if line:
            yield number, line


def decoded(path: Path, content: bytes, shape: type[_T], place: str = "") -> _T:
    """Give JSON as `shape`; text that only strict readers refuse is mended first.

    Mended are lone surrogates, which become U+FFFD, and NaN and infinities, which become null.

    Args:
        path: The file, for the error.
        content: JSON.
        shape: What it must be.
        place: Where in the file, such as ``line 3``.

    Raises:
        InvalidInput: For anything else that is no JSON, or another shape.
    """
    where = f"{place} " if place else ""
    if content.count(b"{") + content.count(b"[") > _MOST_OBJECTS:
        raise refused(path, f"{where}holds more than {_MOST_OBJECTS:,} objects and lists")
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # A ValidationError is a DecodeError too: a number out of range is mended, a shape is not.
        if isinstance(error, msgspec.ValidationError) and "out of range" not in str(error):
            raise refused(path, f"{where}is not of the form expected: {error}") from error
        mended = _mended(path, content, where, error)
    try:
        return msgspec.json.decode(msgspec.json.encode(mended), type=shape)
    except msgspec.MsgspecError as error:
        raise refused(path, f"{where}is not of the form expected: {error}") from error


def _mended(path: Path, content: bytes, where: str, error: Exception) -> object:
    refusal = refused(path, f"{where}is not JSON: {error}")
    if len(content) > MENDED_BYTES:
        raise refusal from error
    try:
        value = json.loads(content.decode("utf-8", "replace"), parse_constant=_nothing)
        return _without_surrogates(value)
    except (ValueError, RecursionError):
        raise refusal from error


def _nothing(_: str) -> None:
    """Stand in for NaN and the infinities."""


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return mended_text(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {mended_text(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return None  # from a number too large, such as 1e999
    return value
