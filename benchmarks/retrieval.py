"""Measure how well tasks are found, beside BM25 and, when it is installed, a sentence transformer.

    python benchmarks/retrieval.py FOLDER [--floors FILE|shipped] [--json FILE] [--set NAME] [--ranker NAME]

FOLDER holds ``NAME.docs.jsonl`` {id, text[, group]}, ``NAME.queries.jsonl`` {id, text[, group][, self]}
and ``NAME.qrels.jsonl`` {q, rel}. Exits with 1 when the bank's own embedder is below a floor.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, TypedDict

# Run as a file, Python looks for modules beside it, not for the package it is in.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.rankers import BankRanker, Bm25Ranker, Ranker
from benchmarks.ranking_metrics import ndcg, precision_at_1, recall
from benchmarks.retrieval_sets import RetrievalSet, read_sets
from reasoningbank import ReasoningBankError
from reasoningbank.embedding import embedder_from_name

Scores: TypeAlias = "dict[str, float]"
"""By measure."""
Results: TypeAlias = "dict[str, dict[str, Scores]]"
"""By ranker, then by set."""


class Counts(TypedDict):
    """How large a set is."""

    documents: int
    queries: int


DEPTH = 50
MEASURES: Mapping[str, Callable[[Sequence[str], frozenset[str]], float]] = {
    "ndcg@10": lambda ranked, relevant: ndcg(ranked, relevant, 10),
    "p@1": precision_at_1,
    "recall@1": lambda ranked, relevant: recall(ranked, relevant, 1),
    "recall@5": lambda ranked, relevant: recall(ranked, relevant, 5),
    "recall@10": lambda ranked, relevant: recall(ranked, relevant, 10),
    "recall@50": lambda ranked, relevant: recall(ranked, relevant, 50),
}
OURS = "built-in"
MEAN = "mean"
FLOORS: Mapping[str, Mapping[str, float]] = {
    # nDCG@10 the shipped table has to hold on the sets it was developed with.
    "shipped": {
        "webarena": 0.920,
        "vwa": 0.745,
        "hadoop_title": 0.475,
        "hadoop_body": 0.680,
        "clinc150": 0.710,
        "banking77": 0.585,
        MEAN: 0.695,
    }
}
TRANSFORMER = "sentence-transformers:all-MiniLM-L6-v2"
RANKERS: Mapping[str, Callable[[str], Ranker]] = {
    OURS: BankRanker,
    "BM25": Bm25Ranker,
    "BM25 stemmed": lambda name: Bm25Ranker(name, language="english"),
    "MiniLM": lambda name: BankRanker(name, embedder_from_name(TRANSFORMER)),
    "MiniLM + lexical": lambda name: BankRanker(name, embedder_from_name(f"{TRANSFORMER}+lexical")),
}


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sets = read_sets(options.folder)
    if options.set:
        sets = [chosen for chosen in sets if chosen.name in options.set]
    results: Results = {}
    altered = 0
    for ranker in rankers(options.ranker):
        _say(f"ranking by {ranker.name}")
        scores = {chosen.name: evaluate(ranker, chosen) for chosen in sets}
        results[ranker.name] = {**scores, MEAN: mean(list(scores.values()))}
        if isinstance(ranker, BankRanker) and ranker.altered:
            altered = ranker.altered
            _say(f"{altered} of the texts held what a bank refuses; altered")
    counts = {
        chosen.name: Counts(documents=len(chosen.documents), queries=len(chosen.queries))
        for chosen in sets
    }
    print(markdown(results, counts))
    if options.json is not None:
        told = {"sets": counts, "scores": results, "altered": altered}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    below = below_floors(results.get(OURS, {}), _floors(options.floors))
    for line in below:
        print(line)
    return 1 if below else 0


def rankers(asked: Sequence[str] | None = None) -> list[Ranker]:
    """Return what can be compared here, and say loudly what cannot."""
    found: list[Ranker] = []
    for name, make in RANKERS.items():
        if asked and name not in asked:
            continue
        try:
            found.append(make(name))
        except ImportError as missing:
            _say(f"SKIPPED: {name} needs {missing.name}; pip install --group bench")
        except ReasoningBankError as missing:
            _say(f"SKIPPED: {name}: {missing}")
    return found


def evaluate(ranker: Ranker, chosen: RetrievalSet) -> Scores:
    """Return the mean of each measure over the queries of a set."""
    ranker.prepare(chosen.documents)
    totals = dict.fromkeys(MEASURES, 0.0)
    for query in chosen.queries:
        ranked = ranker.rank(query, DEPTH)
        for measure, of in MEASURES.items():
            totals[measure] += of(ranked, chosen.relevant[query.id])
    return {measure: total / len(chosen.queries) for measure, total in totals.items()}


def mean(scores: Sequence[Scores]) -> Scores:
    """Return the mean over sets, each set counting the same."""
    return {measure: sum(score[measure] for score in scores) / len(scores) for measure in MEASURES}


def below_floors(ours: Mapping[str, Scores], floors: Mapping[str, float]) -> list[str]:
    """Return a line for each set whose nDCG@10 is below its floor; sets that were not run do not count."""
    return [
        f"BELOW ITS FLOOR: {name} nDCG@10 {ours[name]['ndcg@10']:.4f} < {floor:.4f}"
        for name, floor in floors.items()
        if name in ours and ours[name]["ndcg@10"] < floor
    ]


def markdown(results: Results, sets: Mapping[str, Counts]) -> str:
    """Return nDCG@10 of every ranker on every set, and every measure in the mean, times 100."""
    lines = ["nDCG@10 x 100:", "", _row(["set", "documents", "queries", *results])]
    lines.append(_row(["---"] * (3 + len(results))))
    for name, counts in sets.items():
        scores = [_hundredths(of[name]["ndcg@10"]) for of in results.values()]
        sizes = [f"{counts['documents']:,}", f"{counts['queries']:,}"]
        lines.append(_row([name, *sizes, *scores]))
    means = [_hundredths(of[MEAN]["ndcg@10"]) for of in results.values()]
    lines.append(_row([MEAN, "", "", *means]))
    lines += ["", f"Mean over {len(sets)} sets x 100:", "", _row(["measure", *results])]
    lines.append(_row(["---"] * (1 + len(results))))
    for measure in MEASURES:
        lines.append(_row([measure, *(_hundredths(of[MEAN][measure]) for of in results.values())]))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _hundredths(share: float) -> str:
    return f"{100 * share:.1f}"


def _floors(asked: str | None) -> Mapping[str, float]:
    if asked is None:
        return {}
    if asked in FLOORS:
        return FLOORS[asked]
    floors: dict[str, float] = json.loads(Path(asked).read_text("utf-8"))
    return floors


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure how well tasks are found.")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the sets are")
    parser.add_argument(
        "--set", action="append", metavar="NAME", help="only this one; may be repeated"
    )
    parser.add_argument(
        "--ranker", action="append", choices=RANKERS, help="only this one; may be repeated"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every score there")
    parser.add_argument(
        "--floors",
        metavar="FILE|shipped",
        help="least nDCG@10 (0 to 1) by set and for their mean: a JSON object, or the built-in ones",
    )
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
