"""Working on a task with the bank: recall in, learning out."""

from __future__ import annotations

import asyncio

import pytest

from reasoningbank import (
    AsyncReasoningBank,
    Distillation,
    InvalidInput,
    Judgement,
    LeftToHost,
    Lesson,
    PatternInput,
    ReasoningBank,
    Trajectory,
    TrajectoryInput,
    Verdict,
)
from reasoningbank.bank.task import Task

TASK = "Make the parser tests pass"
STEPS = [
    ("pytest -q tests/test_parser.py", "1 failed", "AssertionError: assert 3 == 4"),
    ("edit parser.py: count the closing bracket too", None, None),
    ("pytest -q tests/test_parser.py", "12 passed", None),
]


def work(task: Task) -> None:
    for action, observation, error in STEPS:
        task.step(action, observation, error=error)


def stored(bank: ReasoningBank) -> str:
    given = PatternInput(
        task_description="Make the failing parser tests pass", task_category="debugging",
        strategy="Read the first failing assertion before touching the code.",
    )  # fmt: skip
    return str(bank.store_pattern(given))


def test_a_task_that_succeeds_is_learned_from(any_bank: ReasoningBank) -> None:
    with any_bank.task(TASK, category="debugging") as task:
        work(task)
        task.succeed(source="test", evidence={"exit_code": 0})
    assert task.learned
    assert task.learned.status == "learned"
    assert task.learned.patterns
    kept = any_bank.get_trajectory(task.learned.trajectory_id)
    assert kept
    assert [step.action for step in kept.steps] == [action for action, _, _ in STEPS]
    assert kept.verdict
    assert (kept.verdict.kind, kept.verdict.source) == ("success", "test")
    again = any_bank.recall("make the parser tests pass again")
    assert {item.pattern.id for item in again.patterns} <= set(task.learned.patterns)
    assert again.patterns


def test_what_was_recalled_is_credited_with_the_outcome(any_bank: ReasoningBank) -> None:
    pattern = stored(any_bank)
    with any_bank.task(TASK, category="debugging") as task:
        assert pattern in task.prompt
        assert [str(item.pattern.id) for item in task.patterns] == [pattern]
        work(task)
        task.succeed(source="test")
    assert any_bank.get_pattern(pattern).successes == 1  # type: ignore[union-attr]


def test_saying_what_was_used_credits_that_alone(any_bank: ReasoningBank) -> None:
    pattern = stored(any_bank)
    with any_bank.task(TASK) as task:
        task.used([])
        task.fail(source="test")
    assert any_bank.get_pattern(pattern).uses == 0  # type: ignore[union-attr]


def test_leaving_without_a_verdict_is_pending_and_moves_no_counter(any_bank: ReasoningBank) -> None:
    pattern = stored(any_bank)
    with any_bank.task(TASK) as task:
        work(task)
    assert task.learned
    assert task.learned.status == "pending"
    assert any_bank.get_pattern(pattern).uses == 0  # type: ignore[union-attr]
    assert any_bank.get_trajectory(task.learned.trajectory_id).state == "pending"  # type: ignore[union-attr]


def test_an_exception_is_noted_and_raised_and_is_no_failure(any_bank: ReasoningBank) -> None:
    pattern = stored(any_bank)
    with pytest.raises(ZeroDivisionError), any_bank.task(TASK) as task:  # noqa: PT012
        work(task)
        _ = 1 / 0
    assert task.learned
    assert task.learned.status == "pending"
    kept = any_bank.get_trajectory(task.learned.trajectory_id)
    assert kept
    assert "ZeroDivisionError" in str(kept.steps[-1].error)
    assert any_bank.get_pattern(pattern).uses == 0  # type: ignore[union-attr]


def test_an_exception_after_a_failure_was_told_is_a_failure(any_bank: ReasoningBank) -> None:
    pattern = stored(any_bank)
    with pytest.raises(ZeroDivisionError), any_bank.task(TASK) as task:  # noqa: PT012
        work(task)
        task.fail(source="environment")
        _ = 1 / 0
    assert any_bank.get_pattern(pattern).failures == 1  # type: ignore[union-attr]


def test_an_experience_that_cannot_be_kept_does_not_hide_what_was_raised(tmp_path: object) -> None:
    bank = ReasoningBank.open(f"{tmp_path}/bank.db")
    with pytest.raises(ZeroDivisionError), bank.task(TASK):  # noqa: PT012
        bank.close()
        _ = 1 / 0


