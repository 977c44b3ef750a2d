"""Standard input, output and error, made to behave on every terminal and in every pipe."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.errors import InvalidInput


def prepare() -> None:
    """Let characters that the terminal's encoding lacks be printed as escapes instead of failing.

    Streams that whoever started the program has closed lead nowhere.
    """
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _nowhere() -> IO[str]:
    return Path(os.devnull).open("w", encoding="utf-8")


def silence_output() -> None:
    """Send what is still buffered nowhere: its reader is gone, and the interpreter would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())


def read_input(field: str) -> str:
    """Give the text on standard input, without the line break at its end."""
    try:
        text = _standard_input().read().decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("read from standard input is not UTF-8", field=field) from error
    return text.removesuffix("\n").removesuffix("\r")


def _standard_input() -> IO[bytes]:
    if sys.stdin is None:
        raise InvalidInput("names standard input, which is closed", field="-")
    return sys.stdin.buffer


def write_bytes(content: bytes) -> None:
    """Write bytes to standard output, after what was printed before."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


@contextmanager
def reading_file(name: str) -> Iterator[IO[bytes]]:
    """Open a file named on the command line; ``-`` is standard input.

    Raises:
        InvalidInput: When it cannot be opened.
    """
    if name == "-":
        yield _standard_input()
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below; only opening may blame the name
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"cannot be read: {reason}", field=name) from error
    with file:
        yield file


@contextmanager
def warnings_shown() -> Iterator[None]:
    """Print warnings of the bank, such as a secret taken out of a text, as lines on standard error.

    One that comes again is not printed again, but at the end with how often it came.
    """
    import logging

    seen: dict[str, int] = {}

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line = f"warning: {safe_line(record.getMessage())}"
            seen[line] = seen.get(line, 0) + 1
            if seen[line] == 1:
                print(line, file=sys.stderr)

    logger = logging.getLogger("reasoningbank")
    lines = Lines(logging.WARNING)
    logger.addHandler(lines)
    try:
        yield
    finally:
        logger.removeHandler(lines)
        for line, times in seen.items():
            if times > 1:
                print(f"{line}: {times:,} times", file=sys.stderr)
