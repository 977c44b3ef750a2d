"""Times: UTC with milliseconds, as text that sorts by time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from reasoningbank.domain.errors import InvalidInput

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - naive arithmetic is exact and quicker
_EPOCH_UTC: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND: Final = timedelta(milliseconds=1)
_FORMAT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


def format_timestamp(milliseconds: int) -> str:
    """Give the text of a time in milliseconds since 1970-01-01 UTC.

    >>> format_timestamp(1795223045006)
    '2026-11-21T01:04:05.006Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    """Give the text of a second; the same one is asked for many times over."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def parse_timestamp(value: object, field: str) -> int:
    """Give milliseconds since 1970-01-01 UTC for an aware datetime or RFC 3339 text.

    Parts of a millisecond are cut off.

    Raises:
        InvalidInput: For another type or form, a naive datetime, or a date that does not exist.

    >>> parse_timestamp("2026-11-21T02:04:05.006+01:00", "expires_at")
    1795223045006
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput(
                "is a datetime without a time zone", field=field, hint="Add tzinfo=timezone.utc."
            )
        return (value - _EPOCH_UTC) // _MILLISECOND
    if not isinstance(value, str):
        raise InvalidInput(f"must be a time, not {type(value).__name__}", field=field)
    match = _FORMAT.fullmatch(value)
    if match is None:
        raise InvalidInput(
            f"is not a time: {value[:40]!r}", field=field, hint="Write 2026-11-21T01:02:03.004Z."
        )
    day, clock, fraction, zone = match.groups()
    offset = "+00:00" if zone in "Zz" else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset}")
        return (moment - _EPOCH_UTC) // _MILLISECOND + int(((fraction or "") + "000")[:3])
    except (ValueError, OverflowError) as error:
        raise InvalidInput(f"is not a time: {error}", field=field) from error


def milliseconds_of(stored: str) -> int:
    """Give milliseconds since 1970-01-01 UTC for text as `format_timestamp` gives it.

    A third of what `parse_timestamp` takes, for where many are read.

    >>> milliseconds_of("2026-11-21T01:04:05.006Z")
    1795223045006
    """
    try:
        return (datetime.fromisoformat(stored[:-1]) - _EPOCH) // _MILLISECOND
    except (ValueError, TypeError):
        return parse_timestamp(stored, "stored time")  # which says what is wrong with it


def checked_timestamp(value: object, field: str) -> str:
    """Give the canonical text of a time given as `parse_timestamp` takes it."""
    try:
        return format_timestamp(parse_timestamp(value, field))
    except OverflowError as error:
        raise InvalidInput("is outside the years 1 to 9999", field=field) from error
