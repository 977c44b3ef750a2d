"""Vectors in two dimensions, for a map: the first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_OUTERMOST_PERCENT: Final = 0.5
"""So few on either side are drawn at the edge, so that one stray does not press the rest together."""

_ONE_PLACE: Final = 1e-6
"""What is no further apart than this is so by rounding."""


def places_of(vectors: Sequence[bytes]) -> list[tuple[float, float]]:
    """Give a place between 0 and 1 in both directions for each int8 vector.

    The same vectors give the same places: the axes are those of greatest variance (Pearson, On lines
    and planes of closest fit, 1901), each turned so that its largest component is positive.
    """
    if not vectors:
        return []
    rows = np.frombuffer(b"".join(vectors), dtype=np.int8).reshape(len(vectors), -1)
    centred = rows.astype(np.float32)
    centred -= centred.mean(axis=0)
    _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    first_two = axes[:, ::-1][:, :2]
    largest = np.abs(first_two).argmax(axis=0)
    first_two *= np.sign(first_two[largest, np.arange(first_two.shape[1])])
    placed = centred @ first_two
    columns = [_between_0_and_1(placed[:, at]) for at in range(placed.shape[1])]
    return [(round(x, 4), round(y, 4)) for x, y in zip(*columns, strict=True)]


def _between_0_and_1(values: npt.NDArray[np.float64]) -> list[float]:
    low, high = np.percentile(values, (_OUTERMOST_PERCENT, 100 - _OUTERMOST_PERCENT))
    if high - low < _ONE_PLACE:
        return [0.5] * len(values)
    return [float(one) for one in np.clip((values - low) / (high - low), 0.0, 1.0)]
