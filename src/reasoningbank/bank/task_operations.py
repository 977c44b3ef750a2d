"""Doing a task with the bank: recall in, learning out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from reasoningbank.bank.learning_operations import LearningOperations
from reasoningbank.bank.outcome_operations import OutcomeOperations
from reasoningbank.bank.recall_operations import DEFAULT_TOKEN_BUDGET, RecallOperations
from reasoningbank.bank.task import Task
from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.domain.recall import Recall

if TYPE_CHECKING:
    from typing import Concatenate

    from typing_extensions import ParamSpec

    Parameters = ParamSpec("Parameters")

Value = TypeVar("Value")

DEFAULT_CATEGORY = "general"


class Ran(Generic[Value]):
    """What came of running a task: the value returned, and the task with what was learned."""

    def __init__(self, value: Value, task: Task) -> None:
        self.value = value
        self.task = task


class TaskOperations(RecallOperations, LearningOperations, OutcomeOperations):
    """Wrap a task so that the agent recalls before it and learns after it."""

    def task(
        self,
        task_description: str,
        *,
        category: str = DEFAULT_CATEGORY,
        k: int = 3,
        experiences: int = 1,
        token_budget: int = DEFAULT_TOKEN_BUDGET,
    ) -> TaskContext:
        """Give a `Task` to work in, as a context manager; leaving it learns from what was done.

        Without a verdict the experience stays pending, and no counter moves. An exception is noted
        as a step and raised again; it is a failure only if `Task.fail` said so.

        Args:
            task_description: The task, as it is given to the agent.
            category: The kind of task; what is recalled is not limited to it.
            k: Items recalled at most, as for `recall`.
            experiences: Groups recalled at most, as for `recall`.
            token_budget: Bound of the prompt block, as for `recall`.
        """
        recalled = partial(
            self.recall, task_description, k=k, experiences=experiences, token_budget=token_budget
        )
        return TaskContext(self, recalled, category)

    def run(
        self,
        task_description: str,
        attempt: Callable[[Task], Value],
        *,
        category: str = DEFAULT_CATEGORY,
        verify: Callable[[Value], bool] | None = None,
    ) -> Ran[Value]:
        """Run `attempt` inside a `task` and give what it returned, and the task.

        Args:
            task_description: The task.
            attempt: Does it; may note steps and end the task.
            category: The kind of task.
            verify: A test of the value; what it says is the verdict, with source ``test``.
        """
        with self.task(task_description, category=category) as task:
            value = attempt(task)
            if verify is not None:
                (task.succeed if verify(value) else task.fail)(source="test")
        return Ran(value, task)

    def remembering(
        self, *, category: str = DEFAULT_CATEGORY
    ) -> Callable[
        [Callable[Concatenate[Task, str, Parameters], Value]],
        Callable[Concatenate[str, Parameters], Value],
    ]:
        """Decorate a function that does tasks: called with a description, it is given a `Task` too."""

        def decorate(
            function: Callable[Concatenate[Task, str, Parameters], Value],
        ) -> Callable[Concatenate[str, Parameters], Value]:
            def doing(
                task_description: str, /, *arguments: Parameters.args, **named: Parameters.kwargs
            ) -> Value:
                with self.task(task_description, category=category) as task:
                    return function(task, task_description, *arguments, **named)

            return wraps(function)(doing)

        return decorate

    def _finish(self, task: Task) -> None:
        """Keep the experience, learn from it, and count the outcome for what was recalled."""
        task.learned = self.learn(task.trajectory())
        verdict = task.verdict
        if verdict is not None and verdict.score is not None and task.recall.recorded:
            self.record_outcome(
                recall=task.recall.id,
                used=task.credited,
                score=verdict.score,
                source=verdict.source,
                evidence=verdict.evidence,
            )

    def _finish_after(self, task: Task, error: BaseException) -> None:
        """Keep the experience of a task that raised, without hiding what it raised."""
        task.interrupted(error)
        try:
            self._finish(task)
        except ReasoningBankError as failure:
            if hasattr(error, "add_note"):  # Python 3.11
                error.add_note(f"The experience could not be kept: {failure}")


class TaskContext:
    """A task for the length of a ``with`` block; made by `ReasoningBank.task`."""

    def __init__(self, bank: TaskOperations, recall: Callable[[], Recall], category: str) -> None:
        self._bank = bank
        self._recall = recall
        self._category = category

    def __enter__(self) -> Task:
        self._task = Task(self._recall(), self._category)
        return self._task

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._bank._finish(self._task)  # noqa: SLF001 - two halves of one thing
        else:
            self._bank._finish_after(self._task, error)  # noqa: SLF001
