"""Standard input, output and error, made to behave on every terminal and in every pipe."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.errors import InvalidInput, Unavailable


def prepare() -> None:
    """Let characters that the terminal's encoding lacks be printed as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


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
        text = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("read from standard input is not UTF-8", field=field) from error
    return text.removesuffix("\n").removesuffix("\r")


def write_bytes(content: bytes) -> None:
    """Write bytes to standard output, after what was printed before."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


@contextmanager
def reading_file(name: str) -> Iterator[IO[bytes]]:
    """Open a file named on the command line; ``-`` is standard input.

    Raises:
        InvalidInput: When it cannot be opened.
        Unavailable: When it cannot be read to the end.
    """
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(name, "rb")  # noqa: PTH123, SIM115 - closed below; an error of opening alone is bad input
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"cannot be read: {reason}", field=name) from error
    with file:
        try:
            yield file
        except OSError as error:
            raise Unavailable(f"cannot be read: {error.strerror}", path=name) from error


class WarningLines(logging.Handler):
    """Print warnings of the bank, such as a secret taken out of a text, as lines on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one warning."""
        print(f"warning: {safe_line(record.getMessage())}", file=sys.stderr)
