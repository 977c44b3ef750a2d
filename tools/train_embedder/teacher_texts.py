"""Choose the texts that the teacher embeds.

Usage: python -m tools.train_embedder.teacher_texts --raw RAW --eval EVAL --out WORK/texts.json [--count 48000]
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from tools.train_embedder.decontamination import EvaluationFilter

SHORTEST_WORDS = 3
LONGEST_WORDS = 32
MOST_OF_SOURCE = 12_000
CONVERSATIONAL = ("taskmaster", "nlu")
CONVERSATIONAL_WEIGHT = 2.5


def shares(sizes: dict[str, int], count: int) -> dict[str, int]:
    """Return how many texts each source gives: by the root of its size, conversation counting more."""
    weights = {
        repo: size**0.5 * (CONVERSATIONAL_WEIGHT if _is_conversational(repo) else 1)
        for repo, size in sizes.items()
    }
    total = sum(weights.values())
    return {repo: int(count * weight / total) for repo, weight in weights.items()}


def _is_conversational(repo: str) -> bool:
    return any(sign in repo.lower() for sign in CONVERSATIONAL)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=48_000)
    arguments = parser.parse_args()
    evaluation = EvaluationFilter.of_folder(arguments.eval)
    chance = random.Random(7)
    by_source = {}
    for path in sorted(arguments.raw.glob("*.json")):
        extracted = json.loads(path.read_text(encoding="utf-8"))
        texts = [
            text
            for text in extracted["texts"]
            if SHORTEST_WORDS <= len(text.split()) <= LONGEST_WORDS
        ]
        chance.shuffle(texts)
        texts = texts[:MOST_OF_SOURCE]
        by_source[extracted["repo"]] = [text for text in texts if not evaluation.repeats(text)]
    sizes = {repo: len(texts) for repo, texts in by_source.items()}
    wanted = shares(sizes, arguments.count)
    chosen = list(
        dict.fromkeys(t for repo, texts in by_source.items() for t in texts[: wanted[repo]])
    )
    chance.shuffle(chosen)
    arguments.out.write_text(json.dumps(chosen), encoding="utf-8")
    print(f"{len(chosen)} texts")


if __name__ == "__main__":
    main()
