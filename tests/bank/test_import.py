"""Importing what is sound line by line, but not together with what is there."""

from __future__ import annotations

import io
import json

import pytest

from reasoningbank import InvalidInput, ReasoningBank
from reasoningbank.domain import limits


def line(task: str, **fields: object) -> str:
    return json.dumps({"task_description": task, "task_category": "c", "strategy": "s", **fields})


def tagged(task: str, first: int) -> str:
    return line(task, tags=[f"tag{number}" for number in range(first, first + limits.TAGS)])


@pytest.fixture
def lines() -> io.StringIO:
    """Five lines of which the fourth, merged with the second, has twice the tags allowed."""
    return io.StringIO(
        "\n".join(
            [line("one"), tagged("full", 0), line("three"), tagged("full", 1_000), line("five")]
        )
    )


def test_a_line_whose_merge_passes_a_limit_is_named(any_bank: ReasoningBank, lines) -> None:
    with pytest.raises(InvalidInput) as refused:
        any_bank.import_jsonl(lines)

    assert refused.value.field == "line 4: tags"
    assert "lines before it are in" in str(refused.value)
    assert any_bank.get_stats().total_patterns == 3


def test_a_line_whose_merge_passes_a_limit_is_skipped_alone(any_bank: ReasoningBank, lines) -> None:
    report = any_bank.import_jsonl(lines, on_invalid="skip")

    assert [(one.line, one.code) for one in report.skipped] == [(4, "invalid_input")]
    assert (report.read, report.created, report.merged) == (5, 4, 0)
    assert any_bank.get_stats().total_patterns == 4


def test_lines_that_are_skipped_are_told_in_order(any_bank: ReasoningBank) -> None:
    text = "\n".join([tagged("full", 0), tagged("full", 1_000), "{", line("four")])
    report = any_bank.import_jsonl(io.StringIO(text), on_invalid="skip")

    assert [one.line for one in report.skipped] == [2, 3]


def test_an_import_of_experiences_says_once_what_was_taken_out(
    any_bank: ReasoningBank, caplog: pytest.LogCaptureFixture
) -> None:
    step = {"action": "mail ann@example.org and bob@example.org"}
    text = json.dumps({"task_description": "Write", "task_category": "c", "steps": [step]})
    for _ in range(2):
        any_bank.import_trajectories_jsonl(io.StringIO(text))

    assert caplog.messages == ["took 2 x mail_address out of an experience before storing"]
