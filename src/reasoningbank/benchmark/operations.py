"""Time the bank's operations on one file size, beside the bare engine."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Final, TypeVar
from uuid import UUID

import numpy as np

from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.figures import Figure, search_figure, timed_figure
from reasoningbank.benchmark.footprint import memory_after_search
from reasoningbank.benchmark.pair import BankPair, Progress, Vectors
from reasoningbank.benchmark.raw import counters_of
from reasoningbank.benchmark.timing import blocks, durations, durations_and_cpu, in_turns
from reasoningbank.domain.pattern import PatternInput
from reasoningbank.embedding import default_embedder

Argument = TypeVar("Argument")

BATCH_ROWS: Final = 1_000
_BATCHES: Final = 10
_WARM_UP: Final = 20
_SEARCHES_AFTER_STORE: Final = 50
_STORES: Final = 400
_READS: Final = 1_000
_RECALL_QUERIES: Final = 50
_RECALL_K: Final = 10
_EXACT_BATCH: Final = 65_536
_LAST_MOMENT: Final = "9999-12-31T23:59:59.999Z"

EXTRA_VECTORS: Final = (
    2 * (_WARM_UP + _STORES) + _SEARCHES_AFTER_STORE + (1 + _BATCHES) * BATCH_ROWS
)
"""Vectors that `measure` needs beyond the bank's size."""


def measure(
    size: int,
    vectors: Vectors,
    directory: Path,
    *,
    progress: Progress | None = None,
    repeats: float = 1.0,
) -> list[Figure]:
    """Build a bank of `size` patterns in an empty directory and give its figures.

    Args:
        size: Patterns in the bank when reading is measured; storing is measured after that.
        vectors: Those of the corpus from its first text on, at least `size + EXTRA_VECTORS`.
        directory: Where the bank and its raw copy are made, about 5 kB for each pattern.
        progress: Told what is going on.
        repeats: Share of the usual number of calls, for a quick look.
    """
    say = progress or _silent

    def calls(usual: int) -> int:
        return max(20, round(usual * repeats))

    say(f"building a bank of {size:,} patterns")
    pair = BankPair(directory, size, vectors)
    figures = [
        Figure(name="bytes_per_pattern", size=size, unit="bytes", value=pair.file_bytes / size),
        *memory_after_search(pair.path, size),
    ]
    searches = calls(_searches_at(size))
    with pair:
        # What the harness holds is no garbage; a full collection in a timed call would look
        # through all of it and be charged to whichever side allocates more objects.
        gc.collect()
        gc.freeze()
        try:
            say(f"{size:,}: reading")
            figures.append(first_search(pair))
            figures += [get(pair, calls(_READS)), category(pair, calls(_READS))]
            figures.append(stats(pair, calls(_READS)))
            figures += searching(pair, searches)
            figures.append(recall(pair, vectors[:size], calls(_RECALL_QUERIES)))
            say(f"{size:,}: storing")
            figures.append(store_one(pair, calls(_STORES)))
            figures.append(store_one_vector_given(pair, vectors, calls(_STORES)))
            figures.append(search_after_store(pair, min(searches, _SEARCHES_AFTER_STORE)))
            # Last: it makes a small bank a larger one.
            figures.append(store_many(pair, vectors, max(2, round(_BATCHES * repeats))))
        finally:
            gc.unfreeze()
    return figures


def first_search(pair: BankPair) -> Figure:
    """Time the first `find_similar` after opening, which loads the vectors."""
    times = durations_and_cpu(pair.ours.find_similar, [corpus.query(0)])
    return search_figure("first_find_similar", len(pair.ids), times)


def get(pair: BankPair, calls: int) -> Figure:
    """Time `get_pattern` by random ids."""
    random = Random(1)  # noqa: S311 - reproducible, not secret
    ids = random.choices(pair.ids, k=calls)
    texts = {pattern_id: str(pattern_id) for pattern_id in ids}

    def raw(pattern_id: UUID) -> None:
        pair.raw.get(texts[pattern_id])

    return timed_figure("get", len(pair.ids), *in_turns(pair.ours.get_pattern, raw, ids))


def category(pair: BankPair, calls: int) -> Figure:
    """Time `search_by_category` with its usual limit of 10."""
    names = [corpus.CATEGORIES[number % len(corpus.CATEGORIES)] for number in range(calls)]
    now = _LAST_MOMENT

    def raw(name: str) -> None:
        pair.raw.by_category(name, now, 10)

    return timed_figure(
        "category", len(pair.ids), *in_turns(pair.ours.search_by_category, raw, names)
    )


def stats(pair: BankPair, calls: int) -> Figure:
    """Time `get_stats`."""

    def ours(_: int) -> None:
        pair.ours.get_stats()

    def raw(_: int) -> None:
        pair.raw.stats(_LAST_MOMENT)

    return timed_figure("get_stats", len(pair.ids), *in_turns(ours, raw, range(calls)))


