"""Several attempts compared by a model: one question about all of them, and nothing lost by a bad answer."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.bank.task import Task
from reasoningbank.learning.llm import LlmAccess, LlmDistiller, LlmJudge
from tests.learning.fake_provider import Asked, FakeProvider, fails, says

pytest.importorskip(
    "pydantic_ai", reason='needs the extra [llm]: pip install "agent-reasoningbank[llm]"'
)
pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

LESSON = {
    "title": "Quote names with spaces",
    "strategy": "Before archiving a file whose name holds a space, put the name in quotes.",
    "tags": ["archive"],
}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    started = FakeProvider()
    yield started
    started.close()


@pytest.fixture
def access(provider: FakeProvider) -> Iterator[LlmAccess]:
    with LlmAccess("gpt-4o-mini", base_url=provider.url, sleep=lambda _: None) as opened:
        yield opened


def run(task: Task) -> None:
    good = task.attempt != 1
    task.step("archive 'a b'" if good else "archive a b; mail ann@example.org")
    (task.succeed if good else task.fail)(source="test")


def lessons(*listed: object) -> object:
    return says({"lessons": list(listed)})


def test_one_question_shows_all_attempts_and_its_lesson_is_linked_to_those_it_names(
    any_bank: ReasoningBank, provider: FakeProvider, access: LlmAccess
) -> None:
    provider.answers(lessons({**LESSON, "attempts": [2, 3]}))
    scaled = any_bank.scale(
        "Archive a b", run, k=3, stop_when="never", distiller=LlmDistiller(access)
    )
    [asked] = provider.asked
    attempts = material_of(asked)["attempts"]
    assert [(one["attempt"], one["outcome"]["kind"]) for one in attempts] == [
        (1, "failure"),
        (2, "success"),
        (3, "success"),
    ]
    assert "attempts" in asked.text_of("system")
    assert b"ann@example.org" not in asked.raw
    assert scaled.learned.usage.calls == 1
    [pattern_id] = scaled.learned.patterns
    pattern = any_bank.get_pattern(pattern_id)
    assert pattern
    assert pattern.title == LESSON["title"]
    linked = {one.target_id for one in any_bank.links(pattern_id)}
    assert linked == {one.trajectory_id for one in scaled.attempts[1:]}


def material_of(asked: Asked) -> dict:
    text = asked.text_of("user")
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def test_a_warning_of_what_failed_is_a_pitfall_of_the_failed_attempt(
    any_bank: ReasoningBank, provider: FakeProvider, access: LlmAccess
) -> None:
    provider.answers(lessons({**LESSON, "attempts": [1]}))
    scaled = any_bank.scale(
        "Archive a b", run, k=2, stop_when="never", distiller=LlmDistiller(access)
    )
    pattern = any_bank.get_pattern(scaled.learned.patterns[0])
    assert pattern
    assert (pattern.metadata["polarity"], pattern.failures) == ("pitfall", 1)


@pytest.mark.parametrize(
    "answer",
    [
        says("%$ lorem"),
        says(None, refusal="I cannot help with that."),
        fails(500),
        lessons({**LESSON, "attempts": [4]}),
        lessons({**LESSON, "attempts": "all"}),
        lessons({**LESSON, "attempts": [True]}),
    ],
    ids=["garbage", "refusal", "failing", "no such attempt", "no list", "no number"],
)
def test_after_an_answer_of_no_use_all_attempts_wait_and_are_compared_later(
    any_bank: ReasoningBank, provider: FakeProvider, access: LlmAccess, answer
) -> None:
    provider.answers(answer)
    scaled = any_bank.scale(
        "Archive a b", run, k=3, stop_when="never", distiller=LlmDistiller(access)
    )
    assert scaled.learned.status == "pending"
    assert str(scaled.learned.note).startswith("not distilled: ")
    assert len(provider.asked) <= 2
    kept = any_bank.trajectories()
    assert [(one.state, one.note) for one in kept] == [("judged", scaled.learned.note)] * 3
    provider.asked.clear()
    provider.answers(lessons({**LESSON, "attempts": [2]}))
    again = any_bank.retry_pending(distiller=LlmDistiller(access))
    assert [one.status for one in again] == ["learned"] * 3
    assert len(provider.asked) == 1
    assert sum(one.usage.calls for one in again) == 1


def test_a_model_that_finds_nothing_is_not_asked_again(
    any_bank: ReasoningBank, provider: FakeProvider, access: LlmAccess
) -> None:
    provider.answers(lessons())
    scaled = any_bank.scale(
        "Archive a b", run, k=2, stop_when="never", distiller=LlmDistiller(access)
    )
    assert (scaled.learned.status, scaled.learned.patterns) == ("learned", ())
    assert any_bank.retry_pending(distiller=LlmDistiller(access)) == []
    assert len(provider.asked) == 1


def test_a_model_may_judge_each_attempt_and_then_compare_them(
    any_bank: ReasoningBank, provider: FakeProvider, access: LlmAccess
) -> None:
    def answer(asked: Asked):
        material = material_of(asked)
        if "attempts" in material:
            return lessons({**LESSON, "attempts": [2]})
        good = "'" in material["steps"][0]["action"]
        verdict = "success" if good else "failure"
        return says({"verdict": verdict, "reasons": ["Step 1 shows it."]})

    provider.answers(answer)
    scaled = any_bank.scale(
        "Archive a b",
        lambda task: task.step("archive 'a b'" if task.attempt == 2 else "archive a b"),
        k=2,
        judge=LlmJudge(access),
        distiller=LlmDistiller(access),
    )
    assert scaled.best is scaled.attempts[1]
    assert len(provider.asked) == 3
    assert scaled.learned.usage.calls == 3
    pattern = any_bank.get_pattern(scaled.learned.patterns[0])
    assert pattern
    assert pattern.trust == "judged"
