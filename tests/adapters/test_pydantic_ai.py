"""The capability in runs of real Pydantic AI agents, with a model that is a function."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("pydantic_ai", reason="pydantic-ai-slim is not installed")

from pydantic_ai import Agent, ModelRetry
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.models.test import TestModel

from reasoningbank import AsyncReasoningBank
from reasoningbank.adapters.pydantic_ai import ReasoningBankCapability


def remembering(tmp_path, use, **options):
    """Run `use(bank, capability, tasks)` on a bank that knows one strategy."""

    async def main():
        async with AsyncReasoningBank.open(tmp_path / "b.db") as bank:
            await bank.store_pattern(
                task_description="Add login to the API",
                task_category="backend",
                strategy="Write the failing test first.",
            )
            tasks = []
            capability = ReasoningBankCapability(
                bank, category="backend", finished=tasks.append, **options
            )
            return await use(bank, capability, tasks)

    return asyncio.run(main())


def calling(tool, **arguments):
    """A model that calls a tool once and then says what came back."""

    def answer(messages, info):
        for part in messages[-1].parts:
            if isinstance(part, ToolReturnPart):
                return ModelResponse(parts=[TextPart(f"it said {part.content}")])
            if part.part_kind == "retry-prompt":
                return ModelResponse(parts=[TextPart("gave up")])
        return ModelResponse(parts=[ToolCallPart(tool, arguments)])

    return FunctionModel(answer)


def test_the_model_is_told_what_was_recalled_beside_its_own_instructions(tmp_path):
    seen = []

    def answer(messages, info):
        seen.append(messages[-1].instructions)
        return ModelResponse(parts=[TextPart("done")])

    async def use(bank, capability, tasks):
        agent = Agent(FunctionModel(answer), instructions="Be brief.", capabilities=[capability])
        await agent.run("add a login to the api")
        await agent.run("bake a sourdough bread with rye")

    remembering(tmp_path, use)

    assert "Be brief." in seen[0]
    assert "Write the failing test first." in seen[0]
    assert seen[1].strip() == "Be brief."


def test_tool_calls_become_steps_and_a_test_of_the_output_the_verdict(tmp_path):
    async def use(bank, capability, tasks):
        agent = Agent(calling("add", a=1, b=2), capabilities=[capability])

        @agent.tool_plain
        def add(a: int, b: int) -> int:
            return a + b

        await agent.run("add a login to the api")
        [task] = tasks
        kept = await bank.get_trajectory(task.learned.trajectory_id)
        assert [(step.action, step.observation) for step in kept.steps] == [
            ('add({"a": 1, "b": 2})', "3"),
            ("(the final answer)", "it said 3"),
        ]
        assert kept.verdict.kind == "success"
        assert kept.verdict.source == "test"
        return (await bank.search_by_category("backend"))[-1]

    pattern = remembering(tmp_path, use, verify=lambda output: "3" in output)

    assert (pattern.uses, pattern.successes, pattern.trust) == (1, 1, "confirmed")


def test_a_tool_that_raises_is_a_step_with_its_error(tmp_path):
    async def use(bank, capability, tasks):
        agent = Agent(calling("look"), capabilities=[capability])

        @agent.tool_plain
        def look() -> str:
            raise ModelRetry("nothing there")

        await agent.run("add a login to the api")
        return tasks[0].steps[0]

    step = remembering(tmp_path, use)

    assert step.action == "look({})"
    assert "nothing there" in step.error


def test_without_a_verdict_the_experience_waits_and_nothing_is_counted(tmp_path):
    async def use(bank, capability, tasks):
        await Agent(TestModel(), capabilities=[capability]).run("add a login to the api")
        [pattern] = await bank.search_by_category("backend")
        assert pattern.uses == 0
        learned = await bank.judge(tasks[0].learned.trajectory_id, success=True, source="human")
        return tasks[0].learned.status, learned.verdict.kind

    assert remembering(tmp_path, use) == ("pending", "success")


def test_a_run_that_raises_is_kept_and_raises_the_same(tmp_path):
    def answer(messages, info):
        raise ZeroDivisionError("planted")

    async def use(bank, capability, tasks):
        with pytest.raises(ZeroDivisionError):
            await Agent(FunctionModel(answer), capabilities=[capability]).run("add a login")
        return tasks[0].steps[-1].error

    assert remembering(tmp_path, use) == "ZeroDivisionError: planted"


def test_runs_at_the_same_time_keep_their_tasks_apart(tmp_path):
    async def use(bank, capability, tasks):
        agent = Agent(calling("echo", text="x"), capabilities=[capability])

        @agent.tool_plain
        async def echo(text: str) -> str:
            await asyncio.sleep(0.01)
            return text

        prompts = [f"add login number {n}" for n in range(5)]
        await asyncio.gather(*(agent.run(prompt) for prompt in prompts))
        assert {task.recall.task_description for task in tasks} == set(prompts)
        return [len(task.steps) for task in tasks]

    assert remembering(tmp_path, use) == [2] * 5


def test_a_prompt_without_text_is_left_alone_and_one_of_parts_is_read(tmp_path):
    async def use(bank, capability, tasks):
        agent = Agent(TestModel(), instructions="Go on.", capabilities=[capability])
        await agent.run(None)
        assert tasks == []
        await agent.run(["add a login", "to the api"])
        return tasks[0].recall.task_description

    assert remembering(tmp_path, use) == "add a login\nto the api"


def test_a_very_long_prompt_or_result_does_not_end_the_run(tmp_path):
    async def use(bank, capability, tasks):
        agent = Agent(calling("look"), capabilities=[capability])

        @agent.tool_plain
        def look() -> str:
            return "\x00" + "x" * 2_000_000 + "the end"

        await agent.run("p" * 100_000)
        return (await bank.get_trajectory(tasks[0].learned.trajectory_id)).steps[0].observation

    observation = remembering(tmp_path, use)

    assert len(observation) < 40_000
    assert observation.endswith("the end")


def test_a_streamed_run_is_remembered_too(tmp_path):
    async def use(bank, capability, tasks):
        agent = Agent(TestModel(custom_output_text="all done"), capabilities=[capability])
        async with agent.run_stream("add a login to the api") as streamed:
            await streamed.get_output()
        return [task.steps[-1].observation for task in tasks]

    assert remembering(tmp_path, use) == ["all done"]
