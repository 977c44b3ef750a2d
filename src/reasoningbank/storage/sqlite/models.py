"""Which embedding model a namespace is searched by, and its vectors."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import apsw

from reasoningbank.domain.checksum import vector_checksum
from reasoningbank.domain.errors import EmbeddingMismatch
from reasoningbank.domain.records import EmbeddingModel

_NUMBER = "SELECT model FROM namespaces WHERE namespace = ?"
_CURRENT = """
SELECT m.model, m.name, m.dimension, m.version
FROM namespaces n JOIN embedding_models m ON m.model = n.model WHERE n.namespace = ?
"""
_ANY_PATTERN = "SELECT 1 FROM patterns WHERE namespace = ? LIMIT 1"
_SET_MODEL = """
INSERT INTO namespaces (namespace, model) VALUES (?1, ?2)
ON CONFLICT (namespace) DO UPDATE SET model = ?2
"""
_INSERT_VECTOR = """
INSERT INTO pattern_embeddings (namespace, pattern_id, model, embedding, dimension, checksum)
VALUES (?, ?, ?, ?, ?, ?)
"""
_DROP_VECTORS = "DELETE FROM pattern_embeddings WHERE namespace = ? AND pattern_id = ?"


def current_model(connection: apsw.Connection, namespace: str) -> tuple[int, EmbeddingModel] | None:
    """Give the number and identity of the model a namespace is searched by."""
    row = connection.execute(_CURRENT, (namespace,)).fetchone()
    if row is None:
        return None
    number, name, dimension, version = row
    return number, EmbeddingModel(name, dimension, version)


# What a number names never changes in a file; looking it up again would be a tenth of a store.
_named: WeakKeyDictionary[apsw.Connection, set[tuple[int, EmbeddingModel]]] = WeakKeyDictionary()


def model_for_search(
    connection: apsw.Connection, namespace: str, model: EmbeddingModel
) -> int | None:
    """Give the number of `model` where a namespace is searched by it; None while it is empty.

    One that was emptied is as free to take another model as one that never held anything.

    Raises:
        EmbeddingMismatch: When its vectors come from another model.
    """
    row = connection.execute(_NUMBER, (namespace,)).fetchone()
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


def model_for_store(connection: apsw.Connection, namespace: str, model: EmbeddingModel) -> int:
    """Give the number of `model`, making it the namespace's own if that has none.

    Raises:
        EmbeddingMismatch: When the namespace's vectors come from another model.
    """
    number = model_for_search(connection, namespace, model)
    if number is None:
        number = registered_model(connection, model)
        set_model(connection, namespace, number)
    return number


def set_model(connection: apsw.Connection, namespace: str, number: int) -> None:
    """Make a model the one a namespace is searched by."""
    connection.execute(_SET_MODEL, (namespace, number))


def registered_model(connection: apsw.Connection, model: EmbeddingModel) -> int:
    """Give the number of a model, noting it if it is new to this bank."""
    identity = (model.name, model.dimension, model.version)
    connection.execute(
        "INSERT INTO embedding_models (name, dimension, version) VALUES (?, ?, ?) "
        "ON CONFLICT DO NOTHING",
        identity,
    )
    row = connection.execute(
        "SELECT model FROM embedding_models WHERE name = ? AND dimension = ? AND version = ?",
        identity,
    ).fetchone()
    return int(row[0])  # type: ignore[index]  # inserted above


def known_model(connection: apsw.Connection, model: EmbeddingModel) -> int | None:
    """Give the number of a model if this bank has vectors of it."""
    row = connection.execute(
        "SELECT model FROM embedding_models WHERE name = ? AND dimension = ? AND version = ?",
        (model.name, model.dimension, model.version),
    ).fetchone()
    return None if row is None else int(row[0])


def insert_vector(
    connection: apsw.Connection, namespace: str, pattern_id: str, number: int, vector: bytes
) -> None:
    """Keep a vector beside its pattern."""
    connection.execute(
        _INSERT_VECTOR,
        (namespace, pattern_id, number, vector, len(vector), vector_checksum(vector)),
    )


def set_vector(
    connection: apsw.Connection, namespace: str, pattern_id: str, number: int, vector: bytes
) -> None:
    """Keep a vector of one model, in place of a damaged one if there is one."""
    connection.execute(f"{_DROP_VECTORS} AND model = ?", (namespace, pattern_id, number))
    insert_vector(connection, namespace, pattern_id, number, vector)


def replace_vector(
    connection: apsw.Connection, namespace: str, pattern_id: str, number: int, vector: bytes
) -> None:
    """Keep a new vector and drop those of every model: they were made from another text."""
    connection.execute(_DROP_VECTORS, (namespace, pattern_id))
    insert_vector(connection, namespace, pattern_id, number, vector)


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
