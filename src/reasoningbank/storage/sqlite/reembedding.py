"""Moving a namespace from one embedding model to another, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Final

import apsw

from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.sqlite import models, writing
from reasoningbank.storage.sqlite.verification import is_sound_vector

_WITHOUT: Final = """
SELECT 1 FROM patterns p WHERE p.namespace = ?1 AND NOT EXISTS (
    SELECT 1 FROM pattern_embeddings e
    WHERE e.namespace = ?1 AND e.pattern_id = p.id AND e.model = ?2
) LIMIT 1
"""
_VECTORS_AFTER: Final = """
SELECT p.id, p.task_description, e.embedding, e.checksum FROM patterns p
LEFT JOIN pattern_embeddings e
    ON e.namespace = p.namespace AND e.pattern_id = p.id AND e.model = ?2
WHERE p.namespace = ?1 AND p.id > ?3 ORDER BY p.id
"""
_UNCHANGED: Final = """
SELECT 1 FROM patterns WHERE namespace = ? AND id = ? AND task_description = ?
"""


def patterns_to_embed(
    connection: apsw.Connection, namespace: str, model: EmbeddingModel, after: str, limit: int
) -> list[tuple[str, str]]:
    """Give (id, task description) of patterns without a sound vector of `model`, after an id."""
    number = models.known_model(connection, model) or 0
    rows = connection.execute(_VECTORS_AFTER, (namespace, number, after))
    lacking = (
        (pattern_id, description)
        for pattern_id, description, vector, checksum in rows
        if not is_sound_vector(vector, model.dimension, checksum)
    )
    return list(islice(lacking, limit))


def add_vectors(
    connection: apsw.Connection,
    namespace: str,
    model: EmbeddingModel,
    vectors: Sequence[tuple[str, str, bytes]],
) -> int:
    """Add vectors whose patterns still have the description they were made from."""
    number = models.registered_model(connection, model)
    kept = 0
    for pattern_id, description, vector in vectors:
        found = connection.execute(_UNCHANGED, (namespace, pattern_id, description)).fetchone()
        if found is not None:
            models.set_vector(connection, namespace, pattern_id, number, vector)
            kept += 1
    if kept:
        writing.log_many(connection, namespace, [pattern_id for pattern_id, _, _ in vectors])
    return kept


def switch_model(connection: apsw.Connection, namespace: str, model: EmbeddingModel) -> bool:
    """Make `model` the one searched, unless a pattern lacks its vector."""
    number = models.registered_model(connection, model)
    if connection.execute(_WITHOUT, (namespace, number)).fetchone() is not None:
        return False
    models.set_model(connection, namespace, number)
    return True
