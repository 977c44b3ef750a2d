"""Hooks for the OpenAI Agents SDK: a run begins with what was recalled and ends as an experience."""

from __future__ import annotations

import time
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.adapters.run_notes import Verify, note_call, note_end, task_text
from reasoningbank.bank import AsyncReasoningBank
from reasoningbank.bank.task import Task

try:
    from agents import Agent, RunConfig, RunContextWrapper, RunHooks, Tool
    from agents.run import CallModelData, ModelInputData
except ImportError as error:
    raise framework_missing("openai_agents", error) from error

if TYPE_CHECKING:
    from typing_extensions import Self


class ReasoningBankHooks(RunHooks[Any]):
    """Give one run of the OpenAI Agents SDK a memory: enter it, run with it, say how it went.

    The recalled block follows the instructions of whichever agent is at work, so it reaches the
    agents of a handoff too. Tool calls are noted as steps. Without a verdict the experience stays
    pending. A run that raises is kept with what it raised.

    >>> import asyncio
    >>> from reasoningbank import AsyncReasoningBank
    >>> async def main() -> str:
    ...     async with AsyncReasoningBank.open("memory:") as bank:
    ...         async with ReasoningBankHooks(bank, "Add a login", category="backend") as hooks:
    ...             config = hooks.run_config()
    ...             # result = await Runner.run(agent, "Add a login", hooks=hooks, run_config=config)
    ...             hooks.task.succeed(source="human")
    ...         return hooks.task.learned.verdict.kind
    >>> asyncio.run(main())
    'success'

    Args:
        bank: What is recalled from and learned into.
        task_description: The task, as it is given to the agent.
        category: The kind of task.
        k: Items recalled at most.
        verify: A test of the run's output: True, False, or None when it cannot tell. What it says
            is the verdict, with the source ``test``.
    """

    def __init__(
        self,
        bank: AsyncReasoningBank,
        task_description: str,
        *,
        category: str = "general",
        k: int = 3,
        verify: Verify | None = None,
    ) -> None:
        self.task_description = task_description
        self._context = bank.task(task_text(task_description), category=category, k=k)
        self._verify = verify
        self._task: Task | None = None
        self._begun: dict[str, float] = {}

    @property
    def task(self) -> Task:
        """The task of this run: for a verdict, further steps, and what was learned."""
        if self._task is None:
            message = "enter the hooks with `async with` before running with them"
            raise RuntimeError(message)
        return self._task

    async def __aenter__(self) -> Self:
        self._task = await self._context.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._context.__aexit__(kind, error, trace)

    def run_config(self, base: RunConfig | None = None) -> RunConfig:
        """Give a run configuration under which the model gets the recalled block.

        Args:
            base: Your own; its `call_model_input_filter` is applied first.
        """
        given = base or RunConfig()
        before = given.call_model_input_filter
        prompt = self.task.prompt

        async def with_block(data: CallModelData[Any]) -> ModelInputData:
            model_data = data.model_data
            if before is not None:
                filtered = before(data)
                model_data = filtered if isinstance(filtered, ModelInputData) else await filtered
            parts = [part for part in (model_data.instructions, prompt) if part]
            return replace(model_data, instructions="\n\n".join(parts) or None)

        return replace(given, call_model_input_filter=with_block)

    async def on_tool_start(
        self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool
    ) -> None:
        """Note when a tool was called."""
        self._begun[_call_id(context, tool)] = time.monotonic()

    async def on_tool_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], tool: Tool, result: object
    ) -> None:
        """Note the call of a tool and what came back."""
        begun = self._begun.pop(_call_id(context, tool), None)
        note_call(
            self.task,
            tool.name,
            str(getattr(context, "tool_arguments", "")),
            result=result,
            duration_seconds=None if begun is None else time.monotonic() - begun,
        )

    async def on_handoff(
        self, context: RunContextWrapper[Any], from_agent: Agent[Any], to_agent: Agent[Any]
    ) -> None:
        """Note that another agent goes on with the task."""
        self.task.step(f"hand off from {from_agent.name} to {to_agent.name}")

    async def on_agent_end(
        self, context: RunContextWrapper[Any], agent: Agent[Any], output: object
    ) -> None:
        """Note the answer, and the verdict where a test gives one."""
        note_end(self.task, output, self._verify)


def _call_id(context: RunContextWrapper[Any], tool: Tool) -> str:
    return str(getattr(context, "tool_call_id", tool.name))
