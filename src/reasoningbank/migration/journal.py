"""What a migration has done so far, kept beside its target so that it can go on, and go back."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from reasoningbank.domain.errors import Busy, StorageCorrupt, Unavailable
from reasoningbank.migration.accounts import Tally
from reasoningbank.migration.finding import WORK_SUFFIX
from reasoningbank.storage.location import user_data_directory

Step: TypeAlias = Literal["begun", "backed up", "converted", "validated", "finished", "rolled back"]
Way: TypeAlias = Literal["switched", "written directly"]

_JOURNAL: Final = "journal.json"


class Journal(msgspec.Struct, kw_only=True):
    """One run of a migration.

    Args:
        run: Its name, which is also noted as the actor of what it brings.
        source: What it reads, as an absolute path.
        target: Where it writes: an absolute path, or a URL.
        namespace: The namespace it writes to.
        started_at: When it began.
        step: How far it is.
        way: Whether the finished bank was switched in, or rows written into the target itself.
        target_was_there: Whether there was a bank before.
        seen: What the target's files looked like when they were copied.
        ended_at: When it finished, or None.
        tally: What became of the rows.
    """

    run: str
    source: str
    target: str
    namespace: str
    started_at: str
    step: Step = "begun"
    way: Way = "switched"
    target_was_there: bool = True
    seen: str = ""
    ended_at: str | None = None
    tally: Tally | None = None

    @property
    def actor(self) -> str:
        """Who is noted in the histories of what this run brings."""
        return f"migration {self.run}"


class Work:
    """The directory beside a target in which migrations keep their backups and journals."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def beside(cls, target: Path | None, url: str) -> Work:
        """Give the one of a file, or of a target that is no file: in the user's data directory."""
        if target is not None:
            return cls(target.with_name(target.name + WORK_SUFFIX))
        name = hashlib.sha256(url.encode()).hexdigest()[:16]
        return cls(user_data_directory(os.environ) / f"bank-{name}{WORK_SUFFIX}")

    def run(self, journal: Journal) -> Path:
        """Give the directory of a run, made if it is not there."""
        directory = self.directory / journal.run
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(
                f"cannot be made a directory: {error.strerror}",
                path=str(directory),
                hint="A migration keeps its backup there: choose a target where you may write.",
            ) from error
        return directory

    def journals(self) -> list[Journal]:
        """Give the runs there were, oldest first.

        Raises:
            StorageCorrupt: For a journal that cannot be read.
        """
        found = []
        for file in sorted(self.directory.glob(f"*/{_JOURNAL}")):
            try:
                found.append(msgspec.json.decode(file.read_bytes(), type=Journal))
            except (msgspec.DecodeError, OSError) as error:
                raise StorageCorrupt(
                    f"cannot be read ({error})",
                    path=str(file),
                    hint="Move its directory away; the backup in it is a bank of its own.",
                ) from error
        return found

    def write(self, journal: Journal) -> None:
        """Keep how far a run is: the old journal or the new one, whatever happens."""
        directory = self.run(journal)
        temporary = directory / f"{_JOURNAL}.new"
        with temporary.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(journal), indent=2) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(directory / _JOURNAL)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Let one migration of a target at a time go on; the kernel ends the turn of a killed one.

        Raises:
            Busy: When another is at it.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(
                f"cannot be made a directory: {error.strerror}", path=str(self.directory)
            ) from error
        if sys.platform == "win32":
            yield
            return
        import fcntl

        handle = os.open(self.directory, os.O_RDONLY)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise Busy(
                    "is being migrated to by another process",
                    path=str(self.directory),
                    hint="Wait for it to end.",
                ) from error
            yield
        finally:
            os.close(handle)

    def tidy(self) -> None:
        """Remove the directory when nothing is left in it."""
        try:
            self.directory.rmdir()
        except OSError:
            return  # it holds the runs of others, or is gone


def look_of(path: Path) -> str:
    """Give what changes when a bank file was written, to be compared after a restart."""
    parts = []
    for side in ("", "-wal"):
        try:
            state = path.with_name(path.name + side).stat()
        except FileNotFoundError:
            continue
        if state.st_size:
            parts.append(f"{state.st_ino} {state.st_size} {state.st_mtime_ns}")
    return ", ".join(parts)
