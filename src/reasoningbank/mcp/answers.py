"""Answers of tools: JSON as text, the same as structured content, within a budget of bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import Pattern

PATTERN_URI: Final = "reasoningbank://patterns/"
STATS_URI: Final = "reasoningbank://stats"

_MOST_LEFT_OUT_NAMED: Final = 100
_CUT_MARK: Final = " [cut]"
_SHORTEST_TEXT: Final = 200  # bytes of a text that are always kept


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool answers.

    Args:
        value: What stands in the text content as JSON.
        structured: The structured content: `value` itself, or ``{"result": value}`` where that is
            no object.
        note: A second text that says what was left out, or None.
    """

    value: object
    structured: JsonObject
    note: str | None = None


def object_answer(value: JsonObject) -> Answer:
    """Give an object as it is."""
    return Answer(value=value, structured=value)


def pattern_answer(pattern: Pattern | None, budget: int) -> Answer:
    """Give a pattern, or null.

    In one that is longer than the budget, metadata is left out first and the strategy cut then;
    ``truncated`` names what is not whole, and ``next`` the resource that is.
    """
    if pattern is None:
        return Answer(value=None, structured={"result": None})
    return object_answer(_within(pattern_object(pattern), budget))


def patterns_answer(patterns: Sequence[Pattern], budget: int) -> Answer:
    """Give as many patterns as the budget has room for, the best first.

    Of those left out, ``next`` names the resources.
    """
    shown: list[JsonObject] = []
    room = budget
    for pattern in patterns:
        item = pattern_object(pattern)
        if not shown:
            item = _within(item, budget)
        room -= _size(item) + 1
        if room < 0 and shown:
            break
        shown.append(item)
    left_out = [f"{PATTERN_URI}{pattern.id}" for pattern in patterns[len(shown) :]]
    if not left_out:
        return Answer(value=shown, structured={"result": shown})
    named = left_out[:_MOST_LEFT_OUT_NAMED]
    note = (
        f"{len(left_out)} more did not fit into {budget:,} bytes. Ask for fewer, or read these "
        f"resources: {', '.join(named)}"
    )
    return Answer(
        value=shown, structured={"result": shown, "truncated": True, "next": named}, note=note
    )


def pattern_object(pattern: Pattern) -> JsonObject:
    """Give a pattern as JSON has it."""
    return cast("JsonObject", msgspec.to_builtins(pattern))


def json_text(value: object) -> str:
    """Give the JSON of a value on one line."""
    return msgspec.json.encode(value).decode()


def _size(value: object) -> int:
    return len(msgspec.json.encode(value))


def _within(item: JsonObject, budget: int) -> JsonObject:
    """Give a pattern in at most `budget` bytes, as far as leaving out metadata and text goes."""
    if _size(item) <= budget:
        return item
    truncated: list[str] = []
    short: JsonObject = {
        **item,
        "truncated": truncated,
        "next": f"{PATTERN_URI}{item['id']}",
    }
    if item["metadata"]:
        short["metadata"] = {}
        truncated.append("metadata")
    for name in ("strategy", "task_description"):
        over = _size(short) - budget
        if over > 0:
            text = str(item[name])
            short[name] = _beginning(text, max(_size(text) - over - 32, _SHORTEST_TEXT))
            truncated.append(name)
    return short


def _beginning(text: str, size: int) -> str:
    """Give the longest beginning of a text whose JSON has at most `size` bytes, marked as cut."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _size(text[:middle]) <= size:
            low = middle
        else:
            high = middle - 1
    return text if low == len(text) else text[:low] + _CUT_MARK
