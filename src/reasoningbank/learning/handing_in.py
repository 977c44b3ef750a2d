"""Handing in: what was given as the answer, what was said to it, and how the run stopped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.learning.signals import Reading

# The form in which contests ask for an answer: a word, and something in braces.
_BRACED: Final = re.compile(r"\b([A-Za-z]\w{1,20})\{([^\n]{3,200})\}")
_LIMITS: Final = re.compile(
    r"\b(?:exit_(?:total_)?(?:cost|context|format)|limits?_?exceeded|time_?exceeded|max_(?:steps|iterations|turns)"
    r"|step_limit|repeated_?format_?error|budget)",
    re.IGNORECASE,
)
_TROUBLE: Final = re.compile(
    r"environment|api|connection|docker|container|runtime|network|credential|unknown_error|exit_error"
    r"|interrupt|crash|abort",
    re.IGNORECASE,
)
_GAVE_UP: Final = re.compile(r"forfeit|gave_?up|give_?up|early_?exit", re.IGNORECASE)


def handed_in(readings: Sequence[Reading]) -> list[Reading]:
    """Give the steps that handed in an answer, in order."""
    return [one for one in readings if one.action.kind == "submit"]


def exit_status(trajectory: Trajectory) -> str:
    """Give the exit status that the recorder noted, or an empty text."""
    status = trajectory.metadata.get("exit_status")
    return status if isinstance(status, str) else ""


def submission(trajectory: Trajectory) -> str:
    """Give what was handed in, as the recorder noted it, or an empty text."""
    given = trajectory.metadata.get("submission")
    return given if isinstance(given, str) else ""


def stopped_by(trajectory: Trajectory) -> str | None:
    """Give why the run did not end by itself, or None.

    A text that begins with ``trouble`` names what the agent had no part in.
    """
    status = exit_status(trajectory)
    if _TROUBLE.search(status):
        return f"trouble around the agent ended the run: {status}"
    if _LIMITS.search(status):
        return f"the run was cut off: {status}"
    return None


def limit_reached(trajectory: Trajectory) -> str | None:
    """Give the limit that ended a run before anything was handed in, or None."""
    status = exit_status(trajectory)
    if submission(trajectory).strip():
        return None
    if _GAVE_UP.search(status):
        return f"the agent gave up ({status})"
    if _LIMITS.search(status) and not _TROUBLE.search(status):
        return f"the run was cut off before anything was handed in ({status})"
    return None


def answer_of(trajectory: Trajectory, readings: Sequence[Reading]) -> str | None:
    """Give the short answer that was handed in, if it has the form of one, without its word."""
    given = submission(trajectory)
    for one in reversed(handed_in(readings)):
        given = given or one.step.action
    found = _BRACED.findall(given)
    return found[-1][1] if found and "diff --git" not in given else None


def answer_seen(trajectory: Trajectory, readings: Sequence[Reading]) -> Reading | None:
    """Give the step whose output first showed the answer, if the task does not hold it already.

    Only answers in braces count, as contests ask for: that such a text is printed by chance is
    unlikely, while a number or a word would prove nothing.
    """
    answer = answer_of(trajectory, readings)
    if answer is None or answer in trajectory.task_description:
        return None
    return next(
        (one for one in readings if one.action.kind != "submit" and answer in one.output), None
    )
