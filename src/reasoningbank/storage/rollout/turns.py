"""Locks on files: whose turn it is, and who is still alive. The kernel lets go of a killed holder's."""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FileLock:
    """A lock that one holder on this machine has at a time, threads and processes alike.

    Args:
        path: The file that stands for it; made where it is missing, and left.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._process = 0

    @property
    def held(self) -> bool:
        """Whether this object holds it, in this process."""
        return self._handle is not None and self._process == os.getpid()

    def take(self) -> bool:
        """Take the lock if nobody has it; give whether that worked."""
        handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        if not _locked(handle) or not _is_at(handle, self._path):
            os.close(handle)
            return False
        self._handle, self._process = handle, os.getpid()
        return True

    def give_back(self) -> None:
        """Let go of it; without it, nothing happens."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        if self._process == os.getpid():
            _unlock(handle)
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Give whether a file still has its name: another holder may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _locked(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _locked(handle: int) -> bool:
        # Not fcntl.lockf: that lock would go when any other handle on the file is closed.
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        # Unlocked and not only closed: a forked child may hold the same open file.
        fcntl.flock(handle, fcntl.LOCK_UN)