def test_the_last_word_counts(any_bank: ReasoningBank) -> None:
    with any_bank.task(TASK) as task:
        work(task)
        task.fail()
        task.score(0.5, source="human")
    assert task.verdict
    assert (task.verdict.kind, task.verdict.score, task.verdict.source) == ("partial", 0.5, "human")


def test_running_a_task_gives_its_value_and_verifies_it(any_bank: ReasoningBank) -> None:
    def attempt(task: Task) -> int:
        work(task)
        return 4

    good = any_bank.run(TASK, attempt, verify=lambda value: value == 4)
    assert good.value == 4
    assert good.task.verdict
    assert (good.task.verdict.kind, good.task.verdict.source) == ("success", "test")
    bad = any_bank.run(TASK, attempt, verify=lambda value: value == 5)
    assert bad.task.verdict
    assert bad.task.verdict.kind == "failure"
    assert any_bank.run(TASK, attempt).task.verdict is None


def test_a_decorated_function_is_given_its_task(any_bank: ReasoningBank) -> None:
    @any_bank.remembering(category="debugging")
    def solve(task: Task, description: str, *, times: int) -> str:
        work(task)
        task.succeed()
        return description * times

    assert solve("ab", times=2) == "abab"
    assert solve.__name__ == "solve"
    assert len(any_bank.trajectories()) == 1


def test_the_same_works_under_asyncio() -> None:
    async def main() -> None:
        async with AsyncReasoningBank.open("memory:") as bank:
            async with bank.task(TASK, category="debugging") as task:
                work(task)
                task.succeed(source="test")
            assert task.learned
            assert task.learned.status == "learned"

            async def attempt(given: Task) -> int:
                work(given)
                return 4

            ran = await bank.run(TASK, attempt, verify=lambda value: value == 4)
            assert ran.value == 4

            @bank.remembering(category="debugging")
            async def solve(given: Task, description: str) -> str:
                work(given)
                return description

            assert await solve("x y") == "x y"
            with pytest.raises(ZeroDivisionError):
                async with bank.task(TASK):
                    _ = 1 / 0
            assert len(await bank.trajectories()) >= 3

    asyncio.run(main())


class Terse:
    """A judge and a distiller that say the same of everything."""

    def judge(self, trajectory: Trajectory) -> Judgement:
        verdict = Verdict(kind="failure", score=0.0, source="agent")
        return Judgement(verdict=verdict, note=trajectory.note)

    def distil(self, trajectory: Trajectory) -> Distillation:
        return Distillation(lessons=(Lesson(title="Terse", strategy=trajectory.task_description),))


def test_a_bank_learns_with_the_judge_and_the_distiller_it_was_opened_with() -> None:
    with ReasoningBank.open("memory:", judge=Terse(), distiller=Terse()) as bank:
        with bank.task(TASK) as task:
            work(task)
            task.succeed(source="test")
        told = bank.learn(TrajectoryInput(task_description="Say", task_category="c", steps=()))
        by_hand = bank.learn(
            TrajectoryInput(task_description="Leave it", task_category="c", steps=()),
            distiller=LeftToHost(),
        )
        assert task.learned
        titles = [bank.get_pattern(one).title for one in task.learned.patterns]  # type: ignore[union-attr]
        assert titles == ["Terse"]
        assert told.verdict == Verdict(kind="failure", score=0.0, source="agent")
        assert by_hand.status == "pending"


def test_an_asynchronous_bank_takes_them_too() -> None:
    async def scenario() -> None:
        async with AsyncReasoningBank.open("memory:", distiller=Terse()) as bank:
            async with bank.task(TASK, k=1, experiences=1, token_budget=500) as task:
                task.succeed(source="test")
            assert task.learned
            pattern = await bank.get_pattern(task.learned.patterns[0])
            assert pattern
            assert pattern.title == "Terse"

    asyncio.run(scenario())


@pytest.mark.parametrize(("field", "part"), [("judge", Terse), ("distiller", object())])
def test_a_bank_is_not_opened_with_what_cannot_judge_or_distil(field: str, part: object) -> None:
    with pytest.raises(InvalidInput) as refused:
        ReasoningBank.open("memory:", **{field: part})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_task_may_recall_more_than_one_group(any_bank: ReasoningBank) -> None:
    for at in range(3):
        any_bank.store_pattern(
            task_description=f"Make the parser tests pass, part {at}", task_category="debugging",
            strategy=f"Strategy number {at}",
        )  # fmt: skip
    with any_bank.task(TASK) as one:
        assert len(one.patterns) == 1
    with any_bank.task(TASK, k=3, experiences=3) as several:
        assert len(several.patterns) == 3
