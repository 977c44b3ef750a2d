"""Ids: UUID version 7 (RFC 9562, section 5.7), time first so that new rows land together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, TypeAlias
from uuid import UUID

from reasoningbank.domain.errors import InvalidInput

RandomBytes: TypeAlias = Callable[[int], bytes]
"""Gives that many random bytes, fit for cryptography."""

Clock: TypeAlias = Callable[[], int]
"""Gives the time in milliseconds since 1970-01-01 UTC."""

_UUID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE
)
_RANDOM_BITS: Final = (1 << 74) - 1
_LOW_BITS: Final = (1 << 62) - 1


def new_id(milliseconds: int, random_bytes: RandomBytes) -> UUID:
    """Give a new UUIDv7: 48 bits of time, 74 random bits.

    >>> str(new_id(1795223045006, lambda count: bytes(count)))
    '01a1fba1-c38e-7000-8000-000000000000'
    """
    random = int.from_bytes(random_bytes(10), "big") & _RANDOM_BITS
    high = (milliseconds & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (random >> 62) << 64
    return UUID(int=high | 0b10 << 62 | (random & _LOW_BITS))


def id_text(value: object, field: str = "id") -> str:
    """Give the canonical text of an id given as `UUID` or text.

    Raises:
        InvalidInput: When it is neither.
    """
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str) and _UUID.fullmatch(value):
        return value.lower()
    shown = repr(value)[:60] if isinstance(value, str) else type(value).__name__
    raise InvalidInput(f"is not a UUID: {shown}", field=field)
