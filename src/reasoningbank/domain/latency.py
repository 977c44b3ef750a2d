"""Durations sorted into log-scaled buckets, from which percentiles are read within a few percent.

Below 2 µs a bucket is 64 ns wide; above, each doubling is cut into sixteen. A duration read back from
its bucket is therefore off by 3.2 % at most, and buckets of the same number can be added up whoever
filled them: threads, processes, minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_UNIT_BITS: Final = 6
_PARTS_BITS: Final = 4
_PARTS: Final = 1 << _PARTS_BITS
_LONGEST: Final = 1 << 36  # units: 73 minutes; what takes longer is counted there
_NANOSECONDS: Final = 1_000_000_000


def bucket_of(nanoseconds: int) -> int:
    """Give the number of the bucket that a duration belongs to.

    >>> bucket_of(8_000), bucket_of(8_100), bucket_of(9_000)
    (63, 63, 65)
    """
    units = min(nanoseconds >> _UNIT_BITS, _LONGEST)
    if units < 2 * _PARTS:
        return max(units, 0)
    shift = units.bit_length() - _PARTS_BITS - 1
    return (shift << _PARTS_BITS) + (units >> shift)


def bucket_seconds(bucket: int) -> tuple[float, float]:
    """Give the shortest duration of a bucket and the first one beyond it, in seconds.

    >>> bucket_seconds(bucket_of(8_000))
    (7.936e-06, 8.192e-06)
    """
    shift = max((bucket >> _PARTS_BITS) - 1, 0)
    low = (bucket - (shift << _PARTS_BITS)) << shift
    unit = (1 << _UNIT_BITS) / _NANOSECONDS
    return low * unit, (low + (1 << shift)) * unit


def percentile(buckets: Mapping[int, int], percent: float) -> float | None:
    """Give the duration in seconds that so many percent did not exceed, or None without any.

    The middle of the bucket in which the duration of that rank lies.

    >>> percentile({bucket_of(8_000): 99, bucket_of(80_000): 1}, 50)
    8.064e-06
    """
    total = sum(buckets.values())
    if not total:
        return None
    rank = max(total * percent / 100, 1)
    passed = 0
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        if passed >= rank:
            return sum(bucket_seconds(bucket)) / 2
    return sum(bucket_seconds(max(buckets))) / 2
