"""Where recall should abstain: ``python -m benchmarks.abstention FOLDER [--embedder NAME]``.

For each set of FOLDER (``NAME.{docs,queries,qrels}.jsonl``) it prints, by threshold, how many of the
answers that are right in the first place are still shown; how often something is shown although
every relevant document was taken away; and how often for questions of the other sets. The threshold
in ``reasoningbank.retrieval.abstention`` is the highest that keeps 99 % of the right answers there
and 90 % on the starter bank's paraphrases.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.retrieval_sets import RetrievalSet, read_sets
from reasoningbank.embedding import Embedder, embedder_from_name, to_int8

THRESHOLDS = (0.20, 0.25, 0.28, 0.30, 0.32, 0.34, 0.36, 0.38, 0.40, 0.45, 0.50)
CHECKOUT = Path(__file__).resolve().parent.parent

Units = npt.NDArray[np.float64]


def unit_vectors(embedder: Embedder, texts: Sequence[str]) -> Units:
    rows = to_int8(embedder.embed_documents(list(texts))).astype(np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norms == 0, 1.0, norms)


class Similarities:
    """The best similarity for each question: when the answer is there, and when it is not."""

    def __init__(self) -> None:
        self.right: list[float] = []
        self.removed: list[float] = []

    def add(self, row: npt.NDArray[np.float64], relevant: Sequence[int]) -> None:
        best = int(row.argmax())
        if best in relevant:
            self.right.append(float(row[best]))
        without = row.copy()
        without[list(relevant)] = -np.inf
        self.removed.append(float(without.max()))


def of_set(one: RetrievalSet, documents: Units, questions: Units) -> Similarities:
    found = Similarities()
    place = {document.id: at for at, document in enumerate(one.documents)}
    for question, vector in zip(one.queries, questions, strict=True):
        relevant = [place[name] for name in one.relevant.get(question.id, ()) if name in place]
        if not relevant:
            continue
        row = documents @ vector
        if question.own is not None:
            row[place[question.own]] = -np.inf
        if question.group is not None:
            others = [at for at, one_ in enumerate(one.documents) if one_.group != question.group]
            row[others] = -np.inf
        found.add(row, relevant)
    return found


def of_starter_bank(embedder: Embedder) -> Similarities:
    lines = (CHECKOUT / "examples" / "starter-bank.jsonl").read_text(encoding="utf-8").splitlines()
    patterns = [json.loads(line) for line in lines]
    asked = json.loads((CHECKOUT / "tests/examples/paraphrases.json").read_text(encoding="utf-8"))
    titles = [pattern["title"] for pattern in patterns]
    documents = unit_vectors(embedder, [pattern["task_description"] for pattern in patterns])
    found = Similarities()
    for item in asked:
        expected = item["expect"] if isinstance(item["expect"], list) else [item["expect"]]
        row = documents @ unit_vectors(embedder, [item["question"]])[0]
        found.add(row, [titles.index(title) for title in expected])
    return found


def share(values: Sequence[float], threshold: float) -> float:
    return float(np.mean([value >= threshold for value in values])) if values else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--embedder", default="default")
    arguments = parser.parse_args()
    embedder = embedder_from_name(arguments.embedder)
    sets = read_sets(arguments.folder)
    documents = {
        one.name: unit_vectors(embedder, [item.text for item in one.documents]) for one in sets
    }
    questions = {
        one.name: unit_vectors(embedder, [item.text for item in one.queries]) for one in sets
    }
    found = {one.name: of_set(one, documents[one.name], questions[one.name]) for one in sets}
    foreign = {
        one.name: [
            float(best)
            for other in sets
            if other.name != one.name
            for best in (questions[other.name][:300] @ documents[one.name].T).max(axis=1)
        ]
        for one in sets
    }
    starter = of_starter_bank(embedder)
    print(f"{embedder.name}; {len(sets)} sets, means over sets")
    print(
        "| threshold | right, still shown | answer removed, shown | other set, shown "
        "| starter bank: right | removed |"
    )
    print("|---|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        columns = [
            np.mean([share(one.right, threshold) for one in found.values()]),
            np.mean([share(one.removed, threshold) for one in found.values()]),
            np.mean([share(values, threshold) for values in foreign.values()]),
            share(starter.right, threshold),
            share(starter.removed, threshold),
        ]
        print(f"| {threshold:.2f} | " + " | ".join(f"{value:.3f}" for value in columns) + " |")


if __name__ == "__main__":
    main()
