"""Text to vector: the built-in embedder, and adapters for others behind one protocol.

Importing this package loads neither numpy nor the table; the first vector does.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from reasoningbank.embedding.choice import embedder_from_name
from reasoningbank.embedding.protocol import Embedder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from reasoningbank.embedding.protocol import Vectors

__all__ = [
    "Embedder",
    "cosine_similarity",
    "default_embedder",
    "embedder_from_name",
    "to_int8",
]

_loading = threading.Lock()


def default_embedder() -> Embedder:
    """Return the built-in embedder (768 dimensions, int8, offline); one for the process.

    The first call loads numpy and the table, about 7 ms beyond numpy's own import.

    >>> embedder = default_embedder()
    >>> embedder.embed_documents(["restart the worker", "buy shoes"]).shape
    (2, 768)
    """
    # The cache alone would let two threads that ask first at once load two.
    with _loading:
        return _load_default()


@cache
def _load_default() -> Embedder:
    from reasoningbank.embedding.static_hybrid import StaticHybridEmbedder

    return StaticHybridEmbedder()


def to_int8(vectors: Vectors, *, dimension: int | None = None) -> npt.NDArray[np.int8]:
    """Return vectors as int8 of the same shape, each scaled so that its largest magnitude is 127.

    See `reasoningbank.embedding.vectors.to_int8` for the rounding and the errors.

    >>> import numpy
    >>> to_int8(numpy.array([[0.5, -0.25, 0.0]])).tolist()
    [[127, -63, 0]]
    """
    from reasoningbank.embedding import vectors as arithmetic

    return arithmetic.to_int8(vectors, dimension=dimension)


def cosine_similarity(a: npt.NDArray[np.int8], b: npt.NDArray[np.int8]) -> float:
    """Return the cosine of two int8 vectors, -1 to 1, from exact integer sums; 0.0 for a zero vector.

    Raises:
        InvalidInput: Not two int8 vectors of one length.

    >>> embed = default_embedder().embed_query
    >>> question = embed("How do I restart the background worker?")
    >>> close = cosine_similarity(question, embed("restarting background workers"))
    >>> far = cosine_similarity(question, embed("buy blue running shoes"))
    >>> close > 0.5 > far
    True
    """
    from reasoningbank.embedding import vectors as arithmetic

    return arithmetic.cosine_similarity(a, b)
