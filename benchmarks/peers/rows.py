"""Write the rows that every contestant is given, as files any language reads without a library.

The tasks and strategies are the corpus of `reasoningbank bench`. Vectors are those of the built-in embedder, once as
the int8 the bank keeps and once as float32 of unit length for everybody else; nobody's own embedder is measured with them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.pair import corpus_vectors
from reasoningbank.embedding import default_embedder, to_int8

QUERIES = 200
THOUSANDS = 3
EXTRA = 3 * QUERIES + THOUSANDS * 1_000
"""Rows beyond those a store is filled with: single stores, and three calls with a thousand."""

Floats = npt.NDArray[np.float32]


def write_rows(folder: Path, size: int) -> None:
    """Write the rows for stores of `size`, and those that are stored while being timed."""
    vectors = np.asarray(corpus_vectors(size + EXTRA))
    queries = [corpus.query(number) for number in range(QUERIES)]
    embedder = default_embedder()
    asked = to_int8(np.stack([embedder.embed_query(query) for query in queries]))
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for number in range(size + EXTRA):
            row = corpus.pattern(number)
            told = [row.task_description, row.task_category, row.strategy, row.success_score]
            file.write(json.dumps(told) + "\n")
    (folder / "queries.json").write_text(json.dumps(queries), "utf-8")
    (folder / "categories.json").write_text(json.dumps(corpus.CATEGORIES), "utf-8")
    vectors.tofile(folder / "vectors.i8")
    asked.tofile(folder / "queries.i8")
    unit(vectors).tofile(folder / "vectors.f32")
    unit(asked).tofile(folder / "queries.f32")


def unit(vectors: npt.NDArray[np.int8]) -> Floats:
    """Give vectors of length 1."""
    floats = vectors.astype(np.float32)
    scaled: Floats = floats / np.linalg.norm(floats, axis=1, keepdims=True)
    return scaled


def recall_at_10(folder: Path, size: int, found: list[tuple[int, list[int]]]) -> float:
    """Give the share of the ten nearest rows that was found for queries by their numbers.

    A row as near as the tenth counts as one of the ten.
    """
    dimension = default_embedder().dimension
    vectors = np.fromfile(folder / "vectors.f32", np.float32).reshape(-1, dimension)[:size]
    queries = np.fromfile(folder / "queries.f32", np.float32).reshape(-1, dimension)
    hits = 0
    for number, rows in found:
        near = vectors @ queries[number]
        tenth = np.partition(near, -10)[-10]
        hits += min(10, sum(bool(near[row] >= tenth - 1e-6) for row in set(rows) if row < size))
    return hits / (10 * len(found))
