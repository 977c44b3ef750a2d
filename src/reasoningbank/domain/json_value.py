"""I-JSON (RFC 7493): what every JSON reader of every language keeps exactly."""

from __future__ import annotations

import struct
from typing import TypeAlias, cast

import msgspec

from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput

JsonObject: TypeAlias = dict[str, object]
"""A JSON object; its values have been checked by `checked_json_object`."""

_encoder = msgspec.json.Encoder(order="sorted")
_INFINITY = float("inf")


def canonical_json(value: object) -> str:
    """Give the JSON text with sorted keys and no white space.

    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return _encoder.encode(value).decode()


def content_fingerprint(value: JsonObject) -> bytes:
    """Give the SHA-256 of a JSON object by which equal content is known in every language.

    Numbers enter as the hexadecimal of their big-endian double: how a number is written differs
    between JSON writers, and 1 and 1.0 are one number.
    """
    import hashlib  # slow to import, and rarely needed

    return hashlib.sha256(canonical_json(_numbers_as_text(value)).encode()).digest()


def _numbers_as_text(value: object) -> object:
    if isinstance(value, dict):
        return {key: _numbers_as_text(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbers_as_text(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return struct.pack(">d", float(value) + 0.0).hex()


def same_json(first: object, second: object) -> bool:
    """Give whether two JSON values are equal, telling true from 1 as `==` does not.

    >>> same_json({"a": [1, 2.0]}, {"a": (1.0, 2)}), same_json({"a": 1}, {"a": True})
    (True, False)
    """
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            same_json(item, second[key]) for key, item in first.items()
        )
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) == len(second) and all(map(same_json, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    return first == second


def parse_json_object(text: str | bytes, field: str) -> JsonObject:
    """Give the JSON object in `text`; raises `InvalidInput` naming `field` for anything else."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidInput(f"is not JSON: {error}", field=field) from error
    if not isinstance(value, dict):
        raise InvalidInput("must be a JSON object", field=field)
    return cast("JsonObject", value)


def checked_json_object(value: object, field: str, limit: int) -> JsonObject:
    """Give `value` if it is an I-JSON object whose JSON text has at most `limit` bytes.

    Raises:
        InvalidInput: For other types, non-text keys, NaN and infinities, integers beyond
            2^53 - 1, lone surrogates, nesting deeper than 32, or too much text.
    """
    if not isinstance(value, dict):
        raise InvalidInput(f"must be a JSON object, not {type(value).__name__}", field=field)
    if not value:
        return {}
    _check(value, field, limits.METADATA_DEPTH)
    try:
        size = len(_encoder.encode(value))
    except TypeError:  # of a type derived from text or a number, such as numpy.float64
        value = _plain(value)
        size = len(_encoder.encode(value))
    if size > limit:
        raise InvalidInput(f"has {size:,} bytes as JSON; at most {limit:,} are kept", field=field)
    return cast("JsonObject", value)


def _check(value: object, field: str, depth: int) -> None:
    if isinstance(value, (dict, list, tuple)):
        if depth == 0:
            raise InvalidInput(f"is nested deeper than {limits.METADATA_DEPTH} levels", field=field)
        _check_items(value, field, depth - 1)
    elif isinstance(value, str):
        check_unicode(value, field)
    elif isinstance(value, (int, float)):
        check_number(value, field)
    elif value is not None:
        raise InvalidInput(f"holds a {type(value).__name__}, which is not JSON", field=field)


def _check_items(
    value: dict[object, object] | list[object] | tuple[object, ...], field: str, depth: int
) -> None:
    if not isinstance(value, dict):
        for index, item in enumerate(value):
            _check(item, f"{field}[{index}]", depth)
        return
    for key, item in value.items():
        if not isinstance(key, str):
            raise InvalidInput(f"has the key {key!r}; keys must be text", field=field)
        check_unicode(key, field)
        _check(item, f"{field}.{key}", depth)


def _plain(value: object) -> object:
    """Give a checked JSON value in the plain types of JSON."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    return int(value) if isinstance(value, int) else float(value)  # type: ignore[arg-type]


def check_number(value: float, field: str) -> None:
    """Raise `InvalidInput` for NaN, an infinity, or an integer beyond 2^53 - 1."""
    if isinstance(value, float):
        if not -_INFINITY < value < _INFINITY:
            raise InvalidInput("must be a finite number", field=field)
    elif not -limits.SAFE_INTEGER <= value <= limits.SAFE_INTEGER:
        raise InvalidInput(
            "is an integer beyond 2^53 - 1, which JSON readers round",
            field=field,
            hint="Give it as text.",
        )


def check_unicode(text: str, field: str) -> None:
    """Raise `InvalidInput` when `text` holds a lone surrogate, which has no UTF-8 form."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"holds a lone surrogate at position {error.start}, which is not a character",
            field=field,
        ) from error
