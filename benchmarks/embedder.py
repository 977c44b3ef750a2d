"""Measure the built-in embedder: time for a text warm, cold and in batches, time to load, memory.

Run ``python benchmarks/embedder.py [--json]``. Times are CPU time of the process. Texts have 15 words, drawn
from the shipped vocabulary by a seeded generator: *warm* repeats one text, *mixed* draws nine of ten words from
2,000 common ones and the rest from 16,000, *cold* uses words never seen before.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
import timeit
from collections.abc import Callable

from reasoningbank.embedding.static_hybrid import StaticHybridEmbedder
from reasoningbank.embedding.table_files import SHIPPED

WORDS_IN_TEXT = 15
MIXED_TEXTS = 20_000
COLD_TEXTS = 1_000

# What importing and loading cost, step by step, in a process that has done nothing else.
FRESH_PROCESS = """
import json, sys, time
def resident():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
python = resident()
import reasoningbank
package = resident()
import numpy
with_numpy = resident()
started = time.process_time()
from reasoningbank.embedding.static_hybrid import StaticHybridEmbedder
imported = time.process_time()
embedder = StaticHybridEmbedder()
loaded = time.process_time()
embedder.embed_query("restart the background worker")
first = resident()
for text in json.load(sys.stdin):
    embedder.embed_query(text)
print(json.dumps({
    "import_ms": (imported - started) * 1e3,
    "load_ms": (loaded - imported) * 1e3,
    "rss_python_mb": python,
    "rss_package_mb": package,
    "rss_numpy_mb": with_numpy,
    "rss_first_vector_mb": first,
    "rss_after_mixed_mb": resident(),
    "words_kept": len(embedder._contributions),
}))
"""


def whole_words() -> list[str]:
    lines = (SHIPPED / "vocab.txt").read_text(encoding="ascii").splitlines()
    words = [line for line in lines if len(line) > 3 and line.isalpha()]
    random.Random(1).shuffle(words)
    return words


def texts_of(words: list[str]) -> list[str]:
    starts = range(0, len(words) - WORDS_IN_TEXT + 1, WORDS_IN_TEXT)
    return [" ".join(words[start : start + WORDS_IN_TEXT]) for start in starts]


def mixed_texts(words: list[str]) -> list[str]:
    chance = random.Random(2)
    common, rare = words[:2000], words[2000:18000]
    drawn = [
        chance.choice(rare if chance.random() < 0.1 else common)
        for _ in range(MIXED_TEXTS * WORDS_IN_TEXT)
    ]
    return texts_of(drawn)


def microseconds(run: Callable[[], object], *, number: int, repeat: int) -> float:
    """Return the best time of one run; the minimum is what the machine's load disturbs least."""
    run()
    times = timeit.repeat(run, number=number, repeat=repeat, timer=time.process_time)
    return min(times) / number * 1e6


def each_in_microseconds(embedder: StaticHybridEmbedder, texts: list[str]) -> list[float]:
    times = []
    for text in texts:
        started = time.process_time_ns()
        embedder.embed_query(text)
        times.append((time.process_time_ns() - started) / 1e3)
    return sorted(times)


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def measure() -> dict[str, float]:
    words = whole_words()
    mixed = mixed_texts(words)
    embedder = StaticHybridEmbedder()
    embedder.embed_query("the first vector")
    warm = texts_of(words)[0]
    repeated = " ".join([*warm.split()[:13], *warm.split()[:2]])
    cold = each_in_microseconds(embedder, texts_of(words)[:COLD_TEXTS])
    started = time.process_time()
    embedder.embed_documents(mixed)
    batch = (time.process_time() - started) / len(mixed) * 1e6
    fresh = subprocess.run(
        [sys.executable, "-c", FRESH_PROCESS],
        input=json.dumps(mixed),
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        "warm_us": microseconds(lambda: embedder.embed_query(warm), number=2000, repeat=9),
        "warm_two_words_twice_us": microseconds(
            lambda: embedder.embed_query(repeated), number=2000, repeat=9
        ),
        "cold_p50_us": statistics.median(cold),
        "cold_p95_us": percentile(cold, 0.95),
        "mixed_batch_us": batch,
        **json.loads(fresh.stdout),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    measured = measure()
    if arguments.json:
        print(json.dumps(measured, indent=1))
        return
    for name, value in measured.items():
        print(f"{name:26}{value:10.1f}")


if __name__ == "__main__":
    main()
