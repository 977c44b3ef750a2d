"""Measure the bank on this machine, beside the bare engine: what `reasoningbank bench` runs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reasoningbank.benchmark.report import BenchmarkReport, load_average, machine

if TYPE_CHECKING:
    from reasoningbank.benchmark.pair import Progress

__all__ = ["BenchmarkReport", "run"]


def run(
    sizes: Sequence[int] = (1_000, 10_000),
    *,
    directory: Path | None = None,
    vector_cache: Path | None = None,
    progress: Progress | None = None,
    repeats: float = 1.0,
    consolidation: bool = False,
) -> BenchmarkReport:
    """Measure time, memory and file size, and give a report.

    Times of the bank and of the bare engine come from one process, taken in turns, so that a busy
    machine slows both. The banks are made of generated texts and removed afterwards.

    Args:
        sizes: Numbers of patterns; each gets banks of its own, about 6 kB of disk a pattern.
        directory: Where the banks are made, for a look at another disk; a temporary one if None.
        vector_cache: Where embedded texts are kept for the next run; not kept if None.
        progress: Told in a line what is going on.
        repeats: Share of the usual number of calls; less is quicker and coarser.
        consolidation: Whether whole banks are consolidated as well, for minutes from 100,000 on.
    """
    from reasoningbank.benchmark import footprint, learning, operations
    from reasoningbank.benchmark.pair import corpus_vectors

    load_before, begun = load_average(), time.monotonic()
    if progress is not None:
        progress("starting processes")
    figures = footprint.start_up(max(3, round(15 * repeats)))
    figures += footprint.embedding(max(200, round(2_000 * repeats)))
    with tempfile.TemporaryDirectory(prefix="reasoningbank-bench-", dir=directory) as place:
        if progress is not None:
            progress("learning from experiences")
        figures += learning.learning(Path(place), repeats)
    for size in sizes:
        vectors = corpus_vectors(size + operations.EXTRA_VECTORS, vector_cache, progress)
        with tempfile.TemporaryDirectory(prefix="reasoningbank-bench-", dir=directory) as place:
            figures += operations.measure(
                size, vectors, Path(place), progress=progress, repeats=repeats
            )
        if size > learning.LARGEST:
            continue
        with tempfile.TemporaryDirectory(prefix="reasoningbank-bench-", dir=directory) as place:
            figures += learning.measure(
                size,
                vectors,
                Path(place),
                progress=progress,
                repeats=repeats,
                consolidation=consolidation,
            )
    return BenchmarkReport(
        machine=machine(load_before),
        figures=tuple(figures),
        sizes=tuple(sizes),
        seconds=round(time.monotonic() - begun, 1),
    )
