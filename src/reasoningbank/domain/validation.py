"""The rules every door's input passes once, at the facade."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final, cast, get_args

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import (
    JsonObject,
    check_number,
    check_unicode,
    checked_json_object,
)
from reasoningbank.domain.outcome import OutcomeKind, OutcomeSource
from reasoningbank.domain.pattern import OnDuplicate, PatternInput, Redaction, State
from reasoningbank.domain.redaction import may_hold_secret, redacted_object, redacted_text
from reasoningbank.domain.text import is_blank
from reasoningbank.domain.timestamps import checked_timestamp

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_CONTROL_OR_BREAK: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_INFINITY: Final = float("inf")
_STATES: Final = get_args(State)
_SOURCES: Final = get_args(OutcomeSource)
_ON_DUPLICATE: Final = get_args(OnDuplicate)


def checked_text(value: object, field: str, limit: int) -> str:
    """Give a required text of one or more lines, at most `limit` UTF-8 bytes long."""
    return _text(value, field, limit, _CONTROL)


def checked_line(value: object, field: str, limit: int) -> str:
    """Give a required text of one line, at most `limit` UTF-8 bytes long."""
    return _text(value, field, limit, _CONTROL_OR_BREAK)


def _text(value: object, field: str, limit: int, forbidden: re.Pattern[str]) -> str:
    if type(value) is not str:
        if not isinstance(value, str):
            raise InvalidInput(f"must be text, not {type(value).__name__}", field=field)
        value = str.__str__(value)  # what is derived from text may show itself otherwise
    if not value or value.isspace():
        raise InvalidInput("must not be empty", field=field)
    if value.isascii() and value.isprintable() and len(value) <= limit:
        return value  # most texts end here, at a tenth of the cost of what follows
    check_unicode(value, field)
    size = len(value) if value.isascii() else len(value.encode())
    if size > limit:
        raise InvalidInput(f"has {size:,} bytes; at most {limit:,} are kept", field=field)
    if is_blank(value):
        raise InvalidInput("must not be empty", field=field)
    found = forbidden.search(value)
    if found is not None:
        raise InvalidInput(
            f"holds the control character U+{ord(found.group()):04X} at position {found.start()}",
            field=field,
            hint="Remove it.",
        )
    return value


def checked_number(value: object, field: str, low: float, high: float) -> float:
    """Give a finite number between `low` and `high`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidInput(f"must be a number, not {type(value).__name__}", field=field)
    if isinstance(value, int):
        check_number(value, field)
    if not low <= value <= high:
        upper = "" if high == _INFINITY else f" and at most {high:g}"
        raise InvalidInput(f"is {value}; it must be at least {low:g}{upper}", field=field)
    if value == _INFINITY:
        raise InvalidInput("must be finite", field=field)
    return float(value) + 0.0  # -0.0 becomes 0.0, which is how SQLite would give it back


