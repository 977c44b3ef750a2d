"""Lengths of time and sizes as people write and read them."""

from __future__ import annotations

import re
from typing import Final

from reasoningbank.domain.errors import InvalidInput

_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WRITTEN: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*([smhd])", re.ASCII)
_MICRO, _MILLI = 1e-6, 1e-3
_KILO: Final = 1_000
_ROUNDED_UP: Final = 999.5  # what three digits would show as 1000


def seconds_of(text: str, field: str) -> float:
    """Give the seconds of ``30s``, ``15m``, ``24h`` or ``7d``.

    >>> seconds_of("24h", "since")
    86400.0
    """
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        raise InvalidInput(
            f"is not a length of time: {text[:40]!r}",
            field=field,
            hint="Write 30s, 15m, 24h or 7d.",
        )
    return float(match[1]) * _SECONDS[match[2]]


def duration(seconds: float | None) -> str:
    """Give a duration with three digits and the unit that fits; a dash for none.

    >>> duration(0.0000081), duration(0.0123), duration(4.5)
    ('8.1 µs', '12.3 ms', '4.5 s')
    """
    if seconds is None:
        return "-"
    for limit, factor, unit in ((_MILLI, _MICRO, "µs"), (1.0, _MILLI, "ms")):
        if seconds < limit:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"  # noqa: PLR2004


def size(bytes_: int) -> str:
    """Give a size with three digits and the unit that fits.

    >>> size(640), size(81_920), size(4_500_000)
    ('640 B', '81.9 kB', '4.5 MB')
    >>> size(999_600)
    '1 MB'
    """
    if bytes_ < _KILO:
        return f"{bytes_} B"
    for factor, unit in ((_KILO, "kB"), (_KILO**2, "MB")):
        if bytes_ < factor * _ROUNDED_UP:
            return f"{bytes_ / factor:.3g} {unit}"
    return f"{bytes_ / _KILO**3:,.1f} GB"
