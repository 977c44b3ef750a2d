"""Files that fail or kill at a chosen step: a layer between SQLite and the disk that counts."""
# ruff: noqa: N802 - the names are SQLite's

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import apsw

NAME = "counted"
_AUDITED = frozenset({"open", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename"})


class Counter:
    """Count steps and do something at one of them, or at that one and at every later one."""

    def __init__(self) -> None:
        self.steps = 0
        self.at = 0
        self.once = True
        self.act: Callable[[], None] = lambda: None

    def arm(self, at: int, act: Callable[[], None], *, once: bool = True) -> None:
        """Begin to count anew; `act` is called before step number `at` is taken."""
        self.steps, self.at, self.act, self.once = 0, at, act, once

    def disarm(self) -> None:
        """Let every step pass."""
        self.at = 0

    @property
    def reached(self) -> bool:
        """Whether the step was come to."""
        return 0 < self.at <= self.steps

    def step(self) -> None:
        """Count one step."""
        self.steps += 1
        if self.steps == self.at or (self.reached and not self.once):
            self.act()


counter = Counter()
"""Every file and statement of this process counts here."""


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class _CountedFile(apsw.VFSFile):
    def xWrite(self, data: bytes, offset: int) -> None:
        counter.step()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        counter.step()
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:
        counter.step()
        super().xTruncate(newsize)


class _TornFile(_CountedFile):
    """Write the first half of the data where the step kills, as a write that is cut off does."""

    def xWrite(self, data: bytes, offset: int) -> None:
        if counter.steps + 1 == counter.at:
            apsw.VFSFile.xWrite(self, data[: len(data) // 2], offset)
        super().xWrite(data, offset)


class CountedFiles(apsw.VFS):
    """A file system whose writes are counted; SQLite knows it as long as this object lives."""

    def __init__(self, *, torn: bool = False, default: bool = False) -> None:
        # The base is named: left to the default, this would stand on itself.
        super().__init__(NAME, "unix", makedefault=default)
        self._file = _TornFile if torn else _CountedFile

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return self._file("unix", name, flags)  # type: ignore[arg-type]

    def xDelete(self, filename: str, syncdir: bool) -> None:
        counter.step()
        if Path(filename).exists():  # SQLite asks for more than there is, and takes no offence
            super().xDelete(filename, syncdir)


def count_calls_of_python(folder: str) -> None:
    """Count what Python itself does to files below a folder as well; it cannot be undone."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in _AUDITED and any(str(argument).startswith(folder) for argument in arguments):
            counter.step()

    sys.addaudithook(hook)
