"""What a distiller may hand back, and the distiller that leaves the work to somebody else."""

from __future__ import annotations

from typing import Final

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.lesson import Distillation, Lesson
from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.domain.validation import checked_count, checked_line, checked_text
from reasoningbank.learning.material import mended_text, shortened
from reasoningbank.learning.scrubbing import scrubbed_text

_NOTE_CHARACTERS: Final = limits.NOTE_BYTES // 8


class LeftToHost:
    """Leave an experience for a host agent to distil: `learn` keeps and judges it, and no more.

    >>> from reasoningbank import ReasoningBank, TrajectoryInput, Verdict
    >>> given = TrajectoryInput(
    ...     task_description="Make the tests pass",
    ...     task_category="debugging",
    ...     steps=(),
    ...     verdict=Verdict(kind="success", score=1.0, source="test"),
    ... )
    >>> with ReasoningBank.open("memory:") as bank:
    ...     kept = bank.learn(given, distiller=LeftToHost())
    ...     form = bank.distillation_request(kept.trajectory_id)
    ...     answer = {"lessons": [{"title": "Read the error", "strategy": "Read it to its end."}]}
    ...     learned = bank.record_distillation(form.trajectory_id, answer)
    >>> kept.status, learned.status, len(learned.patterns)
    ('pending', 'learned', 1)
    """

    def distil(self, trajectory: Trajectory) -> Distillation:  # noqa: ARG002 - by contract
        """Give no lesson and say who is to find some."""
        return Distillation(lessons=(), note="left to the host agent to distil")


def checked_lessons(given: object) -> tuple[tuple[Lesson, ...], list[str]]:
    """Give the lessons that can be kept, scrubbed, and what is wrong with the others."""
    if not isinstance(given, (list, tuple)):
        return (), [f"the lessons are a {type(given).__name__}, not a list"]
    lessons: list[Lesson] = []
    problems: list[str] = []
    for at, lesson in enumerate(given):
        try:
            lessons.append(_checked_lesson(lesson, f"lessons[{at}]"))
        except InvalidInput as error:
            problems.append(str(error))
    return tuple(lessons), problems


def _checked_lesson(lesson: object, place: str) -> Lesson:
    if not isinstance(lesson, Lesson):
        raise InvalidInput(f"must be a Lesson, not {type(lesson).__name__}", field=place)
    title = checked_line(lesson.title, f"{place}.title", limits.TITLE_BYTES)
    strategy = checked_text(lesson.strategy, f"{place}.strategy", limits.STRATEGY_BYTES)
    if len(lesson.tags) > limits.TAGS:
        raise InvalidInput(f"has {len(lesson.tags)} entries", field=f"{place}.tags")
    tags = tuple(
        checked_line(tag, f"{place}.tags[{at}]", limits.TAG_BYTES)
        for at, tag in enumerate(lesson.tags)
    )
    shown_by = tuple(
        checked_count(number, f"{place}.shown_by[{at}]")
        for at, number in enumerate(lesson.shown_by)
    )
    return Lesson(
        title=scrubbed_text(title, f"{place}.title", []),
        strategy=scrubbed_text(strategy, f"{place}.strategy", []),
        tags=tuple(scrubbed_text(tag, f"{place}.tags", []) for tag in tags),
        shown_by=shown_by,
    )


def clipped_note(text: str) -> str:
    """Give a note that can be kept: without secrets or personal data, and not too long."""
    return shortened(scrubbed_text(mended_text(text), "note", []), _NOTE_CHARACTERS)
