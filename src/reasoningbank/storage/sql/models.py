"""Which embedding model a namespace is searched by, and its vectors."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from reasoningbank.domain.errors import EmbeddingMismatch
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of

NUMBER = "SELECT model FROM namespaces WHERE namespace = ?"
CURRENT = """
SELECT m.model, m.name, m.dimension, m.version
FROM namespaces n JOIN embedding_models m ON m.model = n.model WHERE n.namespace = ?
"""
KNOWN = """
SELECT model FROM embedding_models
WHERE ?1 IS NOT NULL AND name = ?2 AND dimension = ?3 AND version = ?4
"""
_ANY_PATTERN = "SELECT 1 FROM patterns WHERE namespace = ? LIMIT 1"
_SET_MODEL = """
INSERT INTO namespaces (namespace, model) VALUES (?1, ?2)
ON CONFLICT (namespace) DO UPDATE SET model = ?2
"""


def current_model(connection: SqlConnection, namespace: str) -> tuple[int, EmbeddingModel] | None:
    """Give the number and identity of the model a namespace is searched by."""
    row = connection.execute(CURRENT, (namespace,)).fetchone()
    if row is None:
        return None
    number, name, dimension, version = row
    return number, EmbeddingModel(name, dimension, version)


# What a number names never changes in a file; looking it up again would be a tenth of a store.
_named: WeakKeyDictionary[SqlConnection, set[tuple[int, EmbeddingModel]]] = WeakKeyDictionary()


def model_for_search(
    connection: SqlConnection, namespace: str, model: EmbeddingModel
) -> int | None:
    """Give the number of `model` where a namespace is searched by it; None while it is empty.

    One that was emptied is as free to take another model as one that never held anything.

    Raises:
        EmbeddingMismatch: When its vectors come from another model.
    """
    row = connection.execute(NUMBER, (namespace,)).fetchone()
    if row is None:
        return None
    known = _named.setdefault(connection, set())
    if (row[0], model) in known:
        return int(row[0])
    current = current_model(connection, namespace)
    if current is None:
        return None
    number, stored = current
    if stored != model:
        if connection.execute(_ANY_PATTERN, (namespace,)).fetchone() is None:
            return None
        raise mismatch(stored, model)
    known.add((number, model))
    return number


def model_for_store(connection: SqlConnection, namespace: str, model: EmbeddingModel) -> int:
    """Give the number of `model`, making it the namespace's own if that has none.

    Raises:
        EmbeddingMismatch: When the namespace's vectors come from another model.
    """
    number = model_for_search(connection, namespace, model)
    if number is None:
        number = engine_of(connection).registered_model(connection, namespace, model)
        set_model(connection, namespace, number)
    return number


def set_model(connection: SqlConnection, namespace: str, number: int) -> None:
    """Make a model the one a namespace is searched by."""
    connection.execute(_SET_MODEL, (namespace, number))


def known_model(connection: SqlConnection, namespace: str, model: EmbeddingModel) -> int | None:
    """Give the number of a model if this bank has vectors of it."""
    row = connection.execute(
        KNOWN, (namespace, model.name, model.dimension, model.version)
    ).fetchone()
    return None if row is None else int(row[0])


def set_vector(connection: SqlConnection, pattern: Pattern, number: int, vector: bytes) -> None:
    """Keep a vector of one model, in place of a damaged one if there is one."""
    engine = engine_of(connection)
    engine.drop_vectors(connection, pattern.namespace, str(pattern.id), number)
    engine.put_vectors(connection, pattern.namespace, number, [(pattern, vector)])


def replace_vector(connection: SqlConnection, pattern: Pattern, number: int, vector: bytes) -> None:
    """Keep a new vector and drop those of every model: they were made from another text."""
    engine = engine_of(connection)
    engine.drop_vectors(connection, pattern.namespace, str(pattern.id), None)
    engine.put_vectors(connection, pattern.namespace, number, [(pattern, vector)])


def mismatch(stored: EmbeddingModel, given: EmbeddingModel) -> EmbeddingMismatch:
    """Give the error that names both models."""
    return EmbeddingMismatch(
        f"of the bank's vectors is {stored.name} ({stored.dimension} dimensions, version "
        f"{stored.version}), but the embedder in use is {given.name} ({given.dimension} "
        f"dimensions, version {given.version})",
        stored=stored.name,
        given=given.name,
        field="model",
        hint="Open the bank with the first one, or move it over with reembed.",
    )
