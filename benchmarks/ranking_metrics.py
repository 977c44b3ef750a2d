"""How good a ranking is, where a document is either relevant or not.

nDCG@k is the sum of 1 / log2(rank + 1) over the relevant documents among the first k, divided by the
same sum for a ranking that begins with all of them (Järvelin and Kekäläinen 2002, binary gains).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def ndcg(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return nDCG@k, 0 to 1."""
    gained = sum(
        _discount(rank) for rank, document in enumerate(ranked[:k], 1) if document in relevant
    )
    ideal = sum(_discount(rank) for rank in range(1, min(k, len(relevant)) + 1))
    return gained / ideal


def precision_at_1(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Return 1.0 when the first document is relevant, else 0.0."""
    return float(bool(ranked) and ranked[0] in relevant)


def recall(ranked: Sequence[str], relevant: Collection[str], k: int) -> float:
    """Return the share of the relevant documents that is among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(relevant)


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)
