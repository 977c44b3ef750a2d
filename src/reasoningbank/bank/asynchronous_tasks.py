"""Doing a task with the bank, under asyncio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.bank.recall_operations import DEFAULT_TOKEN_BUDGET
from reasoningbank.bank.task import Task
from reasoningbank.bank.task_operations import DEFAULT_CATEGORY, Ran, TaskContext

if TYPE_CHECKING:
    from typing import Concatenate

    from typing_extensions import ParamSpec

    Parameters = ParamSpec("Parameters")

Value = TypeVar("Value")


class AsyncTaskOperations(AsyncBankCore):
    """See `reasoningbank.bank.task_operations.TaskOperations`."""

    def task(
        self,
        task_description: str,
        *,
        category: str = DEFAULT_CATEGORY,
        k: int = 3,
        experiences: int = 1,
        token_budget: int = DEFAULT_TOKEN_BUDGET,
    ) -> AsyncTaskContext:
        """See `ReasoningBank.task`; enter it with ``async with``. Its steps need no ``await``."""
        context = self._bank.task(
            task_description,
            category=category,
            k=k,
            experiences=experiences,
            token_budget=token_budget,
        )
        return AsyncTaskContext(self, context)

    async def run(
        self,
        task_description: str,
        attempt: Callable[[Task], Awaitable[Value]],
        *,
        category: str = DEFAULT_CATEGORY,
        verify: Callable[[Value], bool] | None = None,
    ) -> Ran[Value]:
        """See `ReasoningBank.run`; `attempt` is awaited."""
        async with self.task(task_description, category=category) as task:
            value = await attempt(task)
            if verify is not None:
                (task.succeed if verify(value) else task.fail)(source="test")
        return Ran(value, task)

    def remembering(
        self, *, category: str = DEFAULT_CATEGORY
    ) -> Callable[
        [Callable[Concatenate[Task, str, Parameters], Awaitable[Value]]],
        Callable[Concatenate[str, Parameters], Awaitable[Value]],
    ]:
        """See `ReasoningBank.remembering`; the function decorated is awaited."""

        def decorate(
            function: Callable[Concatenate[Task, str, Parameters], Awaitable[Value]],
        ) -> Callable[Concatenate[str, Parameters], Awaitable[Value]]:
            async def doing(
                task_description: str, /, *arguments: Parameters.args, **named: Parameters.kwargs
            ) -> Value:
                async with self.task(task_description, category=category) as task:
                    return await function(task, task_description, *arguments, **named)

            return wraps(function)(doing)

        return decorate


class AsyncTaskContext:
    """A task for the length of an ``async with`` block; made by `AsyncReasoningBank.task`."""

    def __init__(self, bank: AsyncTaskOperations, context: TaskContext) -> None:
        self._bank = bank
        self._context = context

    async def __aenter__(self) -> Task:
        return await self._bank._run(self._context.__enter__)  # noqa: SLF001

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        leave = partial(self._context.__exit__, kind, error, trace)
        await self._bank._write(leave)  # noqa: SLF001
