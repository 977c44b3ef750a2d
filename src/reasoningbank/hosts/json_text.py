"""JSON text with its places, so that one value can be changed and every other byte left alone.

Comments and trailing commas are understood, since the settings of several programs hold them. A file
that is not JSON in this sense is refused.
"""

from __future__ import annotations

import json
import re
from typing import Final

import msgspec

from reasoningbank.domain.errors import InvalidInput

_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_SCALAR: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_DEEPEST: Final = 200


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One value and where it stands.

    Args:
        start: Where it begins.
        end: Behind its last character.
        value: What it is.
        items: Its members or elements, in order; none for anything else.
    """

    start: int
    end: int
    value: object
    items: tuple[Item, ...] = ()


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A member of an object or an element of a list, and where it begins."""

    start: int
    key: str | None
    node: Node


def parsed(text: str) -> Node:
    """Give the value that a text holds, with the places of everything in it.

    Raises:
        InvalidInput: For a text that is not JSON, or names a member twice; saying in which line.
    """
    start = _after_blank(text, 0)
    node = _value(text, start, 0)
    end = _after_blank(text, node.end)
    if end != len(text):
        raise _refused(text, end, "something stands behind the end")
    return node


def comma_after(text: str, place: int) -> int | None:
    """Give where the comma behind an item stands, or None."""
    at = _after_blank(text, place)
    return at if text[at : at + 1] == "," else None


def _after_blank(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return place if found is None else found.end()


def _value(text: str, at: int, depth: int) -> Node:
    if depth > _DEEPEST:
        raise _refused(text, at, "it is nested too deeply")
    first = text[at : at + 1]
    if first == "{":
        return _object(text, at, depth)
    if first == "[":
        return _list(text, at, depth)
    string = _STRING.match(text, at)
    found = string or _SCALAR.match(text, at)
    if found is None:
        raise _refused(text, at, "a value is expected")
    try:
        return Node(start=at, end=found.end(), value=json.loads(found.group()))
    except ValueError as error:
        raise _refused(text, at, "a value is expected") from error


def _object(text: str, at: int, depth: int) -> Node:
    items: list[Item] = []
    content: dict[str, object] = {}
    place = _after_blank(text, at + 1)
    while text[place : place + 1] != "}":
        name = _STRING.match(text, place)
        if name is None:
            raise _refused(text, place, "a name in double quotes is expected")
        key = str(_value(text, place, depth).value)
        if key in content:
            raise _refused(text, place, f"{key!r} is there twice")
        colon = _after_blank(text, name.end())
        if text[colon : colon + 1] != ":":
            raise _refused(text, colon, "a colon is expected")
        node = _value(text, _after_blank(text, colon + 1), depth + 1)
        items.append(Item(start=place, key=key, node=node))
        content[key] = node.value
        place = _behind(text, node.end, "}")
    return Node(start=at, end=place + 1, value=content, items=tuple(items))


def _list(text: str, at: int, depth: int) -> Node:
    items: list[Item] = []
    place = _after_blank(text, at + 1)
    while text[place : place + 1] != "]":
        node = _value(text, place, depth + 1)
        items.append(Item(start=place, key=None, node=node))
        place = _behind(text, node.end, "]")
    values = [item.node.value for item in items]
    return Node(start=at, end=place + 1, value=values, items=tuple(items))


def _behind(text: str, place: int, closing: str) -> int:
    """Give where the next item begins, or the end of all of them stands."""
    at = _after_blank(text, place)
    if text[at : at + 1] == ",":
        return _after_blank(text, at + 1)
    if text[at : at + 1] != closing:
        raise _refused(text, at, f"a comma or {closing} is expected")
    return at


def _refused(text: str, at: int, problem: str) -> InvalidInput:
    line = text.count("\n", 0, at) + 1
    return InvalidInput(f"is not JSON: in line {line} {problem}", field="settings")
