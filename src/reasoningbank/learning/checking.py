"""The rules an experience passes before it is kept: sizes, types, and nothing that must not stay.

Steps are raw: they may hold the control characters that terminals print. What a pattern will be
made of (the task and its category) obeys the rules of patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, cast, get_args

import msgspec

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import (
    JsonObject,
    canonical_json,
    check_unicode,
    checked_json_object,
    content_fingerprint,
)
from reasoningbank.domain.outcome import OutcomeKind, OutcomeSource
from reasoningbank.domain.pattern import Redaction
from reasoningbank.domain.timestamps import checked_timestamp
from reasoningbank.domain.trajectory import Step, TrajectoryInput, Verdict
from reasoningbank.domain.validation import (
    checked_choice,
    checked_line,
    checked_number,
    checked_outcome,
    checked_source,
    checked_text,
)
from reasoningbank.learning.scrubbing import scrubbed_object, scrubbed_text

_KINDS: Final = get_args(OutcomeKind)
_SECONDS: Final = float("inf")
_TEXTS: Final = ("observation", "error", "thought")


def trajectory_input(fields: Mapping[str, object]) -> TrajectoryInput:
    """Give a `TrajectoryInput` from loose fields, refusing unknown ones by name.

    Raises:
        InvalidInput: Naming the field, as in ``steps[2].action``.
    """
    _refuse_unknown(fields, TrajectoryInput.__struct_fields__, "")
    for required in ("task_description", "task_category", "steps"):
        if required not in fields:
            raise InvalidInput("is missing", field=required)
    given = dict(fields)
    given["steps"] = tuple(
        _step_input(step, f"steps[{at}]") for at, step in enumerate(_list(given["steps"], "steps"))
    )
    if given.get("verdict") is not None:
        given["verdict"] = _verdict_input(given["verdict"])
    return TrajectoryInput(**given)  # type: ignore[arg-type]  # checked_trajectory looks at every value


def as_trajectory_input(given: object) -> TrajectoryInput:
    """Give a `TrajectoryInput` from one, or from a mapping of its fields."""
    if isinstance(given, TrajectoryInput):
        return given
    if isinstance(given, Mapping):
        return trajectory_input(given)
    raise InvalidInput(
        f"must be a TrajectoryInput or a mapping of its fields, not {type(given).__name__}",
        field="trajectory",
    )


def checked_trajectory(given: TrajectoryInput) -> tuple[TrajectoryInput, tuple[Redaction, ...]]:
    """Give the experience in its stored form, and what was taken out of it.

    Raises:
        InvalidInput: Naming the field.
    """
    found: list[Redaction] = []
    checked = TrajectoryInput(
        task_description=_scrubbed(
            checked_text(given.task_description, "task_description", limits.TASK_DESCRIPTION_BYTES),
            "task_description",
            found,
        ),
        task_category=_scrubbed(
            checked_line(given.task_category, "task_category", limits.CATEGORY_BYTES),
            "task_category",
            found,
        ),
        steps=_checked_steps(given.steps, found),
        verdict=None if given.verdict is None else checked_verdict(given.verdict, found),
        metadata=_checked_object(given.metadata, "metadata", limits.METADATA_BYTES, found),
        origin=checked_origin(given.origin),
    )
    if found:  # what stands in for something may be longer than it
        checked_text(checked.task_description, "task_description", limits.TASK_DESCRIPTION_BYTES)
        checked_line(checked.task_category, "task_category", limits.CATEGORY_BYTES)
    return checked, tuple(found)


def checked_origin(value: object) -> str | None:
    """Give where an experience came from: one line, or None."""
    if value is None:
        return None
    return scrubbed_text(checked_line(value, "origin", limits.ORIGIN_BYTES), "origin", [])


def checked_verdict(given: object, found: list[Redaction] | None = None) -> Verdict:
    """Give a verdict whose kind and score agree, without secrets or personal data.

    A success or failure without a score gets 1 or 0.

    Raises:
        InvalidInput: Naming the field, as in ``verdict.score``.
    """
    if not isinstance(given, Verdict):
        raise InvalidInput(f"must be a Verdict, not {type(given).__name__}", field="verdict")
    taken: list[Redaction] = [] if found is None else found
    kind = cast("OutcomeKind", checked_choice(given.kind, "verdict.kind", _KINDS))
    reasons = _list(given.reasons, "verdict.reasons")
    if len(reasons) > limits.REASONS:
        raise InvalidInput(
            f"has {len(reasons)} entries; at most {limits.REASONS} are kept",
            field="verdict.reasons",
        )
    return Verdict(
        kind=kind,
        score=_checked_score(kind, given.score),
        source=_checked_source(given.source),
        evidence=_checked_object(given.evidence, "verdict.evidence", limits.EVIDENCE_BYTES, taken),
        reasons=tuple(
            _scrubbed(
                checked_text(reason, f"verdict.reasons[{at}]", limits.REASON_BYTES),
                f"verdict.reasons[{at}]",
                taken,
            )
            for at, reason in enumerate(reasons)
        ),
    )


def fingerprint_of(checked: TrajectoryInput) -> bytes:
    """Give the hash by which the same experience from the same place is recognised.

    The verdict is left out: learning how it ended does not make it another experience. Nor does
    the way a number is written: what went through another language comes back with 1 for 1.0.
    """
    content: JsonObject = {
        "task_description": checked.task_description,
        "task_category": checked.task_category,
        "steps": msgspec.to_builtins(checked.steps),
        "metadata": checked.metadata,
        "origin": checked.origin,
    }
    return content_fingerprint(content)


def _checked_score(kind: OutcomeKind, score: object) -> float | None:
    if kind == "unknown":
        if score is not None:
            raise InvalidInput("must be None for an unknown outcome", field="verdict.score")
        return None
    if score is None:
        if kind == "partial":
            raise InvalidInput("must be given for a partial success", field="verdict.score")
        return 1.0 if kind == "success" else 0.0
    known, value = checked_outcome(None, checked_number(score, "verdict.score", 0.0, 1.0))
    if known != kind:
        raise InvalidInput(f"is {value:g}, which does not go with {kind}", field="verdict.score")
    return value


def _checked_source(source: object) -> OutcomeSource:
    try:
        return checked_source(source)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="verdict.source") from error


def _checked_steps(steps: object, found: list[Redaction]) -> tuple[Step, ...]:
    listed = _list(steps, "steps")
    if len(listed) > limits.STEPS:
        raise InvalidInput(
            f"has {len(listed):,} entries; at most {limits.STEPS:,} are kept", field="steps"
        )
    checked = tuple(_checked_step(step, f"steps[{at}]", found) for at, step in enumerate(listed))
    size = len(canonical_json(checked))
    if size > limits.TRAJECTORY_BYTES:
        raise InvalidInput(
            f"has {size:,} bytes as JSON; at most {limits.TRAJECTORY_BYTES:,} are kept",
            field="steps",
            hint="Shorten long observations.",
        )
    return checked


def _checked_step(step: object, place: str, found: list[Redaction]) -> Step:
    if not isinstance(step, Step):
        raise InvalidInput(f"must be a Step, not {type(step).__name__}", field=place)
    texts = {name: getattr(step, name) for name in _TEXTS}
    return Step(
        action=_raw_text(step.action, f"{place}.action", found),
        **{
            name: None if value is None else _raw_text(value, f"{place}.{name}", found)
            for name, value in texts.items()
        },
        started_at=(
            None
            if step.started_at is None
            else checked_timestamp(step.started_at, f"{place}.started_at")
        ),
        duration_seconds=(
            None
            if step.duration_seconds is None
            else checked_number(step.duration_seconds, f"{place}.duration_seconds", 0.0, _SECONDS)
        ),
    )


def _raw_text(value: object, place: str, found: list[Redaction]) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}", field=place)
    check_unicode(value, place)
    size = len(value) if value.isascii() else len(value.encode())
    if size > limits.STEP_TEXT_BYTES:
        raise InvalidInput(
            f"has {size:,} bytes; at most {limits.STEP_TEXT_BYTES:,} are kept",
            field=place,
            hint="Keep its beginning and its end.",
        )
    return scrubbed_text(value, place, found)


def _checked_object(value: object, field: str, limit: int, found: list[Redaction]) -> JsonObject:
    before = len(found)
    shown = scrubbed_object(checked_json_object(value, field, limit), field, found)
    return checked_json_object(shown, field, limit) if len(found) > before else shown


def _scrubbed(text: str, field: str, found: list[Redaction]) -> str:
    return scrubbed_text(text, field, found)


def _list(value: object, field: str) -> Sequence[object]:
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(f"must be a list, not {type(value).__name__}", field=field)
    return value


def _step_input(step: object, place: str) -> Step:
    if isinstance(step, Step):
        return step
    if not isinstance(step, Mapping):
        raise InvalidInput(f"must be a JSON object, not {type(step).__name__}", field=place)
    _refuse_unknown(step, Step.__struct_fields__, f"{place}.")
    if "action" not in step:
        raise InvalidInput("is missing", field=f"{place}.action")
    return Step(**step)


def _verdict_input(verdict: object) -> Verdict:
    if isinstance(verdict, Verdict):
        return verdict
    if not isinstance(verdict, Mapping):
        raise InvalidInput(f"must be a JSON object, not {type(verdict).__name__}", field="verdict")
    _refuse_unknown(verdict, Verdict.__struct_fields__, "verdict.")
    for required in ("kind", "source"):
        if required not in verdict:
            raise InvalidInput("is missing", field=f"verdict.{required}")
    return msgspec.structs.replace(
        Verdict(kind="unknown", score=None, source="imported"), **verdict
    )


def _refuse_unknown(fields: Mapping[str, object], known: tuple[str, ...], place: str) -> None:
    for name in fields:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise InvalidInput(
                "is not a field that can be given", field=f"{place}{name}", hint=hint
            )
