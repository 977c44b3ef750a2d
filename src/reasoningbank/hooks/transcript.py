"""The task of a sub-agent, from the file in which its host keeps what was said."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.learning.readers.pieces import text_of

_READ_BYTES: Final = 262_144
_LINES: Final = 20


class _Line(msgspec.Struct):
    type: object = None
    message: object = None


def first_request(path: object) -> str:
    """Give the first thing a user asks for in a transcript; empty where none can be read.

    Only the beginning is looked at, and only of a regular file.
    """
    if not isinstance(path, str) or not path or "\0" in path:
        return ""
    try:
        place = Path(path).expanduser()
        if not place.is_file():
            return ""
        with place.open("rb") as file:
            lines = file.read(_READ_BYTES).split(b"\n")[:_LINES]
    except (OSError, RuntimeError):
        return ""
    for line in lines:
        request = _request(line)
        if request:
            return request
    return ""


def _request(line: bytes) -> str:
    try:
        found = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, RecursionError):
        return ""
    if found.type != "user" or not isinstance(found.message, dict):
        return ""
    return text_of(found.message.get("content")).strip()
