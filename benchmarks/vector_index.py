"""Measure the nearest-neighbour index alone: time, memory and recall, beside plain scans of the same vectors.

    python -m benchmarks.vector_index [--size N ...] [--texts FILE] [--templated] [--vectors FILE.npy] [--json FILE]

Vectors are those of the built-in embedder. Texts are put together by a seeded generator from the sentences of
``examples/starter-bank.jsonl`` (or of FILE, a text a line): words exchanged, numbers changed, halves joined, words
left out, so that there are clusters and near-duplicates. ``--templated`` takes the tasks of `reasoningbank.benchmark`
instead, where a grammar of a hundred clauses makes very many near-equal texts: hard for estimates. ``--vectors``
keeps the vectors of one kind of text for the next run. Above 131,072 entries the index reads stored vectors back;
here they come from an array, in a bank from SQLite, which ``python -m benchmarks`` measures.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from reasoningbank.benchmark import corpus
from reasoningbank.embedding import default_embedder
from reasoningbank.storage.vector_columns import Doubles, Rows, squared_norms
from reasoningbank.storage.vectors import VectorIndex

STARTER_BANK = Path(__file__).parent.parent / "examples" / "starter-bank.jsonl"
SIZES = (1_000, 10_000, 100_000)
QUERIES = 100
CATEGORIES = 20
LOAD_ROWS = 8_192
SCAN_LIMIT = 100_000
TOP = 5
RECALL_TOP = 10
EMBED_ROWS = 2_000
SEARCH_REPEATS = 5
ROUNDING = 1e-12


class Stored:
    """Vectors by id, as a bank would hold them; ids of one category are spread over all."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.ids = [f"0190b0c0-0000-7000-8000-{number:012x}" for number in range(len(rows))]
        categories = random.Random(1).choices(range(CATEGORIES), k=len(rows))
        self.categories = [f"category {number}" for number in categories]

    def fetch(self, ids: Sequence[str]) -> list[bytes]:
        return [self.rows[int(id[-12:], 16)].tobytes() for id in ids]

    def load(self, index: VectorIndex) -> None:
        for first in range(0, len(self.rows), LOAD_ROWS):
            part = slice(first, first + LOAD_ROWS)
            vectors = [row.tobytes() for row in self.rows[part]]
            index.upsert(self.ids[part], self.categories[part], vectors, [None] * len(vectors))


