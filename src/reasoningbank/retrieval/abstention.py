"""When nothing is similar enough to show, by embedder.

A threshold is the similarity at which a question about something the bank does not hold is turned
away as often as it should be; `benchmarks/abstention.py` measures it and prints the table kept here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

THRESHOLDS: Final[Mapping[str, float]] = {
    "static-hybrid-768-v1-3cd8498a6dc19b93": 0.32,
}

UNKNOWN_EMBEDDER: Final = 0.0
"""For an embedder nobody calibrated: only what points the other way is turned away."""


def threshold_for(model_name: str) -> float:
    """Give the similarity below which recall abstains with this embedder."""
    return THRESHOLDS.get(model_name, UNKNOWN_EMBEDDER)
