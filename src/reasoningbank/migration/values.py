"""What other programs keep in a column, read for what it means: text, numbers, times, tags, JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Final, TypeAlias, cast

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.limits import SAFE_INTEGER
from reasoningbank.domain.timestamps import format_timestamp, parse_timestamp

Values: TypeAlias = Mapping[str, object]

# Between these a number of seconds is a time from 1973 to 2286, one of milliseconds one from 1970 on:
# the two do not meet, since nothing of this kind was written before the first of them.
_FIRST_SECOND: Final = 100_000_000
_FIRST_MILLISECOND: Final = 10_000_000_000
_FIRST_MICROSECOND: Final = 100_000_000_000_000
_LAST_MILLISECOND: Final = 253_402_300_799_999
_SQL_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?)?", re.ASCII
)
_DEEPEST: Final = 24
_LONGEST_NUMBER: Final = 4_000


def text_of(value: object) -> str | None:
    """Give the text in a column, or None where there is none; bytes are read as UTF-8."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        return None
    return value


def first_text(values: Values, *names: str) -> str | None:
    """Give the first of several columns that holds text."""
    for name in names:
        found = text_of(values.get(name))
        if found is not None:
            return found
    return None


def number_of(value: object) -> float | None:
    """Give a finite number, also one written as text, or None."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def score_of(value: object) -> float | None:
    """Give a number from 0 to 1, or None for anything else."""
    number = number_of(value)
    return number if number is not None and 0.0 <= number <= 1.0 else None


def count_of(value: object) -> int:
    """Give how often something happened; 0 where that is not told by a number."""
    number = number_of(value)
    if number is None or number < 0:
        return 0
    return min(int(number), SAFE_INTEGER)


def seconds_of(milliseconds: object) -> float | None:
    """Give a duration in seconds from one in milliseconds, or None."""
    number = number_of(milliseconds)
    return None if number is None or number < 0 else number / 1000


def time_of(value: object) -> str | None:
    """Give a time as a bank writes it, from seconds, milliseconds, or text; None for no time.

    >>> time_of(1795223356), time_of(1795223766858), time_of("2026-11-21 01:02:19")
    ('2026-11-21T01:09:16.000Z', '2026-11-21T01:16:06.858Z', '2026-11-21T01:02:19.000Z')
    >>> time_of(9223372036854775807) is None
    True
    """
    milliseconds = _milliseconds(value)
    if milliseconds is None or not 0 <= milliseconds <= _LAST_MILLISECOND:
        return None
    return format_timestamp(milliseconds)


def _milliseconds(value: object) -> int | None:
    if isinstance(value, str):
        return _milliseconds_of_text(value.strip())
    number = number_of(value)
    if number is None or number < _FIRST_SECOND:
        return None
    if number < _FIRST_MILLISECOND:
        return int(number * 1000)
    return int(number) if number < _FIRST_MICROSECOND else int(number / 1000)


def _milliseconds_of_text(text: str) -> int | None:
    match = _SQL_TIME.fullmatch(text)
    if match is not None:  # what CURRENT_TIMESTAMP writes: UTC without saying so
        day, minute, second = match[1], match[2] or "00:00", match[3] or ":00"
        text = f"{day}T{minute}{second}Z"
    try:
        return parse_timestamp(text, "time")
    except InvalidInput:
        return _milliseconds(number_of(text))


def json_of(value: object) -> object:
    """Give the JSON in a column; None for an empty one.

    Raises:
        ValueError: When it holds something else.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        return json.loads(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def object_of(value: object) -> dict[str, object]:
    """Give the JSON object in a column; an empty one for anything else."""
    try:
        found = json_of(value)
    except ValueError:
        return {}
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}


def tags_of(value: object) -> list[str]:
    """Give the tags in a column: a JSON list, or words between commas."""
    try:
        found = json_of(value)
    except ValueError:
        found = str(value).split(",")
    if isinstance(found, str):
        found = found.split(",")
    if not isinstance(found, (list, tuple)):
        return []
    return [text for one in found if (text := text_of(one)) is not None]


def plain(value: object, depth: int = _DEEPEST) -> object:
    """Give a value as I-JSON: numbers no reader keeps and bytes as text, too deep ones as JSON text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, int):
        return value if -SAFE_INTEGER <= value <= SAFE_INTEGER else _digits(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth == 0:
        return sound(json.dumps(value, default=str))
    if isinstance(value, dict):
        return {sound(str(name)): plain(item, depth - 1) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth - 1) for item in value]
    return sound(str(value))


def _digits(value: int) -> str:
    return str(value) if value.bit_length() < _LONGEST_NUMBER else f"{value.bit_length()} bits"


def sound(text: str) -> str:
    """Give a text with lone surrogates, which are no characters, replaced by U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that JSON wrote apart are one character.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
