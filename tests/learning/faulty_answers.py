"""Answers of a model provider that are of use, and those that are of none."""

from __future__ import annotations

from reasoningbank.domain.trajectory import Step, TrajectoryInput
from tests.learning.fake_provider import Answer, fails, says

JUDGED = says({"verdict": "success", "reasons": ["Step 2 shows 12 passed."]})


LESSONS = says(
    {
        "lessons": [
            {
                "title": "Read the first failure",
                "strategy": "When several tests fail, mend the first error and run them again.",
                "tags": ["pytest"],
            }
        ]
    }
)


EXPERIENCE = TrajectoryInput(
    task_description="Make the tests of the parser pass; mail ann@example.org when done",
    task_category="debugging",
    steps=(
        Step(action="look around", observation="a parser and its tests"),
        Step(action="mend the parser", observation="12 passed"),
    ),
)


FAULTS = {
    "garbage": says("%$ lorem"),
    "truncation": says('{"verdict": "success", "lessons": [{"ti', finish_reason="length"),
    "prose": says("I think it went rather well."),
    "refusal": says(None, refusal="I cannot help with that."),
    "another schema": says({"result": "fine"}),
    "busy for ever": fails(429),
    "failing for ever": fails(500),
    "key refused": fails(401),
    "no completion": Answer(b"<html></html>"),
    "connection lost": Answer(b'{"id"', announced_length=5_000),
}
