"""What ``--json`` prints: one document, UTF-8 whatever the locale says."""

from __future__ import annotations

import sys
from typing import cast

import msgspec

from reasoningbank.cli.safe_text import safe_json
from reasoningbank.cli.streams import write_bytes


def print_json(value: object) -> None:
    """Print a struct, a list of them or a mapping: one line, or indented for a terminal."""
    written = json_text(value)
    if sys.stdout.isatty():
        written = msgspec.json.format(written, indent=2)
    write_bytes(written.encode() + b"\n")


def json_text(value: object) -> str:
    """Give the JSON of a value; bytes of a path or an argument that are no UTF-8 become escapes."""
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)))
    return safe_json(encoded.decode())


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {_without_surrogates(name): _without_surrogates(inner) for name, inner in items}
    if isinstance(value, list):
        return [_without_surrogates(inner) for inner in value]
    return value