def recombined(sentences: Sequence[str], count: int) -> list[str]:
    """Give texts made from these sentences, always the same ones."""
    chance = random.Random(7)
    words = [word for sentence in sentences for word in sentence.split()]

    def exchange(parts: list[str]) -> list[str]:
        for _ in range(chance.randint(1, 3)):
            parts[chance.randrange(len(parts))] = chance.choice(words)
        return parts

    def renumber(parts: list[str]) -> list[str]:
        changed = [re.sub(r"\d+", lambda _: str(chance.randint(1, 9999)), part) for part in parts]
        return changed if changed != parts else [*parts, f"#{chance.randint(1, 99_999)}"]

    def join(parts: list[str]) -> list[str]:
        other = chance.choice(sentences).split()
        return parts[: (len(parts) + 1) // 2] + other[len(other) // 2 :]

    def thin(parts: list[str]) -> list[str]:
        return [part for part in parts if chance.random() > 0.2] or parts

    texts: list[str] = []
    for _ in range(count):
        change = chance.choice((exchange, renumber, join, thin))
        texts.append(" ".join(change(chance.choice(sentences).split())))
    return texts


def sentences_of(path: Path | None) -> list[str]:
    if path is not None:
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    found: list[str] = []
    for line in STARTER_BANK.read_text("utf-8").splitlines():
        pattern = json.loads(line)
        found.append(pattern["task_description"])
        found += re.split(r"(?<=[.;:]) ", pattern["strategy"])
    return [sentence for sentence in found if len(sentence.split()) > 4]


def embedded(texts: Sequence[str]) -> Rows:
    embedder = default_embedder()
    parts = [
        embedder.embed_documents(list(texts[first : first + EMBED_ROWS]))
        for first in range(0, len(texts), EMBED_ROWS)
    ]
    return np.concatenate(parts)


def vectors_and_queries(options: argparse.Namespace, count: int) -> tuple[Rows, Rows]:
    """Give `count` stored vectors and the queries, from the kept file where there is one."""
    if options.vectors is not None and options.vectors.exists():
        kept = np.load(options.vectors, mmap_mode="r")
        if len(kept) >= count + QUERIES:
            return kept[QUERIES : count + QUERIES], np.array(kept[:QUERIES])
    if options.templated:
        texts = [corpus.query(number) for number in range(QUERIES)]
        texts += [corpus.pattern(number).task_description for number in range(count)]
    else:
        texts = recombined(sentences_of(options.texts), count + QUERIES)
    rows = embedded(texts)
    if options.vectors is not None:
        np.save(options.vectors, rows)
    return rows[QUERIES:], rows[:QUERIES]


def spread(call: Callable[[Rows], object], queries: Rows) -> dict[str, float]:
    """Give milliseconds over the queries, each at its best of some calls, by the clock and of this thread's CPU.

    On a machine that others use the CPU time says more; at their best the two are equal.
    """
    call(queries[0])
    clock, processor = [], []
    for query in queries:
        taken = []
        for _ in range(SEARCH_REPEATS):
            begun, begun_processor = time.perf_counter(), time.thread_time()
            call(query)
            taken.append((time.perf_counter() - begun, time.thread_time() - begun_processor))
        clock.append(min(wall for wall, _ in taken) * 1000)
        processor.append(min(cpu for _, cpu in taken) * 1000)
    clock.sort()
    return {
        "p50_ms": round(statistics.median(clock), 3),
        "p95_ms": round(clock[int(len(clock) * 0.95)], 3),
        "cpu_p50_ms": round(statistics.median(processor), 3),
    }


def lowest_of_top(rows: Rows, queries: Rows, k: int) -> Doubles:
    """Give the k-th highest similarity to each query by a plain scan in double precision."""
    wide_queries = queries.astype(np.float64)
    lengths = np.sqrt(squared_norms(wide_queries))
    best = np.full((len(queries), k), -np.inf)
    for first in range(0, len(rows), LOAD_ROWS):
        part = rows[first : first + LOAD_ROWS].astype(np.float64)
        norms = np.sqrt(np.maximum(1, squared_norms(part)))
        cosines = wide_queries @ part.T / norms / lengths[:, np.newaxis]
        best = np.sort(np.concatenate((best, cosines), axis=1), axis=1)[:, -k:]
    return best[:, 0]


def recall(index: VectorIndex, rows: Rows, queries: Rows) -> float:
    """Give the share of the exact top ten that the index finds; what ties with the last counts."""
    shares = []
    for query, last in zip(queries, lowest_of_top(rows, queries, RECALL_TOP), strict=True):
        found = index.search(query, RECALL_TOP)
        shares.append(sum(similarity >= last - ROUNDING for _, similarity in found) / RECALL_TOP)
    return float(np.mean(shares))


def measure(stored: Stored, queries: Rows) -> list[dict[str, object]]:
    """Give one row for each way of searching these vectors."""
    size = len(stored.rows)
    before = resident_megabytes()
    index = VectorIndex(stored.rows.shape[1], fetch_vectors=stored.fetch)
    begun = time.process_time()
    stored.load(index)
    loading = time.process_time() - begun
    grown = resident_megabytes() - before
    index_row: dict[str, object] = {
        "method": "index, top 5",
        "n": size,
        **spread(lambda query: index.search(query, TOP), queries),
        "megabytes": round(index.nbytes / 1e6, 1),
        "resident_megabytes": round(grown, 1),
        "recall_at_10": recall(index, stored.rows, queries),
        "load_us_per_row": round(loading / size * 1e6, 2),
        "write_us": round(write_microseconds(index, stored), 1),
    }
    category_row = {
        "method": f"index, top 5 of one category in {CATEGORIES}",
        "n": size,
        **spread(lambda query: index.search(query, TOP, categories=["category 3"]), queries),
    }
    return [index_row, category_row, *scans(stored.rows, queries)]


def write_microseconds(index: VectorIndex, stored: Stored) -> float:
    """Give the median of one write, carried out."""
    taken = []
    for number in range(100):
        begun = time.perf_counter()
        index.upsert([stored.ids[number]], ["moved"], [stored.rows[number].tobytes()], [None])
        len(index)
        taken.append(time.perf_counter() - begun)
    for number in range(100):
        category = stored.categories[number]
        index.upsert([stored.ids[number]], [category], [stored.rows[number].tobytes()], [None])
    return statistics.median(taken) * 1e6


def scans(rows: Rows, queries: Rows) -> list[dict[str, object]]:
    """Give the plain scans the index is compared with, where they fit in memory."""
    if len(rows) > SCAN_LIMIT:
        return []
    rows = np.array(rows)
    wide = rows.astype(np.float32)
    block = np.empty((512, rows.shape[1]), np.float32)
    products = np.empty(len(rows), np.float32)

    def best(values: np.ndarray) -> np.ndarray:
        return np.argpartition(values, len(values) - TOP)[-TOP:]

    def upcast(query: Rows) -> np.ndarray:
        weights = query.astype(np.float32)
        for first in range(0, len(rows), len(block)):
            part = rows[first : first + len(block)]
            np.copyto(block[: len(part)], part)
            np.dot(block[: len(part)], weights, out=products[first : first + len(part)])
        return best(products)

    methods: dict[str, tuple[Callable[[Rows], object], int]] = {
        "numpy float32 matmul": (lambda query: best(wide @ query.astype(np.float32)), wide.nbytes),
        "numpy int8 widened in blocks": (upcast, rows.nbytes),
    }
    try:
        import simsimd  # type: ignore[import-not-found]
    except ImportError:
        print("simsimd is not installed: its row is left out", file=sys.stderr)
    else:
        methods["simsimd int8"] = (
            lambda query: best(-np.asarray(simsimd.cdist(query[None], rows, "cosine"))[0]),
            rows.nbytes,
        )
    return [
        {"method": name, "n": len(rows), **spread(call, queries), "megabytes": round(held / 1e6, 1)}
        for name, (call, held) in methods.items()
    ]


def resident_megabytes() -> float:
    """Give the memory of the process without mapped files, or its peak where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"RssAnon:\s+(\d+) kB", status.read_text())
        if found is not None:
            return int(found.group(1)) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def table(results: Sequence[dict[str, object]]) -> str:
    columns = list(dict.fromkeys(name for result in results for name in result))
    lines = ["| " + " | ".join(columns) + " |", "| " + " | ".join("---" for _ in columns) + " |"]
    lines += [
        "| " + " | ".join(str(result.get(name, "")) for name in columns) + " |"
        for result in results
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, action="append", help="default: 1000, 10000, 100000")
    parser.add_argument("--texts", type=Path, help="a text a line, to recombine")
    parser.add_argument("--templated", action="store_true", help="tasks of a small grammar")
    parser.add_argument("--vectors", type=Path, help="keep the vectors in this .npy file")
    parser.add_argument("--json", type=Path, help="write the rows to this file as well")
    options = parser.parse_args(arguments)
    sizes = sorted(options.size or SIZES)
    rows, queries = vectors_and_queries(options, sizes[-1])
    results = [result for size in sizes for result in measure(Stored(rows[:size]), queries)]
    print(table(results))
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
