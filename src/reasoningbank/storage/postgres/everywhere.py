"""A search over every namespace, for who runs the server: nothing a bank does comes here."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.records import EmbeddingModel
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.connections import opened_raw
from reasoningbank.storage.postgres.dialects import VECTOR_TABLE, index_name
from reasoningbank.storage.postgres.engine import model_number
from reasoningbank.storage.postgres.migrations import dialect_of
from reasoningbank.storage.postgres.server import server_of
from reasoningbank.storage.postgres.vectors import bound, query_bindings, similarity

_HELD_TO_ONE: Final = f"SELECT row_security_active('{VECTOR_TABLE}')"
_INDEXED: Final = """
SELECT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(?) AND indisvalid)
"""
_SETTINGS: Final = """
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.ef_search', '400', true)
"""
_NEAREST: Final = """
WITH candidates AS MATERIALIZED (
    SELECT namespace, pattern_id, embedding, squared_norm FROM {table}
    WHERE model = {number} AND state = 'active' AND (expires_at IS NULL OR expires_at > %(now)s)
    ORDER BY {order} LIMIT %(candidates)s
)
SELECT c.namespace, c.pattern_id, p.task_description, {similarity} AS similarity
FROM candidates c JOIN patterns p ON p.namespace = c.namespace AND p.id = c.pattern_id
ORDER BY similarity DESC, c.namespace, c.pattern_id LIMIT %(k)s
"""
_LEAST_CANDIDATES: Final = 100


class FoundAnywhere(msgspec.Struct, frozen=True, kw_only=True):
    """An active pattern, whoever it belongs to.

    Args:
        namespace: Whose it is.
        pattern_id: Its id within the namespace.
        task_description: Of the pattern.
        similarity: To the query, -1 to 1.
    """

    namespace: str
    pattern_id: str
    task_description: str
    similarity: float


def nearest_in_all_namespaces(
    target: str, model: EmbeddingModel, query: bytes, k: int = 5, *, now: str
) -> list[FoundAnywhere]:
    """Give the k active patterns of a whole server nearest to a vector, best first.

    By the index where there is one of half precision, hence nearly always the nearest; else by comparing all. On an engine
    of several nodes every one of them is asked.

    Args:
        target: URL of the database, as a role that sees all namespaces: the owner of the tables.
        model: Where the query and the vectors come from.
        query: int8, a byte a dimension.
        k: How many at most.
        now: The time; patterns that expired by then are left out.

    Raises:
        Unavailable: The role sees one namespace at a time.
    """
    server = server_of(target)
    raw = opened_raw(server)
    try:
        dialect = dialect_of(raw, server)
        if raw.execute(_HELD_TO_ONE).fetchone() == (True,):
            raise Unavailable(
                "lets this role see one namespace at a time",
                path=server.shown,
                hint="Search every namespace as the owner of the tables.",
            )
        number = model_number(model)
        with raw.transaction():
            connection = PostgresConnection(raw, prepared=False)
            order = f"{similarity(dialect)} DESC"
            name = index_name("halfvec", number)
            if dialect.search_settings and connection.execute(_INDEXED, (name,)).fetchone() == (
                True,
            ):
                connection.later(_SETTINGS, ())
                order = dialect.distance("halfvec", model.dimension)
            statement = _NEAREST.format(
                table=VECTOR_TABLE, number=number, order=order, similarity=similarity(dialect)
            )
            bindings = {
                **query_bindings(query, dialect),
                "now": now,
                "k": k,
                "candidates": max(_LEAST_CANDIDATES, 4 * k),
            }
            rows = connection.execute(*bound(statement, bindings)).fetchall()
    finally:
        raw.close()
    return [
        FoundAnywhere(namespace=namespace, pattern_id=found, task_description=task, similarity=near)
        for namespace, found, task, near in rows
    ]
