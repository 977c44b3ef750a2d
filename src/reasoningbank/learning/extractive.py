"""Distilling without a model: lessons made of what the record itself shows.

From a success: the errors that were got past and what made the difference, the change that settled
it, the way that led to the answer. From a failure: what was tried, the error it kept meeting, how it
ended, and what was never tried. Reasons are the agent's own sentences, the ones that explain; what
belongs to this record alone is masked. Where a record shows nothing of the kind, there is no lesson.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.lesson import Distillation, Lesson
from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.learning.contrast import contrasted
from reasoningbank.learning.failures import failure_lessons
from reasoningbank.learning.particulars import masks_of
from reasoningbank.learning.phrasing import Phrasing
from reasoningbank.learning.prompts import MOST_LESSONS
from reasoningbank.learning.signals import read_steps
from reasoningbank.learning.successes import success_lessons

_HALF: Final = 0.5


class ExtractiveDistiller:
    """Find what an experience teaches by comparing its failed steps with those that worked.

    >>> from reasoningbank import ReasoningBank, Step, TrajectoryInput, Verdict
    >>> experience = TrajectoryInput(
    ...     task_description="Send the report",
    ...     task_category="forms",
    ...     steps=(
    ...         Step(action="send annual report.pdf", error="send: unknown argument report.pdf"),
    ...         Step(action="send 'annual report.pdf'", observation="sent"),
    ...     ),
    ...     verdict=Verdict(kind="success", score=1.0, source="environment"),
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     learned = bank.learn(experience)
    ...     print(bank.get_pattern(learned.patterns[0]).strategy)
    `send annual FILE.pdf` met `send: unknown argument FILE.pdf`. It worked with the argument in quotes, since it holds spaces.
    """

    def distil(self, trajectory: Trajectory) -> Distillation:
        """Give at most three lessons, none where the record shows nothing to learn."""
        readings = read_steps(trajectory.steps)
        phrasing = Phrasing(masks_of([(trajectory, readings)]))
        score = None if trajectory.verdict is None else trajectory.verdict.score
        if score is not None and score < _HALF:
            found = failure_lessons(readings, phrasing)
        else:
            found = success_lessons(trajectory, readings, phrasing)
        kept: dict[str, Lesson] = {}
        for candidate in sorted(found, key=lambda one: -one.worth):
            kept.setdefault(candidate.lesson.strategy, candidate.lesson)
        note = None if kept else "the steps show no error that was got past, no change and no way"
        return Distillation(lessons=tuple(kept.values())[:MOST_LESSONS], note=note)

    def contrast(self, trajectories: Sequence[Trajectory]) -> Distillation:
        """Give at most three lessons of what set the better attempts at one task apart."""
        return contrasted(trajectories, self.distil)
