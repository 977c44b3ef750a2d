"""From the loose values of a foreign file to steps and tasks that the bank takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject, canonical_json, checked_json_object
from reasoningbank.domain.text import is_blank
from reasoningbank.domain.timestamps import checked_timestamp
from reasoningbank.domain.trajectory import Step
from reasoningbank.learning.material import mended_text, shortened

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_BYTES_A_CHARACTER: Final = 4
# Texts of steps are cut to the first of these lengths with which the whole fits.
_CUTS: Final = (limits.STEP_TEXT_BYTES // _BYTES_A_CHARACTER, 16_000, 4_000, 1_000, 250)
_FIRST_STEPS: Final = 1_000
_LAST_STEPS: Final = limits.STEPS - _FIRST_STEPS
_SUBMISSION_CHARACTERS: Final = 20_000
_INTRODUCTION: Final = "Consider the following PR description:"


def text_of(value: object) -> str:
    """Give the text of a value: itself, the texts of a list of message parts, or its JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return mended_text(value)
    if isinstance(value, list):
        return "\n".join(_part_text(part) for part in value)
    return canonical_json(value)


def _part_text(part: object) -> str:
    if not isinstance(part, dict):
        return text_of(part)
    for name in ("text", "content"):
        if isinstance(part.get(name), (str, list)):
            return text_of(part[name])
    kind = part.get("type")
    return f"[{kind}]" if isinstance(kind, str) and kind != "text" else ""


def some_text(value: object) -> str | None:
    """Give the text of a value, or None where there is none to see."""
    text = text_of(value)
    return None if is_blank(text) else text


def seconds_of(value: object) -> float | None:
    """Give a duration, or None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < float("inf") else None


def time_of(value: object) -> str | None:
    """Give a time in its canonical form, or None for what is none."""
    try:
        return checked_timestamp(value, "time")
    except InvalidInput:
        return None


def task_of(text: str) -> str:
    """Give a task description that a pattern may have: no control characters, and not too long."""
    plain = _CONTROL.sub(" ", mended_text(text).replace("\r\n", "\n").replace("\r", "\n"))
    plain = _BLANK_LINES.sub("\n\n", plain).strip()
    return shortened(plain, limits.TASK_DESCRIPTION_BYTES // _BYTES_A_CHARACTER)


def facts(**given: object) -> JsonObject:
    """Give metadata of the values that are there; what is not JSON or far too long is left out."""
    kept: JsonObject = {}
    for name, value in given.items():
        if value is None or value == "":
            continue
        plain = (
            shortened(mended_text(value), _SUBMISSION_CHARACTERS)
            if isinstance(value, str)
            else value
        )
        try:
            checked_json_object({name: plain}, "metadata", limits.METADATA_BYTES // 8)
        except InvalidInput:
            continue
        kept[name] = plain
    return kept


def fitting(steps: Sequence[Step]) -> tuple[tuple[Step, ...], JsonObject]:
    """Give steps within the limits of a trajectory, and what had to be left out for that."""
    left_out = max(len(steps) - limits.STEPS, 0)
    kept = [*steps[:_FIRST_STEPS], *steps[-_LAST_STEPS:]] if left_out else list(steps)
    noted: JsonObject = {"steps_left_out": left_out} if left_out else {}
    for cut in _CUTS:
        short = tuple(_cut(step, cut) for step in kept)
        if len(canonical_json(short)) <= limits.TRAJECTORY_BYTES:
            changed = sum(one != other for one, other in zip(short, kept, strict=True))
            return short, {**noted, "steps_shortened": changed} if changed else noted
    raise InvalidInput("has more text than one experience may have", field="steps")


def _cut(step: Step, characters: int) -> Step:
    changes = {
        name: shortened(text, characters)
        for name in ("action", "observation", "error", "thought")
        if (text := getattr(step, name)) is not None and len(text) > characters
    }
    return msgspec.structs.replace(step, **changes) if changes else step


def between(told: str, begin: str, end: str) -> str:
    """Give what stands between two marks, with the first if it is part of a sentence."""
    start = told.find(begin)
    stop = told.find(end, start + len(begin)) if start >= 0 else -1
    if stop < 0:
        return ""
    whole = begin[-1:].isalpha()
    text = told[start if whole else start + len(begin) : stop].strip()
    return text.removeprefix(_INTRODUCTION).strip()
