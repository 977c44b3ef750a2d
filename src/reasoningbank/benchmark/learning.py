"""Time recall, learning and consolidation, and weigh what they leave in the file."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.benchmark import corpus, learned_bank
from reasoningbank.benchmark.experiences import experience
from reasoningbank.benchmark.figures import Figure, search_figure
from reasoningbank.benchmark.timing import durations_and_cpu

if TYPE_CHECKING:
    from reasoningbank.benchmark.pair import Progress, Vectors

LARGEST: Final = 100_000
"""Beyond this many patterns, building a learned bank would take longer than all the rest."""

_RECALLS: Final = 300
_LEARNS: Final = 200
_WARM_UP: Final = 20
_SEVERAL_GROUPS: Final = 3


def measure(
    size: int,
    vectors: Vectors,
    directory: Path,
    *,
    progress: Progress | None = None,
    repeats: float = 1.0,
    consolidation: bool = False,
) -> list[Figure]:
    """Build a learned bank of `size` patterns in a directory and give the figures of recall.

    Args:
        size: Patterns in the bank.
        vectors: Those of the corpus from its first text on, at least `size`.
        directory: Where the bank is made, about 6 kB for each pattern.
        progress: Told what is going on.
        repeats: Share of the usual number of calls, for a quick look.
        consolidation: Whether the whole bank is consolidated as well, which takes minutes.
    """
    path = directory / "learned.db"
    if progress is not None:
        progress(f"learning a bank of {size:,} patterns")
    learned_bank.build(path, size, vectors, progress)
    calls = max(_WARM_UP, round(_RECALLS * repeats))
    figures = recalling(path, size, calls)
    if consolidation:
        if progress is not None:
            progress(f"{size:,}: consolidating")
        figures += consolidating(path, size)
    return figures


def recalling(path: Path, size: int, calls: int) -> list[Figure]:
    """Time `recall`, from the text to the prompt block, and weigh the events it keeps.

    Once as it is asked by default, one group of patterns; once for three groups, which maximal
    marginal relevance chooses. The queries are worded unlike the stored tasks.
    """
    queries = [corpus.query(number) for number in range(_WARM_UP + calls)]

    with ReasoningBank.open(path) as bank:

        def several(query: str) -> None:
            bank.recall(query, experiences=_SEVERAL_GROUPS, k=2 * _SEVERAL_GROUPS)

        for query in queries[:_WARM_UP]:
            bank.recall(query)
        gc.collect()
        gc.freeze()
        try:
            one_group = durations_and_cpu(bank.recall, queries[_WARM_UP:])
            three_groups = durations_and_cpu(several, queries[_WARM_UP:])
        finally:
            gc.unfreeze()
    return [
        search_figure("recall", size, one_group),
        search_figure("recall_three_groups", size, three_groups),
    ]


def learning(directory: Path, repeats: float = 1.0) -> list[Figure]:
    """Time `learn` without a model on experiences of 10 to 30 steps, and weigh what it keeps.

    The bank is empty at first. What an experience takes is counted with its patterns, vectors,
    links and outcomes; what a recall takes, with one query's text and what was shown.
    """
    path = directory / "learning.db"
    calls = max(_WARM_UP, round(_LEARNS * repeats))
    given = [experience(number) for number in range(_WARM_UP + calls)]
    with ReasoningBank.open(path) as bank:
        for one in given[:_WARM_UP]:
            bank.learn(one)
    before = path.stat().st_size
    with ReasoningBank.open(path) as bank:
        times = durations_and_cpu(bank.learn, given[_WARM_UP:])
    learned = path.stat().st_size
    recalls = 5 * calls
    with ReasoningBank.open(path) as bank:
        for number in range(recalls):
            bank.recall(corpus.query(number))
    recalled = path.stat().st_size
    return [
        search_figure("learn", None, times),
        Figure(name="bytes_per_experience", unit="bytes", value=(learned - before) / calls),
        Figure(name="bytes_per_recall", unit="bytes", value=(recalled - learned) / recalls),
    ]


def consolidating(path: Path, size: int) -> list[Figure]:
    """Time a consolidation that looks at every pattern and takes its steps."""
    with ReasoningBank.open(path) as bank:
        bank.find_similar(corpus.query(0))  # loads the vectors
        begun, worked = time.monotonic(), time.process_time()
        report = bank.consolidate(everything=True)
        seconds, cpu = time.monotonic() - begun, time.process_time() - worked
    each = Figure(
        name="consolidate_per_pattern",
        size=size,
        unit="ms",
        value=round(1000 * seconds / size, 3),
        cpu=round(1000 * cpu / size, 3),
    )
    note = f"{report.looked_at:,} looked at, {len(report.proposals):,} steps taken"
    whole = Figure(
        name="consolidate",
        size=size,
        unit="s",
        value=round(seconds, 1),
        cpu=round(cpu, 1),
        note=note,
    )
    return [whole, each]