def checked_count(value: object, field: str, *, low: int = 1, high: int = limits.RESULTS) -> int:
    """Give a whole number between `low` and `high`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"must be a whole number, not {type(value).__name__}", field=field)
    check_number(value, field)
    if not low <= value <= high:
        raise InvalidInput(f"is {value}; it must be from {low:,} to {high:,}", field=field)
    return value


def checked_choice(value: object, field: str, choices: tuple[str, ...]) -> str:
    """Give `value` if it is one of `choices`."""
    if isinstance(value, str) and value in choices:
        return choices[choices.index(value)]
    shown = repr(value[:40]) if isinstance(value, str) else type(value).__name__
    raise InvalidInput(f"is {shown}; it must be one of {', '.join(choices)}", field=field)


def _category(value: object) -> str:
    return checked_line(value, "task_category", limits.CATEGORY_BYTES)


def _description(value: object) -> str:
    return checked_text(value, "task_description", limits.TASK_DESCRIPTION_BYTES)


def _strategy(value: object) -> str:
    return checked_text(value, "strategy", limits.STRATEGY_BYTES)


def _title(value: object) -> str | None:
    return None if value is None else checked_line(value, "title", limits.TITLE_BYTES)


def _success_score(value: object) -> float | None:
    return None if value is None else checked_number(value, "success_score", 0.0, 1.0)


def _duration(value: object) -> float | None:
    return None if value is None else checked_number(value, "duration_seconds", 0.0, _INFINITY)


def _tags(value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise InvalidInput(f"must be a list of texts, not {type(value).__name__}", field="tags")
    if not value:
        return ()
    tags = sorted(
        {checked_line(tag, f"tags[{at}]", limits.TAG_BYTES) for at, tag in enumerate(value)}
    )
    if len(tags) > limits.TAGS:
        raise InvalidInput(f"has {len(tags)} entries; at most {limits.TAGS} are kept", field="tags")
    return tuple(tags)


def _metadata(value: object) -> JsonObject:
    return checked_json_object(value, "metadata", limits.METADATA_BYTES)


def _expires_at(value: object) -> str | None:
    return None if value is None else checked_timestamp(value, "expires_at")


def _state(value: object) -> str:
    return checked_choice(value, "state", _STATES)


def checked_source(value: object) -> OutcomeSource:
    """Give `value` if it names an outcome source."""
    return cast("OutcomeSource", checked_choice(value, "source", _SOURCES))


def checked_on_duplicate(value: object) -> OnDuplicate:
    """Give `value` if it says what to do with a duplicate."""
    return cast("OnDuplicate", checked_choice(value, "on_duplicate", _ON_DUPLICATE))


_INPUT_CHECKS: Final[Mapping[str, Callable[[object], object]]] = {
    "task_description": _description,
    "task_category": _category,
    "strategy": _strategy,
    "title": _title,
    "success_score": _success_score,
    "duration_seconds": _duration,
    "tags": _tags,
    "metadata": _metadata,
    "source": checked_source,
    "expires_at": _expires_at,
}
_CHANGE_CHECKS: Final[Mapping[str, Callable[[object], object]]] = {
    **{name: check for name, check in _INPUT_CHECKS.items() if name != "source"},
    "state": _state,
}


def pattern_input(fields: Mapping[str, object]) -> PatternInput:
    """Give a `PatternInput` from loose fields, refusing unknown ones by name."""
    _refuse_unknown(fields, _INPUT_CHECKS)
    for required in ("task_description", "task_category", "strategy"):
        if required not in fields:
            raise InvalidInput("is missing", field=required)
    return PatternInput(**fields)  # type: ignore[arg-type]  # checked_input looks at every value


def checked_input(given: PatternInput) -> tuple[PatternInput, tuple[Redaction, ...]]:
    """Give the input in its stored form, and the secrets that were taken out of it."""
    found: list[Redaction] = []
    description = _description(given.task_description)
    category = _category(given.task_category)
    strategy = _strategy(given.strategy)
    title = _title(given.title)
    if may_hold_secret((description, category, strategy, title or "")):
        description = redacted_text(description, "task_description", found)
        category = redacted_text(category, "task_category", found)
        strategy = redacted_text(strategy, "strategy", found)
        title = None if title is None else redacted_text(title, "title", found)
    checked = PatternInput(
        task_description=description,
        task_category=category,
        strategy=strategy,
        title=title,
        success_score=_success_score(given.success_score),
        duration_seconds=_duration(given.duration_seconds),
        tags=_redacted("tags", _tags(given.tags), found),  # type: ignore[arg-type]
        metadata=_redacted("metadata", _metadata(given.metadata), found),  # type: ignore[arg-type]
        source=checked_source(given.source),
        expires_at=_expires_at(given.expires_at),
    )
    if found:  # what stands in for a secret may be longer than it
        for name, check in _INPUT_CHECKS.items():
            check(getattr(checked, name))
    return checked, tuple(found)


def checked_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Give fields of a stored pattern in their stored form, secrets and all."""
    return {name: _CHANGE_CHECKS[name](value) for name, value in fields.items()}


def checked_changes(
    changes: Mapping[str, object],
) -> tuple[dict[str, object], tuple[Redaction, ...]]:
    """Give the changed fields in their stored form, and the secrets that were taken out."""
    _refuse_unknown(changes, _CHANGE_CHECKS)
    if not changes:
        raise InvalidInput("names no field to change", field="changes")
    found: list[Redaction] = []
    values = {
        name: _redacted(name, value, found) for name, value in checked_fields(changes).items()
    }
    if found:
        checked_fields(values)
    return values, tuple(found)


def _redacted(name: str, value: object, found: list[Redaction]) -> object:
    if not value:
        return value
    if isinstance(value, str):
        return redacted_text(value, name, found)
    if isinstance(value, dict):
        return redacted_object(value, name, found)
    if isinstance(value, tuple):
        return tuple(sorted({redacted_text(tag, name, found) for tag in value}))
    return value


def _refuse_unknown(fields: Mapping[str, object], known: Mapping[str, object]) -> None:
    for name in fields:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
            raise InvalidInput("is not a field that can be given", field=name, hint=hint)


def checked_query(value: object) -> str:
    """Give the text of a question; unlike stored text it may hold control characters."""
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}", field="task_description")
    if not value or value.isspace():
        raise InvalidInput("must not be empty", field="task_description")
    check_unicode(value, "task_description")
    size = len(value) if value.isascii() else len(value.encode())
    if size > limits.QUERY_BYTES:
        raise InvalidInput(
            f"has {size:,} bytes; at most {limits.QUERY_BYTES:,} are searched for",
            field="task_description",
        )
    if is_blank(value):
        raise InvalidInput("must not be empty", field="task_description")
    return value


def checked_outcome(success: object, score: object) -> tuple[OutcomeKind, float | None]:
    """Give the kind and score of an outcome told as success (True, False, None) or as a score."""
    if score is not None:
        if success is not None:
            raise InvalidInput("must not be given beside success", field="score")
        value = checked_number(score, "score", 0.0, 1.0)
        kind: OutcomeKind = "success" if value == 1 else "failure" if value == 0 else "partial"
        return kind, value
    if success is None:
        return "unknown", None
    if not isinstance(success, bool):
        raise InvalidInput("must be True, False or None", field="success", hint="Or give a score.")
    return ("success", 1.0) if success else ("failure", 0.0)
