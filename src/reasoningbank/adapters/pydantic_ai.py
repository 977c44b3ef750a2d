"""A Pydantic AI capability: an agent's runs begin with what was recalled and end as experiences."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reasoningbank.adapters.missing_framework import framework_missing
from reasoningbank.adapters.run_notes import Verify, note_call, note_end, task_text
from reasoningbank.bank import AsyncReasoningBank
from reasoningbank.bank.task import Task

try:
    from pydantic_ai.capabilities import (
        AbstractCapability,
        ValidatedToolArgs,
        WrapRunHandler,
        WrapToolExecuteHandler,
    )
    from pydantic_ai.exceptions import ApprovalRequired, CallDeferred
    from pydantic_ai.messages import ToolCallPart
    from pydantic_ai.run import AgentRunResult
    from pydantic_ai.tools import AgentDepsT, RunContext, ToolDefinition
except ImportError as error:
    raise framework_missing("pydantic_ai", error) from error


@dataclass
class ReasoningBankCapability(AbstractCapability[AgentDepsT]):
    """Give a Pydantic AI agent a memory: recall goes into its instructions, its runs become experiences.

    Tool calls are noted as steps. Without `verify` or a verdict in `finished` the experience stays
    pending, for `AsyncReasoningBank.judge`. A run without a text to recall for is left alone.
    Each run has a task of its own, so runs of one agent may go on at the same time.

    >>> import asyncio
    >>> from pydantic_ai import Agent
    >>> from pydantic_ai.models.test import TestModel
    >>> from reasoningbank import AsyncReasoningBank
    >>> async def main() -> str:
    ...     async with AsyncReasoningBank.open("memory:") as bank:
    ...         await bank.store_pattern(
    ...             task_description="Add login", task_category="backend", strategy="Test first."
    ...         )
    ...         model = TestModel(custom_output_text="done")
    ...         memory = ReasoningBankCapability(bank, verify=lambda output: output == "done")
    ...         await Agent(model, capabilities=[memory]).run("add a login")
    ...         [pattern] = await bank.search_by_category("backend")
    ...         return f"{pattern.successes} of {pattern.uses}, {pattern.trust}"
    >>> asyncio.run(main())
    '1 of 1, confirmed'

    Args:
        bank: What is recalled from and learned into.
        category: The kind of task.
        k: Items recalled at most.
        verify: A test of a run's output: True, False, or None when it cannot tell. What it says is
            the verdict, with the source ``test``.
        finished: Called with the task once its experience is kept.
    """

    bank: AsyncReasoningBank
    category: str = "general"
    k: int = 3
    verify: Verify | None = None
    finished: Callable[[Task], None] | None = None
    _task: Task | None = field(default=None, init=False, repr=False, compare=False)

    async def for_run(self, ctx: RunContext[AgentDepsT]) -> AbstractCapability[AgentDepsT]:
        """Give the capability of one run, which has a task of its own."""
        return replace(self)

    def get_instructions(self) -> Callable[[RunContext[AgentDepsT]], str]:
        """Give what puts the recalled block into the instructions."""

        def recalled(_context: RunContext[AgentDepsT]) -> str:
            return "" if self._task is None else self._task.prompt

        return recalled

    async def wrap_run(
        self, ctx: RunContext[AgentDepsT], *, handler: WrapRunHandler
    ) -> AgentRunResult[Any]:
        """Recall before a run, and keep it as an experience after it."""
        about = task_text(_text_of(ctx.prompt))
        if not about:
            return await handler()
        try:
            async with self.bank.task(about, category=self.category, k=self.k) as task:
                self._task = task
                result = await handler()
                note_end(task, result.output, self.verify)
        finally:
            done, self._task = self._task, None
            if self.finished is not None and done is not None and done.learned is not None:
                self.finished(done)
        return result

    async def wrap_tool_execute(
        self,
        ctx: RunContext[AgentDepsT],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,
        args: ValidatedToolArgs,
        handler: WrapToolExecuteHandler,
    ) -> Any:
        """Note a call of a tool as a step."""
        task = self._task
        if task is None:
            return await handler(args)
        given = json.dumps(args, default=str, ensure_ascii=False)
        begun = time.monotonic()
        try:
            result = await handler(args)
        except (ApprovalRequired, CallDeferred):
            raise  # nothing was done yet
        except Exception as error:
            note_call(task, call.tool_name, given, error=error)
            raise
        note_call(
            task,
            call.tool_name,
            given,
            result=result,
            duration_seconds=time.monotonic() - begun,
        )
        return result


def _text_of(prompt: object) -> str:
    """Give the text of a prompt, which may hold pictures and the like beside it."""
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, (list, tuple)):
        return "\n".join(part for part in prompt if isinstance(part, str))
    return ""
