"""Reading what a model or a host agent answered: checked by the schema, scrubbed, and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, cast

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.lesson import Lesson
from reasoningbank.domain.outcome import OutcomeKind, OutcomeSource
from reasoningbank.domain.trajectory import Verdict
from reasoningbank.domain.validation import (
    checked_choice,
    checked_count,
    checked_line,
    checked_number,
    checked_text,
)
from reasoningbank.learning.prompts import (
    MOST_LESSONS,
    MOST_TAGS,
    STRATEGY_CHARACTERS,
    TAG_CHARACTERS,
    TITLE_CHARACTERS,
)
from reasoningbank.learning.scrubbing import scrubbed_text

_LESSON_FIELDS: Final = ("title", "strategy", "tags")
_KINDS: Final = ("success", "partial", "failure", "unknown")
_MOST_REASONS: Final = 3
_REASON_CHARACTERS: Final = 500
# A character is at most four bytes.
_BYTES: Final = 4


def lessons_from(answer: object) -> tuple[Lesson, ...]:
    """Give the lessons of an answer to a distilling prompt, at most `MOST_LESSONS`.

    Lessons beyond that are left out, and so is one that repeats another's strategy.

    Args:
        answer: A mapping as `reasoningbank.learning.prompts.LESSONS_SCHEMA` describes.

    Raises:
        InvalidInput: Naming the field, as in ``lessons[1].strategy``.
    """
    lessons: dict[str, Lesson] = {}
    for at, item in enumerate(_listed(answer)):
        lesson = _lesson(item, f"lessons[{at}]", _LESSON_FIELDS)
        lessons.setdefault(_alike(lesson), lesson)
    return tuple(lessons.values())


def contrast_from(answer: object, attempts: int) -> tuple[Lesson, ...]:
    """Give the lessons of an answer to the contrasting prompt, each with the attempts that show it.

    Args:
        answer: A mapping as `reasoningbank.learning.prompts.CONTRAST_SCHEMA` describes.
        attempts: How many were compared.

    Raises:
        InvalidInput: Naming the field, as in ``lessons[1].attempts[0]``.
    """
    lessons: dict[str, Lesson] = {}
    for at, item in enumerate(_listed(answer)):
        place = f"lessons[{at}]"
        lesson = _lesson(item, place, (*_LESSON_FIELDS, "attempts"))
        numbers = _object(item, place, (*_LESSON_FIELDS, "attempts")).get("attempts", ())
        if not isinstance(numbers, (list, tuple)):
            raise InvalidInput(
                f"must be a list, not {type(numbers).__name__}", field=f"{place}.attempts"
            )
        shown_by = {
            checked_count(number, f"{place}.attempts[{position}]", high=attempts)
            for position, number in enumerate(numbers)
        }
        lessons.setdefault(
            _alike(lesson), msgspec.structs.replace(lesson, shown_by=tuple(sorted(shown_by)))
        )
    return tuple(lessons.values())


def _listed(answer: object) -> Sequence[object]:
    given = _object(answer, "answer", ("lessons",))
    if "lessons" not in given:
        raise InvalidInput("is missing", field="lessons")
    listed = given["lessons"]
    if not isinstance(listed, (list, tuple)):
        raise InvalidInput(f"must be a list, not {type(listed).__name__}", field="lessons")
    return listed[:MOST_LESSONS]


def _alike(lesson: Lesson) -> str:
    """Give the strategy as it is compared with others."""
    return " ".join(lesson.strategy.lower().split())


def verdict_from(answer: object, source: OutcomeSource = "agent") -> Verdict:
    """Give the verdict of an answer to the judging prompt.

    Args:
        answer: A mapping as `reasoningbank.learning.prompts.JUDGEMENT_SCHEMA` describes.
        source: Who says so; a model that reads the record is ``agent``.

    Raises:
        InvalidInput: Naming the field.
    """
    given = _object(answer, "answer", ("verdict", "score", "reasons"))
    kind = cast("OutcomeKind", checked_choice(given.get("verdict"), "verdict", _KINDS))
    listed = given.get("reasons")
    if not isinstance(listed, (list, tuple)) or not listed:
        raise InvalidInput("must be a list of one to three texts", field="reasons")
    return Verdict(
        kind=kind,
        score=_score(kind, given.get("score")),
        source=source,
        reasons=tuple(
            _scrubbed_line(reason, f"reasons[{at}]", _REASON_CHARACTERS)
            for at, reason in enumerate(listed[:_MOST_REASONS])
        ),
    )


def _score(kind: OutcomeKind, given: object) -> float | None:
    if kind == "unknown":
        return None
    if kind != "partial":
        return 1.0 if kind == "success" else 0.0
    if given is None:
        raise InvalidInput("must be given for a partial success", field="score")
    score = checked_number(given, "score", 0.0, 1.0)
    if score in {0.0, 1.0}:
        raise InvalidInput(f"is {score}, which is not partial", field="score")
    return score


def _lesson(item: object, place: str, known: tuple[str, ...]) -> Lesson:
    given = _object(item, place, known)
    for required in ("title", "strategy"):
        if required not in given:
            raise InvalidInput("is missing", field=f"{place}.{required}")
    strategy = checked_text(
        given["strategy"], f"{place}.strategy", STRATEGY_CHARACTERS * _BYTES
    ).strip()
    if len(strategy) > STRATEGY_CHARACTERS:
        raise InvalidInput(
            f"has {len(strategy):,} characters; at most {STRATEGY_CHARACTERS:,} are kept",
            field=f"{place}.strategy",
        )
    return Lesson(
        title=_scrubbed_line(given["title"], f"{place}.title", TITLE_CHARACTERS),
        strategy=scrubbed_text(strategy, f"{place}.strategy", []),
        tags=_tags(given.get("tags", ()), f"{place}.tags"),
    )


def _tags(given: object, place: str) -> tuple[str, ...]:
    if not isinstance(given, (list, tuple)):
        raise InvalidInput(f"must be a list, not {type(given).__name__}", field=place)
    tags = {
        _scrubbed_line(tag, f"{place}[{at}]", TAG_CHARACTERS).lower()
        for at, tag in enumerate(given[:MOST_TAGS])
    }
    return tuple(sorted(tags))


def _scrubbed_line(value: object, field: str, characters: int) -> str:
    """Give a text as one line, cut where it is a little too long for what it is."""
    if not isinstance(value, str):
        raise InvalidInput(f"must be text, not {type(value).__name__}", field=field)
    line = checked_line(" ".join(value.split()), field, 16 * characters)
    return scrubbed_text(line, field, [])[:characters].rstrip()


def _object(value: object, field: str, known: tuple[str, ...]) -> dict[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"must be a JSON object, not {type(value).__name__}", field=field)
    for name in value:
        if name not in known:
            raise InvalidInput(
                f"is not part of the answer; known: {', '.join(known)}", field=f"{field}.{name}"
            )
    return dict(value)
