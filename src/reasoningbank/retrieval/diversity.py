"""Maximal marginal relevance: near the task, and not all alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RELEVANCE_SHARE: Final = 0.7
"""The lambda of MMR: 1 looks at the score alone, 0 at difference alone."""


def diverse_order(scores: Sequence[float], vectors: Sequence[bytes], count: int) -> list[int]:
    """Give the positions of `count` items by maximal marginal relevance.

    Each next item maximises lambda x score - (1 - lambda) x the highest cosine to those chosen
    before (Carbonell and Goldstein, SIGIR 1998).

    Args:
        scores: Relevance by item, 0 to 1.
        vectors: int8 components by item.
        count: How many to choose at most.
    """
    if count <= 1 or len(scores) <= 1:
        best = sorted(range(len(scores)), key=lambda at: (-scores[at], at))
        return best[: max(count, 0)]
    import numpy as np  # not before a vector is there

    units = _unit_rows(np.array([np.frombuffer(vector, np.int8) for vector in vectors]))
    relevance = np.array(scores)
    likeness = np.zeros(len(scores))
    left = np.ones(len(scores), bool)
    chosen: list[int] = []
    while len(chosen) < min(count, len(scores)):
        value = RELEVANCE_SHARE * relevance - (1.0 - RELEVANCE_SHARE) * likeness
        best_left = int(np.argmax(np.where(left, value, -np.inf)))
        chosen.append(best_left)
        left[best_left] = False
        likeness = np.maximum(likeness, units @ units[best_left])
    return chosen


def _unit_rows(rows: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    import numpy as np

    exact = rows.astype(np.float64)
    norms = np.sqrt((exact * exact).sum(axis=1, keepdims=True))
    return exact / np.where(norms == 0, 1.0, norms)
