"""How the vectors of a file are read for a search: as they stand, or after recomputing checksums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from reasoningbank.storage.sql.connection import Row
from reasoningbank.storage.sql.verification import damaged_vectors, is_sound_vector

_LOAD: Final = """
SELECT e.pattern_id, p.task_category, p.expires_at, e.embedding
FROM pattern_embeddings e
JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id
WHERE e.namespace = ? AND e.model = ? AND p.state = 'active'
"""
_CHANGED: Final = """
SELECT c.id, p.task_category, p.expires_at, e.embedding
FROM (SELECT DISTINCT id FROM changes WHERE seq > ? AND namespace = ? AND kind <> 'outcome') c
LEFT JOIN patterns p ON p.namespace = ?2 AND p.id = c.id AND p.state = 'active'
LEFT JOIN pattern_embeddings e ON e.namespace = ?2 AND e.pattern_id = p.id AND e.model = ?3
"""
# A damaged index may lead to another pattern's vector, whose checksum is right: so these take the
# id from the table and not from the index.
_LOAD_VERIFIED: Final = """
SELECT e.pattern_id, p.task_category, p.expires_at, e.embedding,
    e.pattern_id, e.dimension, e.checksum
FROM pattern_embeddings e NOT INDEXED
CROSS JOIN patterns p ON p.namespace = e.namespace AND p.id = e.pattern_id
WHERE e.namespace = ? AND e.model = ? AND p.state = 'active'
"""
_CHANGED_VERIFIED: Final = """
SELECT c.id, p.task_category, p.expires_at, e.embedding, e.pattern_id, e.dimension, e.checksum
FROM (SELECT DISTINCT id FROM changes WHERE seq > ? AND namespace = ? AND kind <> 'outcome') c
LEFT JOIN patterns p ON p.namespace = ?2 AND p.id = c.id AND p.state = 'active'
LEFT JOIN pattern_embeddings e ON e.rowid = (
    SELECT rowid FROM pattern_embeddings
    WHERE namespace = ?2 AND pattern_id = p.id AND model = ?3
)
"""


class VectorReads(NamedTuple):
    """What differs between the two.

    Args:
        load: Asks for the id, category, expiry and vector of what can be found.
        changed: Asks the same of what changed, with a NULL for the vector of what is gone.
        vectors: Passes the answers on, without what only verifying needs.
    """

    load: str
    changed: str
    vectors: Callable[[list[Row]], list[Row]]


def _verified_vectors(rows: list[Row]) -> list[Row]:
    damaged = [
        str(row[0])
        for row in rows
        if row[3] is not None and not (row[0] == row[4] and is_sound_vector(row[3], *row[5:]))
    ]
    if damaged:
        raise damaged_vectors(damaged)
    return [row[:4] for row in rows]


AS_IT_STANDS: Final = VectorReads(_LOAD, _CHANGED, lambda rows: rows)
VERIFIED: Final = VectorReads(_LOAD_VERIFIED, _CHANGED_VERIFIED, _verified_vectors)
