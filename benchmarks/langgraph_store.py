"""How long the LangGraph store takes as a namespace grows: ``python -m benchmarks.langgraph_store``."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reasoningbank import ReasoningBank

SIZES = (10, 100, 1_000)


def milliseconds(call: Callable[[], object], repeats: int = 20) -> float:
    """The median time of one call."""
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken) * 1_000


def main() -> None:
    """Print a row for each size."""
    from reasoningbank.adapters.langgraph import ReasoningBankStore

    print("items in the namespace     get      put   search   (ms, median of 20)")
    with tempfile.TemporaryDirectory() as folder, ReasoningBank.open(Path(folder) / "b.db") as bank:
        store = ReasoningBankStore(bank)
        for size in SIZES:
            place = (f"of {size}",)
            for number in range(size):
                store.put(place, str(number), {"text": f"memory {number} of a user"})
            store.search(place, query="a memory")  # the first one loads the vectors
            times = [
                milliseconds(lambda place=place: store.get(place, "5")),
                milliseconds(lambda place=place: store.put(place, "5", {"text": "memory 5"})),
                milliseconds(lambda place=place: store.search(place, query="memory 5")),
            ]
            print(f"{size:>22,}" + "".join(f"{one:>9.2f}" for one in times))


if __name__ == "__main__":
    main()
