"""Putting values into JSON text and taking them out again, with every other byte as it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import same_json
from reasoningbank.hosts.json_text import Item, Node, comma_after, parsed

_USUAL_INDENT: Final = "  "


def with_member(text: str, path: Sequence[str], key: str, value: object) -> str:
    """Give the text with a member in the object at `path`; objects that are missing are made.

    >>> with_member('{"a": 1} // mine', ["servers"], "x", True)
    '{"a": 1, "servers": {"x": true}} // mine'

    Raises:
        InvalidInput: When the text is not JSON, or something else than an object is in the way.
    """
    text = text if text.strip() else "{}\n"
    node, missing = _deepest(parsed(text), path)
    if missing:
        for name in reversed(missing[1:]):
            value, key = {key: value}, name
        value, key = {key: value}, missing[0]
    held = next((item for item in node.items if item.key == key), None)
    if held is not None:
        return _replaced(text, held, value)
    return _inserted(text, node, key, value)


def with_element(
    text: str, path: Sequence[str], value: object, ours: Callable[[object], bool]
) -> str:
    """Give the text with an element in the list at `path`, in the place of one that is ours already.

    Raises:
        InvalidInput: When the text is not JSON, or something else than a list is in the way.
    """
    text = text if text.strip() else "{}\n"
    parent, missing = _deepest(parsed(text), path[:-1])
    held = None if missing else _member(parent, path[-1])
    if held is None:
        return with_member(text, path[:-1], path[-1], [value])
    if not isinstance(held.node.value, list):
        raise _in_the_way(path)
    mine = next((item for item in held.node.items if ours(item.node.value)), None)
    if mine is not None:
        return _replaced(text, mine, value)
    return _inserted(text, held.node, None, value)


def without_member(text: str, path: Sequence[str], key: str) -> str:
    """Give the text without a member; without the objects that this leaves empty, too."""
    node, missing = _deepest(parsed(text), path)
    held = None if missing else _member(node, key)
    if held is None:
        return text
    text = _removed(text, node, held)
    return _without_empty(text, path)


def without_elements(text: str, path: Sequence[str], ours: Callable[[object], bool]) -> str:
    """Give the text without the elements of a list that are ours."""
    while True:
        parent, missing = _deepest(parsed(text), path[:-1])
        held = None if missing else _member(parent, path[-1])
        if held is None:
            return text
        mine = next((item for item in held.node.items if ours(item.node.value)), None)
        if mine is None:
            return text
        text = _removed(text, held.node, mine)
        text = _without_empty(text, path)


def _without_empty(text: str, path: Sequence[str]) -> str:
    if not path:
        return text
    parent, missing = _deepest(parsed(text), path[:-1])
    held = None if missing else _member(parent, path[-1])
    if held is None or held.node.value not in ({}, []):
        return text
    return _without_empty(_removed(text, parent, held), path[:-1])


def _deepest(node: Node, path: Sequence[str]) -> tuple[Node, list[str]]:
    """Give the object at the end of a path, or the last one that is there and the names that are not."""
    for at, name in enumerate(path):
        if not isinstance(node.value, dict):
            raise _in_the_way(path[:at])
        held = _member(node, name)
        if held is None:
            return node, list(path[at:])
        node = held.node
    if not isinstance(node.value, dict):
        raise _in_the_way(path)
    return node, []


def _member(node: Node, key: str) -> Item | None:
    return next((item for item in node.items if item.key == key), None)


def _in_the_way(path: Sequence[str]) -> InvalidInput:
    where = ".".join(path) or "the whole"
    return InvalidInput(
        f"holds something else at {where} than settings have there", field="settings"
    )


def _replaced(text: str, item: Item, value: object) -> str:
    if same_json(item.node.value, value):
        return text
    written = _written(text, value, _indent_at(text, item.start))
    return text[: item.node.start] + written + text[item.node.end :]


def _inserted(text: str, node: Node, key: str | None, value: object) -> str:
    newline = _newline(text)
    name = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
    closing = node.end - 1
    if node.items and "\n" not in text[node.start : node.items[0].start]:
        last = node.items[-1].node.end  # all on one line: so is this
        comma = comma_after(text, last)
        at = last if comma is None else comma + 1
        before = ", " if comma is None else " "
        return text[:at] + before + name + json.dumps(value, ensure_ascii=False) + text[at:]
    outer = _indent_at(text, node.start)
    indent = outer + _unit(text)
    if node.items:
        indent = _indent_at(text, node.items[0].start)
    if not node.items and text[: node.start].strip() and "\n" not in text.strip():
        return text[:closing] + name + json.dumps(value, ensure_ascii=False) + text[closing:]
    body = newline + indent + name + _written(text, value, indent)
    end = len(text[:closing].rstrip())
    tail = text[end:closing]
    if "\n" not in tail:
        tail = newline + outer
    text = text[:end] + body + tail + text[closing:]
    if node.items:
        last = node.items[-1].node.end
        if comma_after(text, last) is None:
            text = text[:last] + "," + text[last:]
    return text


def _removed(text: str, node: Node, item: Item) -> str:
    """Give the text without an item, the comma that parted it, and the line it alone stood on."""
    start = item.start
    while text[start - 1] in " \t":
        start -= 1
    if text[start - 1] == "\n":
        start -= 2 if text[start - 2 : start] == "\r\n" else 1
    end = item.node.end
    comma = comma_after(text, end)
    if comma is not None:
        end = comma + 1
        if start == item.start and text[end : end + 1] == " ":
            end += 1
        return text[:start] + text[end:]
    place = node.items.index(item)
    text = text[:start] + text[end:]
    if place:
        before = comma_after(text, node.items[place - 1].node.end)
        if before is not None:
            text = text[:before] + text[before + 1 :]
    return text


def _written(text: str, value: object, indent: str) -> str:
    """Give a value as JSON over several lines, the first without its indent."""
    written = json.dumps(value, indent=_unit(text), ensure_ascii=False)
    return written.replace("\n", _newline(text) + indent)


def _unit(text: str) -> str:
    """Give by how much the file indents."""
    items = parsed(text).items
    return (_indent_at(text, items[0].start) if items else "") or _USUAL_INDENT


def _indent_at(text: str, place: int) -> str:
    line = text.rfind("\n", 0, place) + 1
    end = line
    while text[end : end + 1] in {" ", "\t"}:
        end += 1
    return text[line:end]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
