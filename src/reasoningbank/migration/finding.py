"""The files of a source: the one that is named, or those in a directory that hold memories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

from reasoningbank.domain.errors import InvalidInput, NotFound, Unavailable

Kind: TypeAlias = Literal["database", "bank", "lines", "unreadable"]

WORK_SUFFIX: Final = ".migrations"
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION: Final = b"RBnk"
_NAMES: Final = (".db", ".sqlite", ".sqlite3", ".jsonl")
_DEEPEST: Final = 3
_PASSED_OVER: Final = frozenset({"node_modules", ".git", "__pycache__"})


def files_of(source: str) -> list[Path]:
    """Give the files of a source, in the order of their paths.

    Raises:
        NotFound: When there is nothing there.
        InvalidInput: When a directory holds no file that could be one of memories.
    """
    path = Path(os.path.realpath(Path(source).expanduser()))
    if not path.exists():
        raise NotFound(f"{source} is not there", hint="Check the path.")
    if not path.is_dir():
        return [path]
    found = sorted(_candidates(path, 0))
    if not found:
        raise InvalidInput("holds no database and no JSON lines", field=source, hint="Name a file.")
    return found


def _candidates(directory: Path, depth: int) -> Iterator[Path]:
    try:
        entries = list(directory.iterdir())
    except OSError as error:
        raise Unavailable(f"cannot be listed: {error.strerror}", path=str(directory)) from error
    for entry in entries:
        if entry.is_dir():
            passed = entry.name in _PASSED_OVER or entry.name.endswith(WORK_SUFFIX)
            if depth < _DEEPEST and not passed and not entry.is_symlink():
                yield from _candidates(entry, depth + 1)
        elif entry.suffix in _NAMES or _begins_as_database(entry):
            yield entry


def _begins_as_database(path: Path) -> bool:
    if path.name.endswith(("-wal", "-shm", "-journal")) or not path.is_file():
        return False
    return _beginning(path)[: len(_MAGIC)] == _MAGIC


def kind_of(path: Path) -> Kind:
    """Give what a file is by its first bytes.

    Raises:
        Unavailable: When it cannot be read.
    """
    if not path.is_file():
        return "unreadable"
    first = _beginning(path)
    if first[: len(_MAGIC)] == _MAGIC:
        return "bank" if first[68:72] == _APPLICATION else "database"
    text = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    return "lines" if text[:1] in {b"{", b"["} else "unreadable"


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(100)
    except OSError as error:
        raise Unavailable(
            f"cannot be read: {error.strerror}", path=str(path), hint="Check its permissions."
        ) from error
