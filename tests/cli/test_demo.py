"""The demonstration, on the starter bank and on files of one's own."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import msgspec
import pytest

from reasoningbank import ReasoningBank
from reasoningbank.demo.questions import EvenSample


def lines(*values: object) -> bytes:
    return b"".join(msgspec.json.encode(value) + b"\n" for value in values)


def pattern(task: str, category: str = "c") -> dict[str, str]:
    return {"task_description": task, "task_category": category, "strategy": f"how to {task}"}


TASKS = [pattern(f"{verb} the {noun}", noun) for verb in ("paint", "sell", "fix")
         for noun in ("house", "car", "boat", "bike", "tent")]  # fmt: skip


def test_the_starter_bank_is_stored_and_asked_in_other_words(call):
    told = call("demo", "--json").json

    assert told["filled"]["stored"] >= 150
    assert told["filled"]["skipped"] == []
    assert told["stats"]["persistent"] is True
    assert len(told["stats"]["categories"]) >= 12
    assert len(told["answers"]) >= 12
    assert {answer["category"] is None for answer in told["answers"]} == {True, False}
    assert sum(answer["expected_first"] for answer in told["answers"]) >= 11


def test_it_says_where_what_and_how_long_and_how_to_go_on(call):
    ended = call("demo")

    assert ended.status == 0
    assert ended.stderr == ""
    assert re.search(r"^/.*/reasoningbank-demo-\w+/bank\.db$", ended.stdout, re.MULTILINE)
    assert re.search(r"Stored \d+ lines of starter-bank.jsonl in \d", ended.stdout)
    assert re.search(r"\d\.\d\d MB", ended.stdout)
    assert "similarity" in ended.stdout
    assert "(only in javascript)" in ended.stdout
    assert "Patterns   238" in ended.stdout
    assert "from reasoningbank import ReasoningBank" in ended.stdout


@pytest.mark.parametrize("columns", [80, 100])
def test_it_is_readable_at_the_width_of_a_terminal(call, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))

    shown = call("demo").stdout.splitlines()
    assert max(len(line) for line in shown if not line.startswith("bank = ")) <= columns
    assert [line for line in shown if line != line.rstrip()] == []


def test_the_bank_is_thrown_away(call):
    path = call("demo", "--json").json["stats"]["path"]

    assert path.endswith("bank.db")
    assert not Path(path).parent.exists()


def test_the_bank_is_kept_where_asked(call, tmp_path):
    shown = call("demo", "--keep", tmp_path / "kept.db").stdout

    assert f"ReasoningBank.open('{tmp_path / 'kept.db'}')" in shown
    with ReasoningBank.open(tmp_path / "kept.db") as bank:
        assert bank.get_stats().total_patterns >= 150


def test_a_bank_that_is_there_is_not_touched(call, tmp_path, filled):
    before = filled.read_bytes()

    ended = call("demo", "--keep", filled)
    assert ended.status == 3
    assert filled.read_bytes() == before


def test_own_questions_are_asked_instead(call):
    told = call("demo", "--question", "index a table", "--question", "lost commits", "--json").json

    assert [answer["question"] for answer in told["answers"]] == ["index a table", "lost commits"]


def test_own_patterns_are_asked_for_each_other(call, tmp_path):
    (tmp_path / "own.jsonl").write_bytes(lines(*TASKS))
    told = call("demo", "--data", tmp_path / "own.jsonl", "--json").json

    asked = [answer["question"] for answer in told["answers"]]
    assert told["filled"]["stored"] == 15
    assert set(asked) <= {task["task_description"] for task in TASKS}
    assert len(asked) == 13
    for answer in told["answers"]:
        assert len(answer["found"]) == 2
        assert answer["question"] not in {found["task_description"] for found in answer["found"]}
        assert answer["expected_first"] is None
    assert told["answers"][-1]["category"] is not None


def test_documents_are_stored_under_their_group(call, tmp_path):
    (tmp_path / "notes.jsonl").write_bytes(
        lines({"id": "1", "text": "one note", "group": "work"}, {"text": "another note"})
    )
    told = call("demo", "--data", tmp_path / "notes.jsonl", "--question", "note", "--json").json

    assert told["stats"]["categories"] == {"documents": 1, "work": 1}
    assert {found["strategy"] for found in told["answers"][0]["found"]} == {
        "one note",
        "another note",
    }


def test_questions_and_answers_beside_the_documents_are_used(call, tmp_path):
    (tmp_path / "x.docs.jsonl").write_bytes(
        lines(*({"id": str(n), "text": task["task_description"]} for n, task in enumerate(TASKS)))
    )
    (tmp_path / "x.queries.jsonl").write_bytes(
        lines(
            {"id": "a", "text": "paint the house"},
            {"id": "b", "text": "paint the house", "self": "0"},
        )
    )
    (tmp_path / "x.qrels.jsonl").write_bytes(
        lines({"q": "a", "rel": ["0"]}, {"q": "b", "rel": ["0"]})
    )
    told = call("demo", "--data", tmp_path / "x.docs.jsonl", "--json").json

    first, second = told["answers"]
    assert first["expected_first"] is True
    assert first["found"][0]["task_description"] == "paint the house"
    assert second["expected_first"] is False
    assert "paint the house" not in {found["task_description"] for found in second["found"]}


def test_bad_lines_are_named_and_skipped(call, tmp_path):
    (tmp_path / "own.jsonl").write_bytes(
        lines(pattern("one"))
        + b"not json\n"
        + lines(
            {"neither": 1}, {**pattern("two"), "success_score": 7}, {"text": "  "}, pattern("three")
        )
    )
    told = call("demo", "--data", tmp_path / "own.jsonl", "--json").json
    shown = call("demo", "--data", tmp_path / "own.jsonl").stdout

    assert told["filled"]["stored"] == 2
    assert [line["line"] for line in told["filled"]["skipped"]] == [2, 3, 4, 5]
    assert "Skipped 4 lines that cannot be stored" in shown
    assert "line 4: success_score is 7" in shown


def test_equal_lines_are_merged_and_it_says_so(call, tmp_path):
    (tmp_path / "own.jsonl").write_bytes(lines(pattern("one"), pattern("one"), pattern("two")))

    assert "1 was equal to another" in call("demo", "--data", tmp_path / "own.jsonl").stdout


def test_an_export_can_be_shown(call, tmp_path, filled):
    call("export", tmp_path / "e.jsonl", "--db", filled)

    assert call("demo", "--data", tmp_path / "e.jsonl", "--json").json["filled"]["stored"] == 3


@pytest.mark.parametrize("content", [b"", b"nonsense\n", b"\xff\xfe\x00"])
def test_a_file_without_a_single_line_to_store_is_invalid(call, tmp_path, content):
    (tmp_path / "own.jsonl").write_bytes(content)

    assert call("demo", "--data", tmp_path / "own.jsonl").status == 2


def test_hostile_text_in_a_file_is_inert(call, tmp_path):
    (tmp_path / "own.jsonl").write_bytes(
        lines(pattern("\u202e [red]one[/red]"), {"text": "\x1b[31m"}, pattern("two"))
    )
    shown = call("demo", "--data", tmp_path / "own.jsonl").stdout

    assert "[red]one[/red]" in shown
    assert not re.search("[\x1b\u202e]", shown)


def test_a_sample_is_even_and_bounded():
    sample: EvenSample[int] = EvenSample(12)
    for number in range(100_000):
        sample.offer(number)

    chosen = sample.chosen()
    gaps = [after - before for before, after in itertools.pairwise(chosen)]
    assert len(chosen) == 12
    assert max(gaps) <= 2 * min(gaps)


def test_a_sample_of_few_is_all_of_them():
    sample: EvenSample[int] = EvenSample(12)
    for number in range(5):
        sample.offer(number)

    assert sample.chosen() == [0, 1, 2, 3, 4]
