"""Putting a table into TOML text and taking it out again, comments and all else as they were."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, cast

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.missing_library import library_missing


def with_table(text: str, path: Sequence[str], key: str, value: dict[str, object]) -> str:
    """Give the text with a table at `path`, at its end unless it is there already.

    Raises:
        InvalidInput: When the text is not TOML, or something else than tables is in the way.
        Unavailable: When the library for it is not installed.
    """
    library = _library()
    document = _document(library, text)
    held = document
    for name in path:
        held = held.get(name, {})
        if not isinstance(held, dict):
            raise InvalidInput(f"holds something else at {name} than tables", field="settings")
    if key in held:
        if _plain(held[key]) == value:
            return text
        held[key] = _table(library, value)
        return str(library.dumps(document))
    if _may_append(document, path):
        own = library.document()
        inner = library.table(is_super_table=True)
        inner[key] = _table(library, value)
        outer: Any = inner
        for name in reversed(path[1:]):
            outer = library.table(is_super_table=True).add(name, outer)
        own[path[0]] = outer
        newline = "\r\n" if "\r\n" in text else "\n"
        gap = "" if not text else newline if text.endswith("\n") else newline * 2
        return text + gap + str(library.dumps(own)).replace("\n", newline)
    # An inline table: nothing may be added to it from outside, and in it all is inline.
    inline = library.inline_table()
    inline.update(value)
    held[key] = inline
    return str(library.dumps(document))


def without_table(text: str, path: Sequence[str], key: str) -> str:
    """Give the text without a table."""
    library = _library()
    document = _document(library, text)
    held = document
    for name in path:
        held = held.get(name, {})
        if not isinstance(held, dict):
            return text
    if key not in held:
        return text
    del held[key]
    return str(library.dumps(document))


def table_at(text: str, path: Sequence[str]) -> object:
    """Give what stands at a path, as plain values, or None."""
    held: Any = _document(_library(), text)
    for name in path:
        if not isinstance(held, dict) or name not in held:
            return None
        held = held[name]
    return _plain(held)


def _library() -> ModuleType:
    try:
        import tomlkit
    except ImportError as error:
        raise library_missing("tomlkit", extra="mcp", field="install") from error
    return tomlkit


def _document(library: ModuleType, text: str) -> Any:
    try:
        document = library.parse(text)
    except library.exceptions.TOMLKitError as error:
        raise InvalidInput(f"is not TOML: {error}", field="settings") from error
    if library.dumps(document) != text:
        raise InvalidInput("cannot be kept as it is when it is written again", field="settings")
    return document


def _may_append(document: Any, path: Sequence[str]) -> bool:
    outer = document.get(path[0])
    return outer is None or type(outer).__name__ in {"Table", "OutOfOrderTableProxy"}


def _table(library: ModuleType, value: dict[str, object]) -> Any:
    table = library.table()
    for name, one in value.items():
        table[name] = one
    return table


def _plain(value: Any) -> object:
    return cast("object", value.unwrap()) if hasattr(value, "unwrap") else value
