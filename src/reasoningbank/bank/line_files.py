"""Files of JSON lines, written and read a line at a time; errors name the line."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Final, Literal, TypeAlias, cast

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject, parse_json_object

TextOrBytes: TypeAlias = "IO[str] | IO[bytes]"
OnInvalid: TypeAlias = Literal["raise", "skip"]

_AGAIN: Final = (
    "The lines before it are in; mend it and run again, what is in already is recognised."
)


def write_lines(file: TextOrBytes, header: bytes, lines: Iterable[bytes]) -> int:
    """Write a header and the lines after it to a text or binary file; give how many lines."""
    write = _writer(file)
    write(header)
    count = 0
    for line in lines:
        write(line)
        count += 1
    return count


def _writer(file: TextOrBytes) -> Callable[[bytes], object]:
    _check_file(file, "write")
    if _takes_text(file):
        write_text = cast("IO[str]", file).write
        return lambda line: write_text(line.decode() + "\n")
    write_bytes = cast("IO[bytes]", file).write
    return lambda line: write_bytes(line + b"\n")


def _takes_text(file: object) -> bool:
    """Tell text files from binary ones, wrapped ones (temporary files, archives) too."""
    if isinstance(file, (io.TextIOBase, codecs.StreamWriter, codecs.StreamReaderWriter)):
        return True
    mode = getattr(file, "mode", "b")
    return isinstance(mode, str) and "b" not in mode  # gzip's is a number


def _check_file(file: object, method: str) -> None:
    if not callable(getattr(file, method, None)):
        raise InvalidInput(
            f"must be an open file, not {type(file).__name__}",
            field="file",
            hint="Give what open() returns.",
        )


def objects_of(file: TextOrBytes, longest: int) -> Iterator[tuple[int, JsonObject | InvalidInput]]:
    """Give (line number, object) for each line of a file that is not empty.

    A line that is no JSON object is given as the error it makes; a file that is no text at all
    raises it, since nothing that follows could be trusted.
    """
    for number, text in _lines(file, longest):
        try:
            yield number, parse_json_object(text, f"line {number}")
        except InvalidInput as error:
            yield number, error


def _lines(file: TextOrBytes, longest: int) -> Iterator[tuple[int, str | bytes]]:
    """Give (line number, text) for each line of a file that is not empty, without a mark of UTF-8.

    Raises:
        InvalidInput: For a line of more than `longest` bytes, or a file that is no text.
    """
    _check_file(file, "readline")
    number = 0
    while line := _line(file, number + 1, longest):
        number += 1
        line = line.strip()
        if isinstance(line, str):
            line = line.removeprefix("\ufeff")
        else:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if line:
            yield number, line


def _line(file: TextOrBytes, number: int, longest: int) -> str | bytes:
    try:
        line = file.readline(longest + 1)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"is not UTF-8: {error.reason}", field=f"line {number}") from error
    if len(line) > longest:
        raise InvalidInput(f"is longer than {longest:,} bytes", field=f"line {number}")
    return line


def at_line(number: int, error: InvalidInput) -> InvalidInput:
    """Give an error about a field as one about a field of a line."""
    field = f"line {number}" + (f": {error.field}" if error.field else "")
    return InvalidInput(error.message, field=field, hint=error.hint)


def to_be_mended(error: InvalidInput) -> InvalidInput:
    """Give the error that ends a transfer, with the way to go on."""
    hint = _AGAIN if error.hint is None else f"{error.hint} {_AGAIN}"
    return InvalidInput(error.message, field=error.field, hint=hint)
