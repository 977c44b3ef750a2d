"""Files whose writes are recorded, so that what a power loss would leave of them can be made up."""
# ruff: noqa: N802 - the names are SQLite's

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from pathlib import Path
from typing import TypeAlias

import apsw
import msgspec

_NAME = "recorded"
_SECTOR = 512


class Write(msgspec.Struct, frozen=True):
    path: str
    offset: int
    content: bytes


class Cut(msgspec.Struct, frozen=True):
    """A file made shorter, or longer."""

    path: str
    size: int


class Flushed(msgspec.Struct, frozen=True):
    """A file whose writes so far have reached the disk."""

    path: str


class Linked(msgspec.Struct, frozen=True):
    path: str
    to: str


class Removed(msgspec.Struct, frozen=True):
    path: str


class Answered(msgspec.Struct, frozen=True):
    """A call that returned, and what the bank held then: versions by id."""

    versions: dict[str, int]


Event: TypeAlias = "Write | Cut | Flushed | Linked | Removed | Answered"


class _RecordedFile(apsw.VFSFile):
    def __init__(
        self, name: str | apsw.URIFilename | None, flags: list[int], events: list[Event]
    ) -> None:
        super().__init__("unix", name, flags)  # type: ignore[arg-type]
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._events = events

    def xWrite(self, data: bytes, offset: int) -> None:
        self._events.append(Write(self._path, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._events.append(Cut(self._path, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._events.append(Flushed(self._path))


class RecordedFiles(apsw.VFS):
    """A file system that notes every write to it in `events`, while SQLite is told to use it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        super().__init__(_NAME, "unix")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return _RecordedFile(name, flags, self.events)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if Path(filename).exists():
            super().xDelete(filename, syncdir)
            self.events.append(Removed(filename))


class ConnectionToRecordedFiles(apsw.Connection):
    """What stands in for `apsw.Connection` while files are recorded."""

    def __init__(self, name: str, **options: object) -> None:
        super().__init__(name, vfs=_NAME, **options)  # type: ignore[arg-type]


class _File:
    """What of a file has reached the disk, and what may or may not have."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)
        self.waiting: list[Write | Cut] = []

    def flush(self) -> None:
        for change in self.waiting:
            self._apply(change)
        self.waiting.clear()

    def _apply(self, change: Write | Cut) -> None:
        if isinstance(change, Cut):
            missing = change.size - len(self.content)
            self.content[:] = self.content[: change.size] + bytes(max(0, missing))
            return
        end = change.offset + len(change.content)
        self.content.extend(bytes(max(0, end - len(self.content))))
        self.content[change.offset : end] = change.content

    def after_power_loss(self, chance: random.Random) -> bytes:
        """Give the file with some of the waiting changes made, some not, and some half made."""
        survivor = _File(bytes(self.content))
        likely = chance.random()
        for change in self.waiting:
            if chance.random() < likely:
                survivor._apply(change)
            elif isinstance(change, Write) and chance.random() < 0.5:
                survivor._apply(_torn(change, chance))
        return bytes(survivor.content)


def _torn(write: Write, chance: random.Random) -> Write:
    """Give the beginning of a write, up to the border of a sector."""
    first = _SECTOR - write.offset % _SECTOR
    borders = range(first, len(write.content), _SECTOR)
    length = chance.choice(borders) if borders else 0
    return Write(write.path, write.offset, write.content[:length])


def after_power_loss(
    events: Iterable[Event], chance: random.Random, base: dict[str, bytes]
) -> dict[str, bytes]:
    """Give the files that a power loss after these events could leave, by path.

    Args:
        events: What happened, in order.
        chance: Decides which writes that were not flushed have reached the disk.
        base: The files there were before.
    """
    files = {path: _File(content) for path, content in base.items()}
    for event in events:
        if isinstance(event, (Write, Cut)):
            files.setdefault(event.path, _File()).waiting.append(event)
        elif isinstance(event, Flushed):
            files.setdefault(event.path, _File()).flush()
        elif isinstance(event, Linked):
            files[event.to] = files[event.path]
        elif isinstance(event, Removed):
            files.pop(event.path, None)
    return {path: file.after_power_loss(chance) for path, file in files.items()}


def link_recorded(events: list[Event], link: object = os.link) -> object:
    """Give what stands in for `os.link` while files are recorded."""

    def recorded(source: Path, target: Path) -> None:
        link(source, target)  # type: ignore[operator]
        events.append(Linked(str(source), str(target)))

    return recorded
