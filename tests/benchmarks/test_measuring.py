"""A small run from end to end: what is in the report, and that both sides did the same work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
import pytest

import benchmarks.__main__ as program
from reasoningbank.benchmark import BenchmarkReport, corpus, operations, run
from reasoningbank.benchmark.figures import LABELS, Figure
from reasoningbank.benchmark.pair import BankPair, Vectors, corpus_vectors
from reasoningbank.benchmark.raw import TABLES

SIZE = 200
BANK_FIGURES = {
    "bytes_per_pattern", "memory", "memory_peak", "first_find_similar", "get", "category",
    "get_stats", "find_similar", "find_similar_in_category", "recall_at_10", "store_one",
    "store_one_vector_given", "store_many_per_row", "find_similar_after_store", "recall",
    "recall_three_groups",
}  # fmt: skip
PROCESS_FIGURES = {
    "interpreter", "import", "help", "heavy_modules", "embed_warm", "embed_cold", "learn",
    "bytes_per_experience", "bytes_per_recall",
}  # fmt: skip
COMPARED_WITH_RAW = {
    "get", "category", "get_stats", "store_one", "store_one_vector_given", "store_many_per_row",
}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> BenchmarkReport:
    return run((SIZE,), directory=tmp_path_factory.mktemp("banks"), repeats=0.02)


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return corpus_vectors(SIZE + 4_000)


@pytest.fixture
def pair(tmp_path: Path, vectors: Vectors) -> Iterator[BankPair]:
    with BankPair(tmp_path, SIZE, vectors) as opened:
        yield opened


def test_a_report_has_every_figure_with_a_value_or_a_reason(report):
    names = {figure.name for figure in report.figures}

    assert names >= BANK_FIGURES | PROCESS_FIGURES
    assert names <= LABELS.keys()
    assert [one.key for one in report.figures if one.value is None and not one.note] == []
    assert {one.size for one in report.figures if one.name in BANK_FIGURES} == {SIZE}


def test_operations_are_compared_with_the_bare_engine(report):
    compared = {figure.name for figure in report.figures if figure.ratio is not None}

    assert compared == COMPARED_WITH_RAW
    for figure in report.figures:
        if figure.ratio is not None:
            assert figure.ours.count == figure.raw.count >= 2


def test_a_report_becomes_json_with_limits_and_verdicts(report):
    told = json.loads(json.dumps(report.to_dict(), allow_nan=False))

    assert told.keys() == {"machine", "figures", "sizes", "seconds"}
    assert told["machine"].keys() == {
        "processor", "cores", "system", "python", "libraries", "load_before", "load_after",
    }  # fmt: skip
    [get] = [figure for figure in told["figures"] if figure["key"] == f"get@{SIZE}"]
    assert get.keys() == {
        "key", "name", "size", "unit", "value", "ours", "raw", "ratio", "limits", "verdict",
    }  # fmt: skip
    assert get["ours"].keys() == {"count", "minimum", "p50", "p95", "p99"}
    assert {limit["quantity"] for limit in get["limits"]} == {"value", "ratio"}


def test_a_report_becomes_a_table_of_every_figure(report):
    table = report.to_markdown()

    for figure in report.figures:
        assert f"| {LABELS[figure.name]} |" in table
    assert f"| get by id | {SIZE} | <= 200 µs, <= 2.5x | <= 1.5x |" in table


def test_small_banks_are_searched_exactly(report):
    [recall] = [figure.value for figure in report.figures if figure.name == "recall_at_10"]

    assert recall == 1.0


def test_a_search_that_forgets_the_best_loses_recall(pair, vectors):
    find = pair.ours.find_similar
    pair.ours.find_similar = lambda text, top_k: find(text, top_k=top_k)[1:]

    assert operations.recall(pair, vectors[:SIZE], 5).value == pytest.approx(0.9)


def test_raw_and_the_bank_leave_the_same_rows_behind(pair, vectors):
    operations.store_one_vector_given(pair, vectors, 20)
    operations.store_many(pair, vectors, 1)
    operations.store_one(pair, 20)

    for table in TABLES:
        assert pair.raw.everything(table) == pair.reader.everything(table)
    assert pair.ours.get_stats().total_patterns == SIZE + 2_080
    assert len(pair.raw.everything("patterns")) == SIZE + 2_080


def test_no_other_table_of_the_bank_is_written_by_a_store(pair, vectors):
    """Were there one, raw would do less than the bank has to."""

    def rows_by_table() -> dict[str, int]:
        connection = apsw.Connection(str(pair.path), flags=apsw.SQLITE_OPEN_READONLY)
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = {
            table: connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
            for table in tables
        }
        connection.close()
        return counts

    before = rows_by_table()
    operations.store_one_vector_given(pair, vectors, 20)
    after = rows_by_table()

    grown = {table for table in after if after[table] != before[table]}
    assert {"patterns", "pattern_embeddings", "changes"} <= grown <= set(TABLES)


def test_both_files_are_intact_after_the_stores(pair, vectors):
    operations.store_many(pair, vectors, 1)

    assert pair.raw.integrity() == "ok"
    assert pair.reader.integrity() == "ok"


def test_raw_reads_what_the_bank_reads(pair):
    pattern = pair.ours.get_pattern(pair.ids[5])
    row = pair.raw.get(str(pair.ids[5]))
    found = pair.ours.search_by_category(corpus.CATEGORIES[0])
    rows = pair.raw.by_category(corpus.CATEGORIES[0], "2000-01-01T00:00:00.000Z", 10)
    counts, expired = pair.raw.stats("2000-01-01T00:00:00.000Z")

    assert str(pattern.id) in row
    assert pattern.strategy in row
    assert len(found) == 10
    assert [row[1] for row in rows] == [str(one.id) for one in found]
    assert {row[0]: row[1] for row in counts} == pair.ours.get_stats().categories
    assert expired == 0


def test_vectors_kept_for_the_next_run_are_the_same(tmp_path, vectors):
    first = corpus_vectors(50, tmp_path)
    again = corpus_vectors(50, tmp_path)

    assert (first == vectors[:50]).all()
    assert (again == first).all()
    assert [path.suffix for path in tmp_path.iterdir()] == [".npy"]


def test_the_program_prints_the_table_and_keeps_the_run(tmp_path, monkeypatch, capsys, report):
    monkeypatch.setattr(program, "LATEST", tmp_path / "results" / "latest.json")
    monkeypatch.setattr(program, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(program, "run", lambda sizes, **_: report)

    assert program.main(["--save-baseline"]) == 0
    assert program.main(["--compare"]) == 0

    printed = capsys.readouterr().out
    assert printed.count(report.to_markdown()) == 2
    assert f"| get@{SIZE} |" in printed
    assert json.loads((tmp_path / "baseline.json").read_text("utf-8"))["sizes"] == [SIZE]


def test_the_program_fails_for_a_missed_limit_when_asked_to(monkeypatch, capsys, tmp_path, report):
    slow = Figure(name="get", size=SIZE, unit="µs", value=201.0, ratio=1.0)
    monkeypatch.setattr(program, "LATEST", tmp_path / "latest.json")
    monkeypatch.setattr(
        program, "run", lambda sizes, **_: msgspec.structs.replace(report, figures=(slow,))
    )

    assert program.main([]) == 0
    assert program.main(["--strict"]) == 1
    assert f"misses its limit: get@{SIZE}" in capsys.readouterr().out


def test_the_program_fails_when_a_figure_got_worse(tmp_path, monkeypatch, capsys, report):
    baseline = report.to_dict()
    for figure in baseline["figures"]:
        if figure["key"] == f"bytes_per_pattern@{SIZE}":
            figure["value"] /= 1.4
    monkeypatch.setattr(program, "LATEST", tmp_path / "results" / "latest.json")
    monkeypatch.setattr(program, "BASELINE", tmp_path / "baseline.json")
    monkeypatch.setattr(program, "run", lambda sizes, **_: report)
    program.BASELINE.write_text(json.dumps(baseline), "utf-8")

    assert program.main(["--compare"]) == 1
    assert f"worse than the baseline: bytes_per_pattern@{SIZE}" in capsys.readouterr().out
