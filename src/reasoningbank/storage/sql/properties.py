"""Small facts about a bank or one of its namespaces, kept by name as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from reasoningbank.domain.json_value import canonical_json
from reasoningbank.storage.sql.connection import SqlConnection

_Value = TypeVar("_Value")


GET: Final = "SELECT value FROM bank_properties WHERE name = ?1 || ':' || ?2"
PUT: Final = """
INSERT INTO bank_properties (name, value) VALUES (?1 || ':' || ?2, ?3)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
DROP: Final = "DELETE FROM bank_properties WHERE name = ?1 || ':' || ?2"
OF_ALL: Final = """
SELECT substr(name, length(?1) + 2), value FROM bank_properties
WHERE substr(name, 1, length(?1) + 1) = ?1 || ':' ORDER BY name
"""


def get(connection: SqlConnection, name: str, namespace: str, kind: type[_Value]) -> _Value | None:
    """Give a namespace's property, or None; one that cannot be read counts as not there."""
    row = connection.execute(GET, (name, namespace)).fetchone()
    if row is None:
        return None
    try:
        return msgspec.json.decode(str(row[0]), type=kind)
    except msgspec.MsgspecError:
        return None


def put(connection: SqlConnection, name: str, namespace: str, value: object) -> None:
    """Keep a namespace's property, in place of what it was."""
    connection.execute(PUT, (name, namespace, canonical_json(value)))


def drop(connection: SqlConnection, name: str, namespace: str) -> None:
    """Forget a namespace's property."""
    connection.execute(DROP, (name, namespace))


def of_all_namespaces(connection: SqlConnection, name: str) -> Iterator[tuple[str, str]]:
    """Give (namespace, JSON) of every namespace that has the property."""
    for namespace, value in connection.execute(OF_ALL, (name,)):
        yield str(namespace), str(value)
