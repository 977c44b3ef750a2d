"""What the bank asks of a judge and of a distiller."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from reasoningbank.domain.lesson import Distillation, Judgement
from reasoningbank.domain.trajectory import Trajectory


@runtime_checkable
class Judge(Protocol):
    """Say how a task ended.

    >>> from reasoningbank import Judgement, ReasoningBank, TrajectoryInput, Verdict
    >>> class Lenient:
    ...     def judge(self, trajectory):
    ...         return Judgement(verdict=Verdict(kind="success", score=1.0, source="agent"))
    >>> given = TrajectoryInput(task_description="Try", task_category="c", steps=())
    >>> with ReasoningBank.open("memory:") as bank:
    ...     bank.learn(given, judge=Lenient()).verdict.kind
    'success'
    """

    def judge(self, trajectory: Trajectory) -> Judgement:
        """Give a verdict; ``unknown`` when it cannot be told. Never raises for a bad answer."""


@runtime_checkable
class Distiller(Protocol):
    """Find what a trajectory teaches.

    >>> from reasoningbank import Distillation, Lesson, ReasoningBank, TrajectoryInput, Verdict
    >>> class Terse:
    ...     def distil(self, trajectory):
    ...         return Distillation(lessons=(Lesson(title="Try", strategy="Try it again."),))
    >>> success = Verdict(kind="success", score=1.0, source="test")
    >>> given = TrajectoryInput(
    ...     task_description="Try", task_category="c", steps=(), verdict=success
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     len(bank.learn(given, distiller=Terse()).patterns)
    1
    """

    def distil(self, trajectory: Trajectory) -> Distillation:
        """Give at most three lessons. Never raises for a bad answer.

        With ``found_nothing`` an experience without lessons counts as learned from; without it,
        it waits for another try.
        """
