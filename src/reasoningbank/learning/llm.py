"""A judge and a distiller that ask a large language model."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reasoningbank.domain.lesson import Distillation, Judgement, Lesson
from reasoningbank.domain.trajectory import Trajectory, Verdict
from reasoningbank.learning.answers import contrast_from, lessons_from, verdict_from
from reasoningbank.learning.llm_access import Asked, LlmAccess
from reasoningbank.learning.material import attempts_of, material_of
from reasoningbank.learning.prompts import (
    CONTRAST,
    CONTRAST_SCHEMA,
    JUDGE,
    JUDGEMENT_SCHEMA,
    LESSONS_SCHEMA,
    distilling,
)

__all__ = ["LlmAccess", "LlmDistiller", "LlmJudge"]


class LlmJudge:
    """Has a model say how a task ended, from its steps.

    Its verdicts carry the source ``agent``: no more trust than that of an agent judging itself.
    What a model reads was written by others, and no wording makes it immune to being talked into
    a verdict; give an external signal where there is one.

    Args:
        access: The model and its limits.
    """

    def __init__(self, access: LlmAccess) -> None:
        self._access = access

    def judge(self, trajectory: Trajectory) -> Judgement:
        """Give the model's verdict, or a note when there is no usable answer. Never raises."""
        self._access.begin(trajectory.id)
        asked = self._access.ask(
            trajectory.id, JUDGE, material_of(trajectory), JUDGEMENT_SCHEMA, verdict_from
        )
        if asked.value is None or asked.value.kind == "unknown":
            self._access.begin(trajectory.id)  # nothing follows: its turn is over
        if asked.value is None:
            return Judgement(verdict=None, note=f"not judged: {asked.note}", usage=asked.usage)
        verdict = self._signed(asked.value)
        note = None
        if verdict.kind == "unknown":
            note = f"the model cannot tell how it ended: {' '.join(verdict.reasons)}"
        return Judgement(verdict=verdict, note=note, usage=asked.usage)

    def _signed(self, verdict: Verdict) -> Verdict:
        return msgspec.structs.replace(verdict, evidence={"judged_by": self._access.name})


class LlmDistiller:
    """Has a model find what an experience teaches.

    Args:
        access: The model and its limits; the same as the judge's, so that they count together.
    """

    def __init__(self, access: LlmAccess) -> None:
        self._access = access

    def distil(self, trajectory: Trajectory) -> Distillation:
        """Give at most three lessons, or a note when there is none. Never raises."""
        kind = "unknown" if trajectory.verdict is None else trajectory.verdict.kind
        asked = self._access.ask(
            trajectory.id,
            distilling(kind),
            material_of(trajectory),
            LESSONS_SCHEMA,
            lessons_from,
        )
        # This ends the experience's turn: when it is tried again, calls count anew.
        self._access.begin(trajectory.id)
        return _distillation(asked)

    def contrast(self, trajectories: Sequence[Trajectory]) -> Distillation:
        """Give at most three lessons of comparing attempts at one task, asked for all at once.

        The request counts as the first attempt's, and anew: what judging them took was theirs.
        """
        first = trajectories[0].id
        self._access.begin(first)
        asked = self._access.ask(
            first,
            CONTRAST,
            attempts_of(trajectories),
            CONTRAST_SCHEMA,
            lambda answer: contrast_from(answer, len(trajectories)),
        )
        for one in trajectories:
            self._access.begin(one.id)
        return _distillation(asked)


def _distillation(asked: Asked[tuple[Lesson, ...]]) -> Distillation:
    if asked.value is None:
        return Distillation(lessons=(), note=f"not distilled: {asked.note}", usage=asked.usage)
    if asked.value:
        return Distillation(lessons=asked.value, usage=asked.usage)
    # Asked again it would say the same, at the same price.
    return Distillation(
        lessons=(),
        note="the model found nothing worth keeping",
        usage=asked.usage,
        found_nothing=True,
    )
