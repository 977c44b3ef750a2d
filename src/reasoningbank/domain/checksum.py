"""The content checksum that each stored row and vector carries (CRC-32, as in zlib).

It is there to find damage, not to prove authorship. Every field of a row enters it, numbers as
8-byte big-endian IEEE doubles so that every language gets the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

_NUMBERS: Final = struct.Struct(">6d")
_ABSENT: Final = "\x01"  # cannot stand in a stored text: control characters are refused
_NAN: Final = float("nan")


def row_checksum(
    texts: tuple[str | None, ...],
    success_score: float | None,
    duration_seconds: float | None,
    counters: tuple[int, int, int, int],
) -> int:
    """Give the checksum of a pattern row.

    Args:
        texts: The text columns in schema order; None is told from the empty text.
        success_score: As stored; None counts as NaN, and -0.0 as the 0.0 that SQLite makes of it.
        duration_seconds: The same.
        counters: uses, successes, failures, version.
    """
    joined = "\0".join([_ABSENT if text is None else text for text in texts])
    numbers = _NUMBERS.pack(
        _NAN if success_score is None else success_score + 0.0,
        _NAN if duration_seconds is None else duration_seconds + 0.0,
        *counters,
    )
    return zlib.crc32(numbers, zlib.crc32(joined.encode()))


def vector_checksum(vector: bytes) -> int:
    """Give the checksum of a vector's bytes."""
    return zlib.crc32(vector)
