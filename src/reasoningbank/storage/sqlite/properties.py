"""Small facts about a bank or one of its namespaces, kept by name as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import apsw
import msgspec

from reasoningbank.domain.json_value import canonical_json

_Value = TypeVar("_Value")


def get(
    connection: apsw.Connection, name: str, namespace: str, kind: type[_Value]
) -> _Value | None:
    """Give a namespace's property, or None; one that cannot be read counts as not there."""
    row = connection.execute(
        "SELECT value FROM bank_properties WHERE name = ?", (_key(name, namespace),)
    ).fetchone()
    if row is None:
        return None
    try:
        return msgspec.json.decode(str(row[0]), type=kind)
    except msgspec.MsgspecError:
        return None


def put(connection: apsw.Connection, name: str, namespace: str, value: object) -> None:
    """Keep a namespace's property, in place of what it was."""
    connection.execute(
        "INSERT INTO bank_properties (name, value) VALUES (?1, ?2) "
        "ON CONFLICT (name) DO UPDATE SET value = ?2",
        (_key(name, namespace), canonical_json(value)),
    )


def drop(connection: apsw.Connection, name: str, namespace: str) -> None:
    """Forget a namespace's property."""
    connection.execute("DELETE FROM bank_properties WHERE name = ?", (_key(name, namespace),))


def of_all_namespaces(connection: apsw.Connection, name: str) -> Iterator[tuple[str, str]]:
    """Give (namespace, JSON) of every namespace that has the property."""
    start = _key(name, "")
    rows = connection.execute(
        "SELECT name, value FROM bank_properties WHERE substr(name, 1, ?) = ? ORDER BY name",
        (len(start), start),
    )
    for key, value in rows:
        yield str(key)[len(start) :], str(value)


def _key(name: str, namespace: str) -> str:
    return f"{name}:{namespace}"