def searching(pair: BankPair, calls: int) -> list[Figure]:
    """Time `find_similar` for its usual five, the query's embedding included, and by category."""
    queries = [corpus.query(number) for number in range(1, calls + 1)]

    def within_category(query: str) -> None:
        pair.ours.find_similar(query, "database")

    size = len(pair.ids)
    return [
        search_figure("find_similar", size, durations_and_cpu(pair.ours.find_similar, queries)),
        search_figure(
            "find_similar_in_category", size, durations_and_cpu(within_category, queries)
        ),
    ]


def search_after_store(pair: BankPair, calls: int) -> Figure:
    """Time `find_similar` right after another pattern was stored, which it must find."""
    taken: list[int] = []
    worked: list[int] = []
    for number in pair.take_numbers(calls):
        stored = corpus.pattern(number)
        pair.ours.put(stored)
        times = durations_and_cpu(pair.ours.find_similar, [stored.task_description])
        taken += times[0]
        worked += times[1]
    return search_figure("find_similar_after_store", len(pair.ids), (taken, worked))


def recall(pair: BankPair, vectors: Vectors, queries: int) -> Figure:
    """Give the share of the exact nearest ten that `find_similar` finds, ties counting as found."""
    found = 0
    expected = min(_RECALL_K, len(vectors))
    for number in range(queries):
        query = corpus.query(1_000_000 + number)
        kth = _exact_similarities(vectors, query)[expected - 1]
        answers = pair.ours.find_similar(query, top_k=expected)
        found += sum(answer.similarity >= kth - 1e-12 for answer in answers)
    return Figure(
        name="recall_at_10",
        size=len(pair.ids),
        unit="share",
        value=found / (queries * expected),
    )


def _exact_similarities(vectors: Vectors, text: str) -> list[float]:
    """Give the highest cosines to the text, best first, from whole vectors without any index."""
    query = default_embedder().embed_query(text).astype(np.float64)
    best: list[float] = []
    for first in range(0, len(vectors), _EXACT_BATCH):
        # float32 holds these sums exactly: 768 x 127^2 < 2^24.
        part = vectors[first : first + _EXACT_BATCH].astype(np.float32)
        dots = (part @ query.astype(np.float32)).astype(np.float64)
        squares = np.einsum("ij,ij->i", part, part).astype(np.float64) * query.dot(query)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosines = np.nan_to_num(dots / np.sqrt(squares), nan=0.0, posinf=0.0, neginf=0.0)
        best = sorted([*best, *np.sort(cosines)[-_RECALL_K:].tolist()], reverse=True)[:_RECALL_K]
    return best


def store_one(pair: BankPair, calls: int) -> Figure:
    """Time `store_pattern`, embedding included."""
    given = [corpus.pattern(number) for number in pair.take_numbers(_WARM_UP + calls)]
    return _stored_in_turns("store_one", pair, pair.ours.store_pattern, given)


def store_one_vector_given(pair: BankPair, vectors: Vectors, calls: int) -> Figure:
    """Time `put` with the vector at hand."""
    numbers = pair.take_numbers(_WARM_UP + calls)
    given = [(corpus.pattern(number), vectors[number]) for number in numbers]

    def ours(item: tuple[PatternInput, Vectors]) -> UUID:
        return pair.ours.put(item[0], vector=item[1]).id

    return _stored_in_turns("store_one_vector_given", pair, ours, given)


def _stored_in_turns(
    name: str, pair: BankPair, ours: Callable[[Argument], UUID], given: Sequence[Argument]
) -> Figure:
    """Time single stores; raw stores the rows that ours has just made, so ours begins each turn.

    The first turn is not counted: it prepares the statements and fetches the pages of both files.
    """
    our_times: list[int] = []
    raw_times: list[int] = []
    for block in blocks(given):
        ids: list[UUID] = []
        our_times += durations(lambda item, ids=ids: ids.append(ours(item)), block)  # type: ignore[misc]
        raw_times += durations(pair.raw.store, pair.stored_rows(ids))
    return timed_figure(name, len(pair.ids), our_times[_WARM_UP:], raw_times[_WARM_UP:])


def store_many(pair: BankPair, vectors: Vectors, batches: int) -> Figure:
    """Time `store_patterns` with vectors given, per row of a call with `BATCH_ROWS`; the first is not counted."""
    our_times: list[int] = []
    raw_times: list[int] = []
    for _ in range(1 + batches):
        numbers = pair.take_numbers(BATCH_ROWS)
        given = [corpus.pattern(number) for number in numbers]
        at_hand = np.array(vectors[numbers.start : numbers.stop])
        begun = time.perf_counter_ns()
        ids = pair.ours.store_patterns(given, vectors=at_hand)
        our_times.append(time.perf_counter_ns() - begun)
        rows = pair.stored_rows(ids)
        counters = counters_of(rows)
        begun = time.perf_counter_ns()
        pair.raw.store_many(rows, counters)
        raw_times.append(time.perf_counter_ns() - begun)
    size = len(pair.ids)
    return timed_figure("store_many_per_row", size, our_times[1:], raw_times[1:], per=BATCH_ROWS)


def _searches_at(size: int) -> int:
    """Give a number of searches that takes a few seconds at most."""
    return max(30, min(400, 10_000_000 // size))


def _silent(_: str) -> None:
    """Say nothing."""
