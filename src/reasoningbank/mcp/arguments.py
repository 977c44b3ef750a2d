"""Arguments of a tool call, checked against the schema the tool declares.

The bank checks values. This checks what the bank never sees because it could not be called:
names that do not exist, what is missing, and values of another type.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final, cast

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject

_NAMES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def checked_arguments(given: Mapping[str, object] | None, schema: JsonObject) -> JsonObject:
    """Give the arguments of a call if the schema allows them.

    Raises:
        InvalidInput: Naming the argument, as in ``trajectory.steps[2].action``.
    """
    arguments: object = {} if given is None else dict(given)
    _check(arguments, schema, "")
    return cast("JsonObject", arguments)


def _check(value: object, schema: JsonObject, place: str) -> None:
    types = schema.get("type", [])
    wanted = [types] if isinstance(types, str) else cast("list[str]", types)
    if wanted and not any(_is(value, one) for one in wanted):
        names = " or ".join(_NAMES[one] for one in wanted)
        raise InvalidInput(f"must be {names}, not {_shown(value)}", field=place or "arguments")
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        raise InvalidInput(
            f"must be one of {', '.join(map(str, choices))}, not {_shown(value)}", field=place
        )
    if isinstance(value, dict):
        _check_object(value, schema, place)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for at, item in enumerate(value):
            _check(item, cast("JsonObject", schema["items"]), f"{place}[{at}]")


def _check_object(value: dict[str, object], schema: JsonObject, place: str) -> None:
    properties = cast("dict[str, JsonObject]", schema.get("properties", {}))
    before = f"{place}." if place else ""
    if schema.get("additionalProperties") is False:
        for name in value:
            if name not in properties:
                near = get_close_matches(name, properties, n=1)
                hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(properties)}."
                raise InvalidInput(
                    "is not an argument",
                    field=f"{before}{name}",
                    hint=hint if properties else "This tool takes none.",
                )
    for name in cast("list[str]", schema.get("required", [])):
        if name not in value:
            raise InvalidInput("is missing", field=f"{before}{name}")
    for name, inner in value.items():
        if name in properties:
            _check(inner, properties[name], f"{before}{name}")


def _is(value: object, type_name: str) -> bool:
    match type_name:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            whole = isinstance(value, float) and value.is_integer()
            return (isinstance(value, int) and not isinstance(value, bool)) or whole
        case "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case _:
            return value is None


def _shown(value: object) -> str:
    """Name what was given: short texts and numbers themselves, the rest by its type."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case str():
            return repr(value) if len(value) <= 40 else "a longer text"  # noqa: PLR2004
        case list():
            return "a list"
        case _:
            return "an object"
