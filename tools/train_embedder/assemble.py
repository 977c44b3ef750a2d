"""Merge what was extracted into training pairs and texts for the document frequencies.

Usage: python -m tools.train_embedder.assemble --raw RAW --eval EVAL --out WORK

Writes WORK/pairs.json ([first, second, kind, repo]), WORK/idf_texts.json and WORK/sources_used.json.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from tools.train_embedder.decontamination import EvaluationFilter

# Pairs of each kind that one repository may give: without a limit the largest would be the language.
MOST_OF_KIND = {
    "commit": 14000,
    "cnext": 2500,
    "doc": 6500,
    "dnext": 2000,
    "list": 1200,
    "item": 2500,
    "log": 2500,
    "split": 1500,
    "dstr": 3500,
    "name": 4000,
    "chat": 10000,
    "intent": 40000,
}
MOST_TEXTS = 6000
LONGEST_TEXT_WORDS = 60


@dataclass(frozen=True)
class Chosen:
    """What is taken from one source."""

    pairs: list[tuple[str, str, str, str]]
    texts: list[str]
    source: dict[str, Any]
    left_out: int


def choose(extracted: dict[str, Any], evaluation: EvaluationFilter) -> Chosen:
    """Return a source's pairs up to `MOST_OF_KIND` and its texts, without evaluation texts."""
    repo = extracted["repo"]
    chance = random.Random(repo)
    candidates = list(extracted["pairs"])
    chance.shuffle(candidates)
    taken: Counter[str] = Counter()
    pairs = []
    left_out = 0
    for first, second, kind in candidates:
        family = kind.partition(":")[0]
        if taken[family] >= MOST_OF_KIND[family]:
            continue
        if evaluation.repeats(first) or evaluation.repeats(second):
            left_out += 1
            continue
        taken[family] += 1
        pairs.append((first, second, kind, repo))
    texts = [text for text in extracted["texts"] if len(text.split()) <= LONGEST_TEXT_WORDS]
    chance.shuffle(texts)
    texts = [text for text in texts[:MOST_TEXTS] if not evaluation.repeats(text)]
    source = {key: extracted[key] for key in ("repo", "commit", "licence")} | {"pairs": dict(taken)}
    return Chosen(pairs, texts, source, left_out)


def without_repeats(pairs: list[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
    """Return the pairs whose two texts have not come before, upper and lower case alike."""
    distinct: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for pair in pairs:
        distinct.setdefault((pair[0].lower(), pair[1].lower()), pair)
    return list(distinct.values())


def _choose_from(path: Path, evaluation: EvaluationFilter) -> Chosen:
    return choose(json.loads(path.read_text(encoding="utf-8")), evaluation)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    work = partial(_choose_from, evaluation=EvaluationFilter.of_folder(arguments.eval))
    with Pool(2) as pool:
        chosen = pool.map(work, sorted(arguments.raw.glob("*.json")), chunksize=1)
    chance = random.Random(1)
    pairs = without_repeats([pair for one in chosen for pair in one.pairs])
    chance.shuffle(pairs)
    texts = list(dict.fromkeys(text for one in chosen for text in one.texts))
    chance.shuffle(texts)
    for name, content in (
        ("pairs", pairs),
        ("idf_texts", texts),
        ("sources_used", [one.source for one in chosen]),
    ):
        (arguments.out / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    left_out = sum(one.left_out for one in chosen)
    print(f"{len(pairs)} pairs, {len(texts)} texts, {left_out} left out for evaluation texts")


if __name__ == "__main__":
    main()
