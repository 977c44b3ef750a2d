"""The log of operations: a line of JSON each, without stored text."""

from __future__ import annotations

import io
import json

import pytest

from reasoningbank import InvalidInput, log_operations

PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}


@pytest.fixture
def log(bank):
    stream = io.StringIO()
    log_operations(bank, stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_operation_is_a_line(bank, log):
    pattern_id = bank.store_pattern(**PATTERN)
    for _ in range(3):
        bank.get_pattern(pattern_id)

    told = lines(log)
    assert [one["operation"] for one in told] == ["store_pattern", *["get_pattern"] * 3]
    assert all(one["level"] == "info" and one["event"] == "operation" for one in told)
    assert all(one["rows"] == 1 and one["seconds"] > 0 for one in told)


def test_an_error_is_a_line_with_its_code(bank, log):
    with pytest.raises(InvalidInput):
        bank.get_pattern("private")

    [line] = lines(log)
    assert (line["level"], line["error"]) == ("error", "invalid_input")


def test_no_line_holds_stored_text(bank, log):
    pattern_id = bank.store_pattern(**PATTERN)
    bank.recall("add a login")
    bank.get_pattern(pattern_id)

    for word in ("login", "failing", "backend", str(pattern_id)):
        assert word not in log.getvalue()


def test_calls_are_counted_as_before(bank, log):
    pattern_id = bank.store_pattern(**PATTERN)
    for _ in range(100):
        bank.get_pattern(pattern_id)

    counted = {one.name: one for one in bank.metrics().operations}
    assert counted["get_pattern"].calls == counted["get_pattern"].timed == 100


def test_a_log_that_is_closed_fails_no_call(bank, log):
    log.close()

    bank.store_pattern(**PATTERN)
