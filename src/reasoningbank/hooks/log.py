"""The log of the hooks: one line for each thing that went wrong, in a file that stays small."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

_LARGEST_BYTES: Final = 1_000_000
_LONGEST_LINE: Final = 1_000


def log_folder() -> Path | None:
    """Give the folder of the log, or None for a user without a home."""
    from reasoningbank.storage.location import user_state_directory

    try:
        return user_state_directory(os.environ)
    except RuntimeError:
        return None


def log_warnings_of_the_bank(event: str) -> None:
    """Have warnings, such as of a secret taken out of a text, written to the log and nowhere else."""
    import logging

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log_line(log_folder(), event, record.getMessage())

    logger = logging.getLogger("reasoningbank")
    logger.handlers = [Lines(logging.WARNING)]
    logger.propagate = False


def log_line(folder: Path | None, event: str, problem: str) -> None:
    """Append a line to the log; where that cannot be done, nobody is told."""
    if folder is None:
        return
    path = folder / "hooks.log"
    plain = problem.encode("ascii", "backslashreplace").decode()
    shown = "".join(one if one.isprintable() else " " for one in plain)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = f"{at} {event}: {' '.join(shown.split())[:_LONGEST_LINE]}\n"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _LARGEST_BYTES:
            path.replace(path.with_name("hooks.log.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
    except OSError:
        return  # a read-only home: the agent goes on all the same
