"""Vectors as the bank keeps and compares them: int8, by exact integer arithmetic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import numpy as np

from reasoningbank.domain.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt

    from reasoningbank.embedding.protocol import Vectors

_LARGEST = 127


def to_int8(vectors: Vectors, *, dimension: int | None = None) -> npt.NDArray[np.int8]:
    """Return vectors as int8 of the same shape.

    int8 passes through. Each float vector is scaled so that its largest magnitude becomes 127 and
    rounded by floor(x + 0.5); cosine does not see the scale. A zero vector stays zero.

    Args:
        vectors: Shape (n, dimension), or (dimension,) for one vector.
        dimension: The number of components that is expected, or None to accept any.

    Raises:
        InvalidInput: Another type or shape, another dimension, NaN or infinity.
    """
    given = np.asarray(vectors)
    if given.ndim not in (1, 2):
        raise InvalidInput(f"must have 1 or 2 axes, not {given.ndim}", field="vectors")
    if dimension is not None and given.shape[-1] != dimension:
        raise InvalidInput(
            f"must have {dimension} components each, not {given.shape[-1]}", field="vectors"
        )
    if given.dtype == np.int8:
        return cast("npt.NDArray[np.int8]", given)
    if not np.issubdtype(given.dtype, np.floating):
        raise InvalidInput(f"must be int8 or float, not {given.dtype}", field="vectors")
    scaled = given.astype(np.float64)
    if not np.isfinite(scaled).all():
        raise InvalidInput("must not hold NaN or infinity", field="vectors")
    if scaled.size == 0:
        return scaled.astype(np.int8)
    peaks = np.abs(scaled).max(axis=-1, keepdims=True)
    # Division first: 127 / peak overflows for subnormal peaks.
    scaled /= np.where(peaks == 0, 1.0, peaks)
    return np.floor(scaled * _LARGEST + 0.5).astype(np.int8)


def cosine_similarity(a: npt.NDArray[np.int8], b: npt.NDArray[np.int8]) -> float:
    """Return the cosine of two int8 vectors, -1 to 1: exact integer sums, one root, one division.

    A zero vector is similar to nothing: 0.0.

    Raises:
        InvalidInput: Not two int8 vectors of one length.
    """
    if a.dtype != np.int8 or b.dtype != np.int8:
        raise InvalidInput(f"must be int8, not {a.dtype} and {b.dtype}", field="vectors")
    if a.ndim != 1 or a.shape != b.shape:
        raise InvalidInput(f"must have one shape, not {a.shape} and {b.shape}", field="vectors")
    # int8 products overflow int8; int32 holds the sums of up to 133,000 dimensions.
    wide_a, wide_b = a.astype(np.int32), b.astype(np.int32)
    squares = int(wide_a.dot(wide_a)) * int(wide_b.dot(wide_b))
    return int(wide_a.dot(wide_b)) / math.sqrt(squares) if squares else 0.0
