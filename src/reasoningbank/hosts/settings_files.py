"""Files of settings as bytes: read, replaced whole, and kept as they were."""

from __future__ import annotations

import difflib
import hashlib
import os
import time
from pathlib import Path
from typing import Final

from reasoningbank.domain.errors import InvalidInput, Unavailable

_MARK: Final = "\ufeff"


def content_of(path: Path) -> bytes | None:
    """Give the bytes of a file, or None where there is none.

    Raises:
        Unavailable: When it cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", path=str(path)) from error


def decoded(path: Path, content: bytes) -> tuple[str, str]:
    """Give the text of a file and the mark at its beginning, if it has one."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("is not UTF-8", path=str(path)) from error
    return (text[1:], _MARK) if text.startswith(_MARK) else (text, "")


def replace(path: Path, content: bytes) -> None:
    """Write a file so that it is never half there; a link goes on pointing to it."""
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.chmod(mode)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise Unavailable(f"cannot be written: {error.strerror}", path=str(path)) from error


def back_up(path: Path, content: bytes, folder: Path) -> Path:
    """Keep a file as it is now, for its owner alone, and give where."""
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    backup = (
        folder / "backups" / f"{at}-{digest_of(str(path).encode())[:8]}-{path.name.lstrip('.')}"
    )
    make_private(folder)
    make_private(backup.parent)
    replace(backup, content)
    return backup


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may look into."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"cannot be made: {error.strerror}", path=str(folder)) from error


def digest_of(content: bytes) -> str:
    """Give the SHA-256 of a content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def difference(before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    """Give the lines that differ and none around them: settings hold keys of other programs."""
    first = (before or b"").decode("utf-8", "replace").splitlines()
    second = (after or b"").decode("utf-8", "replace").splitlines()
    lines = difflib.unified_diff(first, second, n=0, lineterm="")
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
