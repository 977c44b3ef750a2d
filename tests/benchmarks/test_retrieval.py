"""Retrieval measures on rankings small enough to check by hand, and the program that reports them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks import retrieval
from benchmarks.rankers import BankRanker, Bm25Ranker
from benchmarks.ranking_metrics import ndcg, precision_at_1, recall
from benchmarks.retrieval_sets import Document, Query, read_sets

DOCUMENTS = [
    {"id": "a", "text": "reset a forgotten password"},
    {"id": "b", "text": "change the password of my account"},
    {"id": "c", "text": "deploy the web server on Friday"},
    {"id": "d", "text": "paint the garden fence"},
]
QUERIES = [
    {"id": "q1", "text": "reset a forgotten password", "self": "a"},
    {"id": "q2", "text": "deploying web servers"},
    {"id": "q3", "text": "nobody judged this one"},
]
JUDGEMENTS = [
    {"q": "q1", "rel": ["a", "b"]},
    {"q": "q2", "rel": ["c"]},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sets"
    made.mkdir()
    write(made / "tiny.docs.jsonl", DOCUMENTS)
    write(made / "tiny.queries.jsonl", QUERIES)
    write(made / "tiny.qrels.jsonl", JUDGEMENTS)
    return made


def write(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


def test_ndcg_is_the_discounted_share_of_the_best_possible():
    # Relevant at ranks 2 and 4; at best they would be at 1 and 2.
    gained = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3)

    assert ndcg(["x", "a", "y", "b"], {"a", "b"}, 10) == pytest.approx(gained / ideal)
    assert gained / ideal == pytest.approx(0.650921)


def test_ndcg_is_one_only_for_the_best_order():
    assert ndcg(["a", "b", "x"], {"a", "b"}, 10) == 1.0
    assert ndcg(["x", "y"], {"a"}, 10) == 0.0


def test_ndcg_asks_for_no_more_documents_than_it_looks_at():
    relevant = {str(number) for number in range(20)}

    assert ndcg([str(number) for number in range(10)], relevant, 10) == 1.0


def test_precision_and_recall_count_what_was_found():
    ranked, relevant = ["x", "a", "y", "b"], {"a", "b", "c"}

    assert precision_at_1(ranked, relevant) == 0.0
    assert precision_at_1(ranked[1:], relevant) == 1.0
    assert recall(ranked, relevant, 1) == 0.0
    assert recall(ranked, relevant, 2) == pytest.approx(1 / 3)
    assert recall(ranked, relevant, 50) == pytest.approx(2 / 3)


def test_a_query_does_not_count_its_own_document_as_relevant(folder):
    [tiny] = read_sets(folder)

    assert tiny.relevant["q1"] == {"b"}
    assert [query.id for query in tiny.queries] == ["q1", "q2"]


def test_a_folder_without_sets_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"docs\.jsonl"):
        read_sets(tmp_path)


def bm25() -> Bm25Ranker:
    pytest.importorskip("bm25s", reason="the bench dependency group is not installed")
    pytest.importorskip("Stemmer", reason="the bench dependency group is not installed")
    return Bm25Ranker("BM25", language="english")


@pytest.mark.parametrize("make", [lambda: BankRanker("bank"), bm25], ids=["bank", "bm25"])
def test_a_ranker_leaves_out_the_querys_own_document_and_other_groups(make):
    ranker = make()
    ranker.prepare(
        [
            Document("a", "reset a forgotten password", "mail"),
            Document("b", "reset the password again", "mail"),
            Document("c", "reset a forgotten password", "shop"),
        ]
    )
    text = "reset a forgotten password"

    assert ranker.rank(Query("q", text, own="a"), 10) == ["c", "b"]
    assert ranker.rank(Query("q", text, group="mail"), 10) == ["a", "b"]
    assert ranker.rank(Query("q", text, group="mail", own="a"), 10) == ["b"]
    assert ranker.rank(Query("q", text), 1) == ["a"]


def test_equal_similarities_keep_the_order_of_the_documents():
    ranker = BankRanker("bank")
    ranker.prepare([Document(str(number), "the same words") for number in range(50)])

    assert ranker.rank(Query("q", "the same words"), 50) == [str(number) for number in range(50)]


def test_a_text_the_bank_refuses_is_altered_and_counted():
    ranker = BankRanker("bank")
    ranker.prepare([Document("a", "\x08reset passwords"), Document("b", "plain")])

    assert ranker.rank(Query("q", "reset\x00passwords"), 1) == ["a"]
    assert ranker.altered == 2


def test_the_program_reports_every_measure_of_every_set(folder, tmp_path, capsys):
    stored = tmp_path / "scores.json"

    assert retrieval.main([str(folder), "--ranker", "built-in", "--json", str(stored)]) == 0

    told = json.loads(stored.read_text("utf-8"))
    scores = told["scores"]["built-in"]
    assert told["sets"] == {"tiny": {"documents": 4, "queries": 2}}
    assert scores.keys() == {"tiny", "mean"}
    assert scores["tiny"] == dict.fromkeys(retrieval.MEASURES, 1.0)
    assert "| tiny | 4 | 2 | 100.0 |" in capsys.readouterr().out


def test_the_program_fails_below_a_floor_and_not_above(folder, tmp_path, capsys):
    floors = tmp_path / "floors.json"
    floors.write_text(json.dumps({"tiny": 1.0, "mean": 1.01, "another": 9.0}), "utf-8")

    assert retrieval.main([str(folder), "--ranker=built-in", "--floors", str(floors)]) == 1

    printed = capsys.readouterr().out
    assert "BELOW ITS FLOOR: mean nDCG@10 1.0000 < 1.0100" in printed
    assert "BELOW ITS FLOOR: tiny" not in printed


def test_what_cannot_be_compared_is_said(folder, capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "bm25s", None)

    retrieval.main([str(folder), "--ranker", "BM25"])

    assert "SKIPPED: BM25 needs bm25s" in capsys.readouterr().err


def test_the_mean_counts_every_set_the_same():
    scores = [dict.fromkeys(retrieval.MEASURES, share) for share in (0.2, 0.4, 0.9)]

    assert retrieval.mean(scores) == pytest.approx(dict.fromkeys(retrieval.MEASURES, 0.5))


def test_the_shipped_embedder_keeps_its_floors(shared, capsys):
    """The whole way: six public sets through a real bank."""
    results = {
        chosen.name: retrieval.evaluate(BankRanker("built-in"), chosen)
        for chosen in read_sets(shared / "data" / "retrieval")
    }
    results[retrieval.MEAN] = retrieval.mean(list(results.values()))

    assert len(results) == 7
    assert retrieval.below_floors(results, retrieval.FLOORS["shipped"]) == []
