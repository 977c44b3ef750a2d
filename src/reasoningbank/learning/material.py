"""What a model or a host agent is given to judge or distil: scrubbed, and bounded in size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.json_value import JsonObject, canonical_json
from reasoningbank.domain.pattern import Redaction
from reasoningbank.domain.trajectory import Step, Trajectory, Verdict
from reasoningbank.learning.scrubbing import scrubbed_object, scrubbed_text

MATERIAL_CHARACTERS: Final = 32_000
"""About 8,000 tokens: enough for a long experience, and cheap for every model."""

_TASK_CHARACTERS: Final = 4_000
_EVIDENCE_CHARACTERS: Final = 2_000
# Each text of a step is cut to the first of these lengths with which all steps fit; if none does,
# steps in the middle are left out.
_CUTS: Final = (2_000, 1_000, 500, 250)
_FIRST_STEPS: Final = 4


def material_of(trajectory: Trajectory, characters: int = MATERIAL_CHARACTERS) -> JsonObject:
    """Give the task, how it ended and the steps as a JSON object without secrets or personal data.

    Long texts keep their beginning and their end. Where even short pieces of every step would be
    too much, steps between the first ones and the last ones are left out and counted in
    ``steps_left_out``.

    Args:
        trajectory: What to show.
        characters: About how long the object may be as JSON.
    """
    material: JsonObject = {
        "task": shortened(_clean(trajectory.task_description), _TASK_CHARACTERS),
        "category": _clean(trajectory.task_category),
        "outcome": _outcome(trajectory.verdict),
    }
    for cut in _CUTS:
        steps = _steps(trajectory.steps, cut, 0)
        if len(canonical_json(steps)) <= characters:
            return {**material, "steps": steps, "steps_left_out": 0}
    return {**material, **_fitting(trajectory.steps, characters)}


def attempts_of(
    trajectories: Sequence[Trajectory], characters: int = MATERIAL_CHARACTERS
) -> JsonObject:
    """Give several attempts at one task as one object, each with its share of the space."""
    share = max(characters // max(len(trajectories), 1), 2_000)
    return {
        "attempts": [
            {"attempt": number, **material_of(trajectory, share)}
            for number, trajectory in enumerate(trajectories, 1)
        ]
    }


def shortened(text: str, characters: int) -> str:
    """Give the beginning and the end of a text that is longer than `characters`.

    >>> shortened("abcdefghijklmnopqrstuvwxyz" * 4, 60)
    'abcdefghijklmnopqrst [... 64 left out ...] ghijklmnopqrstuvwxyz'
    """
    if len(text) <= characters:
        return text
    half = max((characters - 20) // 2, 10)
    left_out = len(text) - 2 * half
    return f"{text[:half]} [... {left_out} left out ...] {text[-half:]}"


def mended_text(text: str) -> str:
    """Give a text with each lone surrogate replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _outcome(verdict: Verdict | None) -> JsonObject:
    if verdict is None:
        return {"kind": "unknown"}
    found: list[Redaction] = []
    return {
        "kind": verdict.kind,
        "score": verdict.score,
        "told_by": verdict.source,
        "reasons": [shortened(_clean(reason), 500) for reason in verdict.reasons[:10]],
        "evidence": _bounded(scrubbed_object(verdict.evidence, "evidence", found)),
    }


def _bounded(evidence: JsonObject) -> object:
    text = canonical_json(evidence)
    if len(text) <= _EVIDENCE_CHARACTERS:
        return evidence
    return shortened(text, _EVIDENCE_CHARACTERS)


def _fitting(steps: Sequence[Step], characters: int) -> JsonObject:
    """Give the first steps and as many of the last as fit, cut shortest."""
    first = _steps(steps[:_FIRST_STEPS], _CUTS[-1], 0)
    room = characters - len(canonical_json(first))
    last: list[JsonObject] = []
    for number in range(len(steps) - 1, _FIRST_STEPS - 1, -1):
        [shown] = _steps(steps[number : number + 1], _CUTS[-1], number)
        room -= len(canonical_json(shown))
        if room < 0 and last:
            break
        last.append(shown)
    left_out = len(steps) - len(first) - len(last)
    return {"steps": [*first, *reversed(last)], "steps_left_out": left_out}


def _steps(steps: Sequence[Step], cut: int, before: int) -> list[JsonObject]:
    shown: list[JsonObject] = []
    for number, step in enumerate(steps, before + 1):
        texts = {
            "thought": step.thought,
            "action": step.action,
            "observation": step.observation,
            "error": step.error,
        }
        shown.append(
            {
                "number": number,
                **{name: shortened(_clean(text), cut) for name, text in texts.items() if text},
            }
        )
    return shown


def _clean(text: str) -> str:
    return scrubbed_text(text, "", [])
