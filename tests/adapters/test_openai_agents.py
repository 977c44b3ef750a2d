"""The hooks in runs of the real OpenAI Agents SDK, with a model that answers from a list."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("agents", reason="openai-agents is not installed")

from agents import (
    Agent,
    MaxTurnsExceeded,
    Model,
    ModelResponse,
    RunConfig,
    Runner,
    Usage,
    function_tool,
    set_tracing_disabled,
)
from agents.run import ModelInputData
from openai.types.responses import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

from reasoningbank import AsyncReasoningBank, InvalidInput
from reasoningbank.adapters.openai_agents import ReasoningBankHooks

set_tracing_disabled(disabled=True)


class Listed(Model):
    """Answers with what stands next in a list, and notes what it was told."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.instructions = []

    async def get_response(self, system_instructions, *arguments, **named):
        self.instructions.append(system_instructions)
        return ModelResponse(output=[self.answers.pop(0)], usage=Usage(), response_id=None)

    def stream_response(self, *arguments, **named):
        raise NotImplementedError


def said(text):
    return ResponseOutputMessage(
        id="m",
        type="message",
        role="assistant",
        status="completed",
        content=[ResponseOutputText(text=text, type="output_text", annotations=[])],
    )


def called(name, arguments, call_id="c1"):
    return ResponseFunctionToolCall(
        id=call_id, call_id=call_id, type="function_call", name=name, arguments=arguments
    )


@function_tool
def add(a: int, b: int) -> str:
    """Add two numbers."""
    return str(a + b)


def with_bank(tmp_path, use):
    async def main():
        async with AsyncReasoningBank.open(tmp_path / "b.db") as bank:
            await bank.store_pattern(
                task_description="Add login to the API",
                task_category="backend",
                strategy="Write the failing test first.",
            )
            return await use(bank)

    return asyncio.run(main())


def test_a_run_is_told_what_was_recalled_and_kept_as_an_experience(tmp_path):
    async def use(bank):
        model = Listed(called("add", '{"a": 1, "b": 2}'), said("it is 3"))
        agent = Agent(name="coder", instructions="Be brief.", model=model, tools=[add])
        async with ReasoningBankHooks(bank, "add a login to the api", category="backend") as hooks:
            result = await Runner.run(
                agent, hooks.task_description, hooks=hooks, run_config=hooks.run_config()
            )
            hooks.task.succeed(source="human")
        assert result.final_output == "it is 3"
        assert all(told.startswith("Be brief.\n\n") for told in model.instructions)
        assert all("Write the failing test first." in told for told in model.instructions)
        kept = await bank.get_trajectory(hooks.task.learned.trajectory_id)
        assert [(step.action, step.observation) for step in kept.steps] == [
            ('add({"a": 1, "b": 2})', "3"),
            ("(the final answer)", "it is 3"),
        ]
        return (await bank.search_by_category("backend"))[-1]

    pattern = with_bank(tmp_path, use)

    assert (pattern.uses, pattern.successes, pattern.trust) == (1, 1, "confirmed")


@pytest.mark.parametrize(
    ("verify", "kind"),
    [
        (lambda output: "3" in output, "success"),
        (lambda output: "4" in output, "failure"),
        (lambda output: None, "unknown"),
        (None, "unknown"),
    ],
)
def test_a_test_of_the_output_gives_the_verdict(tmp_path, verify, kind):
    async def use(bank):
        agent = Agent(name="coder", model=Listed(said("it is 3")))
        async with ReasoningBankHooks(bank, "add a login", verify=verify) as hooks:
            await Runner.run(agent, "add a login", hooks=hooks, run_config=hooks.run_config())
        return (await bank.get_trajectory(hooks.task.learned.trajectory_id)).verdict.kind

    assert with_bank(tmp_path, use) == kind


def test_an_agent_handed_the_task_gets_the_block_too(tmp_path):
    async def use(bank):
        second = Listed(said("done"))
        first = Listed(called("transfer_to_fixer", "{}"))
        fixer = Agent(name="fixer", instructions="Fix it.", model=second)
        agent = Agent(name="triage", model=first, handoffs=[fixer])
        async with ReasoningBankHooks(bank, "add a login to the api") as hooks:
            await Runner.run(agent, "x", hooks=hooks, run_config=hooks.run_config())
        assert "Write the failing test first." in first.instructions[0]
        assert "Write the failing test first." in second.instructions[0]
        return [step.action for step in hooks.task.steps]

    assert with_bank(tmp_path, use) == ["hand off from triage to fixer", "(the final answer)"]


def test_a_run_that_raises_is_kept_with_what_it_raised(tmp_path):
    async def use(bank):
        agent = Agent(name="coder", model=Listed(called("add", '{"a": 1, "b": 2}')), tools=[add])
        hooks = ReasoningBankHooks(bank, "add a login")
        with pytest.raises(MaxTurnsExceeded):
            async with hooks:
                await Runner.run(
                    agent, "x", hooks=hooks, run_config=hooks.run_config(), max_turns=1
                )
        return (await bank.get_trajectory(hooks.task.learned.trajectory_id)).steps

    steps = with_bank(tmp_path, use)

    assert steps[0].observation == "3"
    assert "MaxTurnsExceeded" in steps[-1].error


@pytest.mark.parametrize("awaited", [False, True])
def test_a_filter_of_the_callers_own_is_applied_first(tmp_path, awaited):
    def shout(data):
        changed = ModelInputData(input=data.model_data.input, instructions="SHOUT.")
        if not awaited:
            return changed

        async def later():
            return changed

        return later()

    async def use(bank):
        model = Listed(said("done"))
        base = RunConfig(call_model_input_filter=shout, workflow_name="mine")
        async with ReasoningBankHooks(bank, "add a login to the api") as hooks:
            config = hooks.run_config(base)
            await Runner.run(Agent(name="coder", model=model), "x", hooks=hooks, run_config=config)
        return config.workflow_name, model.instructions[0]

    name, told = with_bank(tmp_path, use)

    assert name == "mine"
    assert told.startswith("SHOUT.\n\n")
    assert "Write the failing test first." in told


def test_when_nothing_fits_the_instructions_stay_as_they_were(tmp_path):
    async def use(bank):
        models = [Listed(said("done")), Listed(said("done"))]
        async with ReasoningBankHooks(bank, "bake a sourdough bread with rye") as hooks:
            for model, text in zip(models, ["Be brief.", None], strict=True):
                agent = Agent(name="coder", instructions=text, model=model)
                await Runner.run(agent, "x", hooks=hooks, run_config=hooks.run_config())
        return [model.instructions for model in models]

    assert with_bank(tmp_path, use) == [["Be brief."], [None]]


def test_hooks_that_were_not_entered_or_have_no_task_say_so(tmp_path):
    async def use(bank):
        with pytest.raises(RuntimeError, match="async with"):
            ReasoningBankHooks(bank, "x").run_config()
        with pytest.raises(InvalidInput) as caught:
            async with ReasoningBankHooks(bank, " "):
                pass
        return caught.value.field

    assert with_bank(tmp_path, use) == "task_description"
