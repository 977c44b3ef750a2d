"""The file an export is written to: whole or not at all, and never over a database."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from reasoningbank.domain.errors import InvalidInput, Unavailable

_DATABASE_MAGIC: Final = b"SQLite format 3\0"


@contextmanager
def replacing(name: str) -> Iterator[IO[bytes]]:
    """Give a file to write to that takes the place of `name` once everything is written.

    Pipes and devices are written to directly. What is made is readable by its owner alone.

    Raises:
        InvalidInput: When `name` is a database or a directory.
        Unavailable: When it cannot be written; what was there is as it was.
    """
    path = Path(os.path.realpath(name))
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            _refuse_directory(path, name)
            with path.open("wb") as file:
                yield file
            return
        _refuse_database(path, name)
        with _temporary(path) as file:
            yield file
    except OSError as error:
        raise Unavailable(
            f"cannot be written: {error.strerror}",
            path=name,
            hint="Choose a place with space where you may write.",
        ) from error


@contextmanager
def _temporary(path: Path) -> Iterator[IO[bytes]]:
    import tempfile

    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _refuse_directory(path: Path, name: str) -> None:
    if path.is_dir():
        raise InvalidInput("is a directory", field=name, hint="Name a file in it.")


def _refuse_database(path: Path, name: str) -> None:
    if not path.exists():
        return
    with path.open("rb") as file:
        if file.read(len(_DATABASE_MAGIC)) == _DATABASE_MAGIC:
            raise InvalidInput(
                "is a database, which an export would destroy",
                field=name,
                hint="Name another file.",
            )


class CountedLines:
    """Pass lines on and tell a progress bar how many there were; the first is the header."""

    def __init__(
        self,
        write: Callable[[bytes], object],
        show: Callable[[float, str], None],
        things: str = "patterns",
    ) -> None:
        self._write = write
        self._show = show
        self._things = things
        self._lines = 0

    def write(self, line: bytes) -> int:
        """Write one line."""
        self._write(line)
        if self._lines and self._lines % 100 == 0:
            self._show(self._lines, f"{self._lines:,} {self._things}")
        self._lines += 1
        return len(line)
