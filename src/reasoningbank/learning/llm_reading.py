"""Finding the one JSON object in what a model wrote."""

from __future__ import annotations

import json
from typing import Final, NoReturn

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject

_LONGEST_CHARACTERS: Final = 200_000
# Each brace is tried at most once; a text of nothing but braces must not take all day.
_MOST_TRIES: Final = 64


def object_in(text: str) -> JsonObject:
    r"""Give the JSON object that a text holds, alone or with prose or a code fence around it.

    A text with two different objects is refused rather than guessed at: a model that quotes the
    record it was shown may quote an answer that somebody planted there.

    Raises:
        InvalidInput: When there is no object, when it is cut off or malformed, or when there are
            several.

    >>> object_in('Here it is:\n```json\n{"verdict": "success"}\n```')
    {'verdict': 'success'}
    """
    if not text.strip():
        raise _unreadable("it is empty")
    if len(text) > _LONGEST_CHARACTERS:
        raise _unreadable(f"it has {len(text):,} characters")
    found: list[JsonObject] = []
    at = text.find("{")
    for _ in range(_MOST_TRIES):
        if at < 0:
            break
        end = _end_of_object(text, at, found)
        at = text.find("{", end)
    if not found:
        raise _unreadable("it holds no JSON object")
    if at >= 0 or any(other != found[0] for other in found[1:]):
        raise _unreadable("it holds more than one JSON object")
    return found[0]


def _end_of_object(text: str, at: int, found: list[JsonObject]) -> int:
    """Put the object that begins at a brace into `found`; give where to go on looking."""
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        if text[at + 1 :].lstrip().startswith('"'):
            # An object was begun. What stands inside it is not to be taken for the answer.
            raise _unreadable(f"its JSON is cut off or malformed ({error.msg})") from error
        return at + 1  # a brace in prose
    except RecursionError as error:
        raise _unreadable("its JSON is nested too deeply") from error
    found.append(value)
    return end


def _without_repeats(pairs: list[tuple[str, object]]) -> JsonObject:
    given = dict(pairs)
    if len(given) != len(pairs):
        raise _unreadable("it gives a name twice")
    return given


def _no_constant(name: str) -> NoReturn:
    raise _unreadable(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_without_repeats, parse_constant=_no_constant, strict=False
)


def _unreadable(why: str) -> InvalidInput:
    return InvalidInput(f"cannot be read: {why}", field="answer")
