"""Foreign texts made to fit the limits of a bank, with what was changed kept beside them."""

from __future__ import annotations

import re
from typing import Final

from reasoningbank.domain import limits
from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import PatternInput
from reasoningbank.domain.text import is_blank
from reasoningbank.domain.trajectory import Step, TrajectoryInput, Verdict
from reasoningbank.migration.material import PatternMaterial, Place, TrajectoryMaterial, Unusable
from reasoningbank.migration.values import plain, sound

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]+")
_CUT: Final = " [...]"
_LONGEST_ID: Final = 512


def origin_of(place: Place) -> str:
    """Give where the rows of a program come from, as `withdraw --origin` takes it."""
    return f"migrated from {place.product}"


def pattern_input(material: PatternMaterial, file: str) -> PatternInput:
    """Give what a bank stores of a row.

    Texts beyond a limit are cut, and characters that no text may hold replaced; the text as it was
    stands in ``metadata.original``.

    Raises:
        Unusable: When no text is left.
    """
    original: JsonObject = {}
    task = _text(material.task, "task_description", limits.TASK_DESCRIPTION_BYTES, original)
    strategy = _text(material.strategy, "strategy", limits.STRATEGY_BYTES, original)
    category = _line(material.category, "task_category", limits.CATEGORY_BYTES, original)
    title = None
    if material.title is not None:
        title = _line(material.title, "title", limits.TITLE_BYTES, original)
    if is_blank(task) or is_blank(strategy):
        raise Unusable("holds no visible text")
    tags = _tags(material.tags, original)
    metadata = _metadata(material.metadata, material.place, file, material.claimed)
    if original:
        metadata["original"] = original
    return PatternInput(
        task_description=task,
        task_category=category if not is_blank(category) else "memory",
        strategy=strategy,
        title=None if title is None or is_blank(title) else title,
        success_score=material.score,
        duration_seconds=material.duration,
        tags=tags,
        metadata=metadata,
        source="imported",
        expires_at=material.expires_at,
    )


def trajectory_input(material: TrajectoryMaterial) -> TrajectoryInput:
    """Give what a bank stores of an experience; as for `pattern_input`."""
    original: JsonObject = {}
    task = _text(material.task, "task_description", limits.TASK_DESCRIPTION_BYTES, original)
    category = _line(material.category, "task_category", limits.CATEGORY_BYTES, original)
    if is_blank(task):
        raise Unusable("holds no visible text")
    # Without the name of the file: moved elsewhere, the same experience is still the same.
    metadata = _metadata(material.metadata, material.place, None, {})
    if original:
        metadata["original"] = original
    return TrajectoryInput(
        task_description=task,
        task_category=category if not is_blank(category) else "trajectory",
        steps=tuple(map(_step, material.steps[: limits.STEPS])),
        verdict=None if material.verdict is None else _verdict(material.verdict),
        metadata=metadata,
        origin=origin_of(material.place),
    )


def _metadata(told: object, place: Place, file: str | None, claimed: object) -> JsonObject:
    metadata = plain(dict(told) if not isinstance(told, dict) else told)  # type: ignore[call-overload]
    assert isinstance(metadata, dict)
    provenance: JsonObject = {
        "kind": "migration",
        "origin": origin_of(place),
        "table": sound(place.table),
        "id": sound(place.id)[:_LONGEST_ID],
    }
    if file is not None:
        provenance["file"] = sound(file)
    held = plain(claimed)
    assert isinstance(held, dict)
    if "provenance" in metadata:
        held["provenance"] = metadata.pop("provenance")
    known = {name: value for name, value in held.items() if value is not None}
    if known:
        provenance["claimed"] = known
    return {**metadata, "provenance": provenance}


def _text(value: str, field: str, limit: int, original: JsonObject) -> str:
    whole = sound(value)
    fitting = _cut(_CONTROL.sub("\ufffd", whole), limit)
    if fitting != value:
        original[field] = whole
    return fitting


def _line(value: str, field: str, limit: int, original: JsonObject) -> str:
    whole = sound(value)
    fitting = _cut(_BREAKS.sub(" ", whole).strip(), limit)
    if fitting != value.strip():
        original[field] = whole
    return fitting


def _cut(text: str, limit: int) -> str:
    """Give a text of at most `limit` bytes, cut between two characters."""
    if len(text) * 4 <= limit or len(text.encode()) <= limit:
        return text
    return text.encode()[: limit - len(_CUT)].decode("utf-8", "ignore") + _CUT


def _tags(given: tuple[str, ...], original: JsonObject) -> tuple[str, ...]:
    tags: dict[str, None] = {}
    for tag in given:
        fitting = _cut(_BREAKS.sub(" ", sound(tag)).strip(), limits.TAG_BYTES)
        if not is_blank(fitting):
            tags[fitting] = None
    kept = tuple(sorted(tags))[: limits.TAGS]
    if len(kept) < len({tag.strip() for tag in given if tag.strip()}) or set(kept) != {
        tag.strip() for tag in given if tag.strip()
    }:
        original["tags"] = [sound(tag) for tag in given]
    return kept


def _step(step: Step) -> Step:
    texts = {
        name: None
        if (value := getattr(step, name)) is None
        else _cut(sound(value), limits.STEP_TEXT_BYTES)
        for name in ("observation", "error", "thought")
    }
    return Step(
        action=_cut(sound(step.action), limits.STEP_TEXT_BYTES),
        duration_seconds=step.duration_seconds,
        **texts,
    )


def _verdict(verdict: Verdict) -> Verdict:
    reasons = tuple(_cut(sound(reason), limits.REASON_BYTES) for reason in verdict.reasons)
    evidence = plain(verdict.evidence)
    assert isinstance(evidence, dict)
    return Verdict(
        kind=verdict.kind,
        score=verdict.score,
        source="imported",
        evidence=evidence,
        reasons=reasons[: limits.REASONS],
    )
