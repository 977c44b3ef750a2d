"""What belongs to one record alone: the answer it hands in, and the names that are no programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.learning.actions import programs_of
from reasoningbank.learning.generalising import Masks
from reasoningbank.learning.handing_in import answer_of, submission
from reasoningbank.learning.signals import Reading

_ANSWER_CHARACTERS: Final = 300


def masks_of(records: Iterable[tuple[Trajectory, Sequence[Reading]]]) -> Masks:
    """Give the masks of records: an answer is nobody else's, programs are everybody's."""
    answers: list[str] = []
    programs: set[str] = set()
    for trajectory, readings in records:
        given = submission(trajectory).strip()
        answer = answer_of(trajectory, readings)
        if answer is not None:
            answers.append(answer)
        if given and len(given) <= _ANSWER_CHARACTERS and "\n" not in given:
            answers.append(given)
        programs.update(name for one in readings for name in programs_of(one.action.command))
    return Masks(answers, programs)
