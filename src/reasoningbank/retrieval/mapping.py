"""Vectors in two dimensions, for a map: the first two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_OUTERMOST_PERCENT: Final = 0.5
"""So few on either side are drawn at the edge, so that one stray does not press the rest together."""

_ROUNDS: Final = 24
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
    first_two = _axes(centred)
    placed = centred @ first_two
    columns = [_between_0_and_1(placed[:, at]) for at in range(placed.shape[1])]
    return [(round(x, 4), round(y, 4)) for x, y in zip(*columns, strict=True)]


def _axes(centred: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Find the two axes of greatest variance by orthogonal iteration (Golub and Van Loan, Matrix
    Computations, 4th ed., section 8.2): of 1,024 dimensions two are wanted, and a map need not be exact.
    """
    width = centred.shape[1]
    axes = np.sin(np.arange(2 * width, dtype=np.float32) * 12.9898).reshape(width, 2)
    for _ in range(_ROUNDS):
        axes, _ = np.linalg.qr(centred.T @ (centred @ axes))
    largest = np.abs(axes).argmax(axis=0)
    turned: npt.NDArray[np.float32] = axes * np.sign(axes[largest, np.arange(2)])
    return turned


def _between_0_and_1(values: npt.NDArray[np.float32]) -> list[float]:
    low, high = np.percentile(values, (_OUTERMOST_PERCENT, 100 - _OUTERMOST_PERCENT))
    if high - low < _ONE_PLACE:
        return [0.5] * len(values)
    return [float(one) for one in np.clip((values - low) / (high - low), 0.0, 1.0)]
