"""Moving a namespace from one embedding model to another, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.sql import models
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of
from reasoningbank.storage.sql.reading import get_pattern
from reasoningbank.storage.sql.verification import is_sound_vector

WITHOUT: Final = """
SELECT 1 FROM patterns p WHERE p.namespace = ?1 AND NOT EXISTS (
    SELECT 1 FROM pattern_embeddings e
    WHERE e.namespace = ?1 AND e.pattern_id = p.id AND e.model = ?2
) LIMIT 1
"""
_AFTER: Final = """
SELECT p.id, p.task_description, e.checksum FROM patterns p
LEFT JOIN pattern_embeddings e
    ON e.namespace = p.namespace AND e.pattern_id = p.id AND e.model = ?2
WHERE p.namespace = ?1 AND p.id > ?3 ORDER BY p.id LIMIT ?4
"""
_PAGE: Final = 500


def patterns_to_embed(
    connection: SqlConnection, namespace: str, model: EmbeddingModel, after: str, limit: int
) -> list[tuple[str, str]]:
    """Give (id, task description) of patterns without a sound vector of `model`, after an id."""
    number = models.known_model(connection, namespace, model) or 0
    engine = engine_of(connection)
    lacking: list[tuple[str, str]] = []
    while len(lacking) < limit:
        rows = connection.execute(_AFTER, (namespace, number, after, _PAGE)).fetchall()
        vectors = engine.stored_vectors(connection, namespace, number, [row[0] for row in rows])
        lacking += [
            (pattern_id, description)
            for pattern_id, description, checksum in rows
            if not is_sound_vector(vectors.get(pattern_id), model.dimension, checksum)
        ]
        if len(rows) < _PAGE:
            break
        after = rows[-1][0]
    return lacking[:limit]


def add_vectors(
    connection: SqlConnection,
    namespace: str,
    model: EmbeddingModel,
    vectors: Sequence[tuple[str, str, bytes]],
) -> int:
    """Add vectors whose patterns still have the description they were made from."""
    engine = engine_of(connection)
    number = engine.registered_model(connection, namespace, model)
    kept = 0
    for pattern_id, description, vector in vectors:
        pattern = get_pattern(connection, namespace, pattern_id)
        if pattern is not None and pattern.task_description == description:
            models.set_vector(connection, pattern, number, vector)
            kept += 1
    if kept:
        engine.log(connection, namespace, [pattern_id for pattern_id, _, _ in vectors], "put")
    return kept


def switch_model(connection: SqlConnection, namespace: str, model: EmbeddingModel) -> bool:
    """Make `model` the one searched, unless a pattern lacks its vector."""
    number = engine_of(connection).registered_model(connection, namespace, model)
    if connection.execute(WITHOUT, (namespace, number)).fetchone() is not None:
        return False
    models.set_model(connection, namespace, number)
    return True
