"""What the bank asks of a judge and of a distiller."""

from __future__ import annotations

from collections.abc import Sequence
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


@runtime_checkable
class ContrastingDistiller(Distiller, Protocol):
    """Find what several attempts at one task teach when they are compared.

    >>> from reasoningbank import Distillation, Lesson, ReasoningBank
    >>> class Comparing:
    ...     def distil(self, trajectory):
    ...         return Distillation(lessons=(Lesson(title="Try", strategy="Try it again."),))
    ...
    ...     def contrast(self, trajectories):
    ...         lesson = Lesson(title="Go left", strategy="Go left.", shown_by=(2,))
    ...         return Distillation(lessons=(lesson,))
    >>> def walk(task):
    ...     task.step("go left" if task.attempt == 2 else "go right")
    ...     (task.succeed if task.attempt == 2 else task.fail)(source="environment")
    >>> with ReasoningBank.open("memory:") as bank:
    ...     scaled = bank.scale("Find the door", walk, k=2, distiller=Comparing(), max_workers=1)
    ...     bank.get_pattern(scaled.learned.patterns[0]).strategy
    'Go left.'
    """

    def contrast(self, trajectories: Sequence[Trajectory]) -> Distillation:
        """Give at most three lessons of two or more attempts, each with its verdict.

        ``Lesson.shown_by`` says by their places, from 1, which attempts show it.
        """
