"""Whatever a model provider does, the experience is kept, says what happened, and can be tried again."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.domain.trajectory import TrajectoryInput, Verdict
from reasoningbank.learning.llm import LlmAccess, LlmDistiller, LlmJudge
from reasoningbank.storage import open_storage
from tests.learning.fake_provider import FakeProvider, says
from tests.learning.faulty_answers import EXPERIENCE, FAULTS, JUDGED, LESSONS

pytest.importorskip(
    "pydantic_ai", reason='needs the extra [llm]: pip install "agent-reasoningbank[llm]"'
)
pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[ReasoningBank]:
    """A bank on a file whose clock moves on at every look: a retry takes what was tried before now."""
    milliseconds = itertools.count(1_770_000_000_000)
    storage = open_storage(tmp_path / "bank.db")
    with ReasoningBank(storage, clock=lambda: next(milliseconds)) as opened:
        yield opened


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    started = FakeProvider()
    yield started
    started.close()


@pytest.fixture
def access(provider: FakeProvider) -> Iterator[LlmAccess]:
    with LlmAccess("gpt-4o-mini", base_url=provider.url, sleep=lambda _: None) as opened:
        yield opened


def test_two_calls_judge_an_experience_and_learn_from_it(bank, provider, access):
    provider.answers(JUDGED, LESSONS)
    learned = bank.learn(EXPERIENCE, judge=LlmJudge(access), distiller=LlmDistiller(access))
    assert (learned.status, learned.usage.calls, len(provider.asked)) == ("learned", 2, 2)
    assert learned.verdict.source == "agent"
    [pattern] = [bank.get_pattern(one) for one in learned.patterns]
    assert (pattern.title, pattern.trust) == ("Read the first failure", "judged")
    assert b"ann@example.org" not in b"".join(asked.raw for asked in provider.asked)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_after_a_fault_in_judging_the_experience_is_kept_and_learned_from_later(
    bank, provider, access, fault
):
    provider.answers(fault)
    options = {"judge": LlmJudge(access), "distiller": LlmDistiller(access)}
    pending = bank.learn(EXPERIENCE, **options)
    assert (pending.status, pending.verdict) == ("pending", None)
    assert len(provider.asked) <= 2
    kept = bank.get_trajectory(pending.trajectory_id)
    assert kept.state == "pending"
    assert kept.note == pending.note
    assert kept.note.startswith("not judged: ")

    provider.asked.clear()
    provider.answers(JUDGED, LESSONS)
    [again] = bank.retry_pending(**options)
    assert (again.trajectory_id, again.status) == (pending.trajectory_id, "learned")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_after_a_fault_in_distilling_the_verdict_is_kept_and_lessons_are_found_later(
    bank, provider, access, fault
):
    provider.answers(JUDGED, fault)
    options = {"judge": LlmJudge(access), "distiller": LlmDistiller(access)}
    pending = bank.learn(EXPERIENCE, **options)
    assert (pending.status, pending.verdict.kind) == ("pending", "success")
    assert len(provider.asked) == 2
    assert bank.get_trajectory(pending.trajectory_id).state == "judged"

    provider.asked.clear()
    provider.answers(LESSONS)
    [again] = bank.retry_pending(**options)
    assert (again.status, len(again.patterns), len(provider.asked)) == ("learned", 1, 1)


def test_an_experience_in_which_the_model_found_nothing_is_not_paid_for_again(
    bank, provider, access
):
    provider.answers(JUDGED, says({"lessons": []}))
    options = {"judge": LlmJudge(access), "distiller": LlmDistiller(access)}
    learned = bank.learn(EXPERIENCE, **options)
    assert (learned.status, learned.patterns, learned.usage.calls) == ("learned", (), 2)
    kept = bank.get_trajectory(learned.trajectory_id)
    assert (kept.state, kept.note) == ("learned", learned.note)
    assert "nothing worth keeping" in kept.note

    provider.asked.clear()
    assert bank.retry_pending(**options) == []
    assert bank.learn(EXPERIENCE, **options).status == "replayed"
    assert provider.asked == []


def test_after_an_answer_that_never_came_the_experience_is_learned_from_later(bank, provider):
    over = threading.Event()
    provider.answers(says(json.loads(JUDGED.body), delay=over.wait))
    with LlmAccess("gpt-4o-mini", base_url=provider.url, timeout_seconds=0.2) as access:
        pending = bank.learn(EXPERIENCE, judge=LlmJudge(access), distiller=LlmDistiller(access))
    over.set()
    assert "0.2 s" in bank.get_trajectory(pending.trajectory_id).note
    provider.asked.clear()
    provider.answers(JUDGED, LESSONS)
    with LlmAccess("gpt-4o-mini", base_url=provider.url) as access:
        [again] = bank.retry_pending(judge=LlmJudge(access), distiller=LlmDistiller(access))
    assert again.status == "learned"


def test_a_spent_cap_keeps_experiences_for_when_there_is_room_again(bank, provider):
    provider.answers(LESSONS)
    verdict = Verdict(kind="success", score=1.0, source="test")
    given = TrajectoryInput(
        task_description="Make it pass", task_category="debugging", steps=(), verdict=verdict
    )
    with LlmAccess("gpt-4o-mini", base_url=provider.url, token_cap=0) as access:
        pending = bank.learn(given, distiller=LlmDistiller(access))
    assert (pending.status, provider.asked) == ("pending", [])
    assert "0 tokens" in pending.note
    with LlmAccess("gpt-4o-mini", base_url=provider.url, token_cap=100_000) as access:
        [again] = bank.retry_pending(distiller=LlmDistiller(access))
    assert again.status == "learned"
