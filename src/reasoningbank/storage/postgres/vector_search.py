"""The patterns nearest to a vector: all that match are compared, or those an index suggests, and never fewer than exist.

Which of the two is decided by counting. Few matching rows are read and compared one by one: exact, and quicker than a
graph that is mostly about other rows. Where many match, the graph index gives candidates, filtered while it is walked,
which are compared exactly; where its answer could leave out what it must not, everything is compared after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import (
    VECTOR_TABLE,
    IndexKind,
    index_name,
)
from reasoningbank.storage.postgres.vector_question import Found, Question
from reasoningbank.storage.postgres.vectors import (
    bound,
    query_bindings,
    read_vector,
)

if TYPE_CHECKING:
    from reasoningbank.storage.vectors import VectorIndex

_FILTERS: Final = """
WHERE namespace = %(namespace)s AND model = {number} AND state = 'active'
    AND (expires_at IS NULL OR expires_at > %(now)s){category}
"""
_OF_CATEGORY: Final = " AND task_category = %(category)s"

# Sorting by a computed column keeps every index for similarity out of it.
_EXACT: Final = """
SELECT pattern_id, {vector}, {similarity} AS similarity FROM {table} {filters}
ORDER BY similarity DESC, pattern_id LIMIT %(rows)s
"""
_REACHING: Final = """
SELECT pattern_id, {vector} FROM {table} {filters} AND {similarity} >= %(bound)s
"""
_BY_INDEX: Final = """
WITH candidates AS MATERIALIZED (
    SELECT pattern_id, embedding, squared_norm FROM {table} {filters}
    ORDER BY {distance} LIMIT %(candidates)s
), compared AS (SELECT pattern_id, embedding, {similarity} AS similarity FROM candidates)
SELECT pattern_id, {vector}, COUNT(*) OVER (), MIN(similarity) OVER () FROM compared
ORDER BY similarity DESC, pattern_id LIMIT %(rows)s
"""
_ALL: Final = "SELECT pattern_id, {vector} FROM {table} {filters}"
_POSSIBLE: Final = """
SELECT COALESCE(SUM(patterns - quarantined), 0)::bigint AS patterns FROM category_counts
WHERE namespace = %(namespace)s{category}
"""
# Counts what can match; compares it where it is little, else says which index there is. How many vectors that holds is
# estimated by the server; over partitions it is the average of one of them.
_FIRST: Final = """
WITH possible AS ({possible})
SELECT near.pattern_id, near.vector, near.similarity, possible.patterns, found.name, found.tuples
FROM possible LEFT JOIN LATERAL (
    SELECT pattern_id, {vector} AS vector, {similarity} AS similarity FROM {table} {filters}
        AND possible.patterns <= %(exact_rows)s
    ORDER BY similarity DESC, pattern_id LIMIT %(rows)s
) near ON true LEFT JOIN LATERAL (
    SELECT c.relname AS name,
        CASE WHEN c.relkind = 'I' THEN (
            SELECT AVG(part.reltuples) FROM pg_inherits h JOIN pg_class part ON part.oid = h.inhrelid
            WHERE h.inhparent = c.oid
        ) ELSE c.reltuples END AS tuples
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indexrelid IN (to_regclass(%(halfvec)s), to_regclass(%(bit)s)) AND i.indisvalid
    ORDER BY c.relname DESC LIMIT 1
) found ON possible.patterns > %(exact_rows)s
"""
# A plan made for any category is a bad one for most; and compiling what a plan might read, were there little of it, takes
# longer than the search.
_CUSTOM_PLANS: Final = """
SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)
"""
_SETTINGS: Final = """
SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true),
    set_config('hnsw.ef_search', %(breadth)s, true),
    set_config('hnsw.max_scan_tuples', %(scanned)s, true),
    set_config('hnsw.scan_mem_multiplier', '8', true)
"""

# Cosines of pgvector are of single precision: closer than this, one cannot be told from the other.
_INDEX_SLACK: Final = 1e-5
_UNKNOWN_CROWD: Final = (
    10.0  # where the server has not counted, as on one that only passes questions on
)
_BROADEST: Final = 1000  # what hnsw.ef_search may be
# From so many queries on, the vectors of a category are read once and compared here.
_QUERIES_TO_LOAD: Final = 8
_LOADED_ROWS: Final = 131_072
_LOADED_AT_ONCE: Final = 1_000


class SearchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """From when on, and how thoroughly, an index is used.

    Args:
        exact_rows: Where at most so many patterns can match, all of them are compared.
        candidates: How many rows a half-precision index gives to be compared, at least.
        bit_candidates: The same for an index of bits, whose order says less.
        breadth: The least `hnsw.ef_search`.
        scanned_rows: After how many rows, matching or not, the index gives up.
    """

    exact_rows: int = 10_000
    candidates: int = 40
    bit_candidates: int = 400
    breadth: int = 400
    scanned_rows: int = 100_000


DEFAULT_LIMITS: Final = SearchLimits()


def nearest(  # noqa: PLR0917 - what a search is about, in the order of the contract
    connection: PostgresConnection,
    namespace: str,
    number: int,
    dimension: int,
    query: bytes,
    k: int,
    *,
    category: str | None,
    min_similarity: float | None,
    now: str,
    limits: SearchLimits = DEFAULT_LIMITS,
) -> Found:
    """Give the k active patterns nearest to a vector as (id, similarity), best first, ties by id.

    Within a transaction: what is set for the search ends with it.

    Args:
        connection: In a transaction.
        namespace: Searched; no other is looked at.
        number: Of the model the query and the vectors come from.
        dimension: Of that model.
        query: int8, a byte a dimension.
        k: How many at most.
        category: Search this one alone, or None for all.
        min_similarity: Leave out what is less similar, or None.
        now: The time; patterns that expired by then are left out.
        limits: From when on an index is used.
    """
    if k <= 0:
        return []
    dialect = connection.dialect
    question = Question(
        number=number,
        dimension=dimension,
        query=query,
        k=k,
        min_similarity=min_similarity,
        bindings={
            "namespace": namespace,
            "category": category,
            "now": now,
            **query_bindings(query, dialect),
        },
        filters=_FILTERS.format(number=number, category="" if category is None else _OF_CATEGORY),
        dialect=dialect,
    )
    if not dialect.search_settings or not any(query):
        return _exact(connection, question)
    first = _first(connection, question, limits, category)
    if not isinstance(first, _Plan):
        return first
    found = None if first.kind == "none" else _by_index(connection, question, first, limits)
    return _exact(connection, question) if found is None else found


def nearest_many(  # noqa: PLR0917 - what a search is about, in the order of the contract
    connection: PostgresConnection,
    namespace: str,
    number: int,
    dimension: int,
    queries: Sequence[tuple[str, bytes]],
    k: int,
    *,
    min_similarity: float,
    now: str,
    limits: SearchLimits = DEFAULT_LIMITS,
) -> list[Found]:
    """Give, for each (category, vector), what `nearest` gives within that category.

    The vectors of a category that is asked about often are read once and compared here, as long as they are few enough
    to be held: one pass over them costs the server as much as a handful of searches.
    """
    found: list[Found] = [[] for _ in queries]
    of_category: dict[str, list[int]] = {}
    for at, (category, _) in enumerate(queries):
        of_category.setdefault(category, []).append(at)
    for category, positions in of_category.items():
        vectors = [queries[at][1] for at in positions]
        index = None
        if len(positions) >= _QUERIES_TO_LOAD:
            index = _loaded(connection, namespace, number, dimension, category=category, now=now)
        if index is not None:
            import numpy as np

            rows = np.frombuffer(b"".join(vectors), np.int8).reshape(len(vectors), dimension)
            answers = index.search_many(rows, k, min_similarity=min_similarity)
        else:
            answers = [
                nearest(
                    connection,
                    namespace,
                    number,
                    dimension,
                    vector,
                    k,
                    category=category,
                    min_similarity=min_similarity,
                    now=now,
                    limits=limits,
                )
                for vector in vectors
            ]
        for at, answer in zip(positions, answers, strict=True):
            found[at] = answer
    return found


def _loaded(
    connection: PostgresConnection,
    namespace: str,
    number: int,
    dimension: int,
    *,
    category: str,
    now: str,
) -> VectorIndex | None:
    """Read the vectors of a category; None where there are too many."""
    bindings = {"namespace": namespace, "category": category, "now": now}
    [(possible,)] = connection.execute(*bound(_POSSIBLE.format(category=_OF_CATEGORY), bindings))
    if possible > _LOADED_ROWS:
        return None
    from reasoningbank.storage.vectors import VectorIndex

    dialect = connection.dialect
    index = VectorIndex(dimension)
    statement = _ALL.format(
        table=VECTOR_TABLE,
        vector=dialect.vector_column,
        filters=_FILTERS.format(number=number, category=_OF_CATEGORY),
    )
    with connection.raw.cursor("vectors_of_category", binary=dialect.binary_vectors) as cursor:
        cursor.execute(statement, bindings)
        while rows := cursor.fetchmany(_LOADED_AT_ONCE):
            ids = [row[0] for row in rows]
            vectors = [read_vector(row[1], dialect) for row in rows]
            index.upsert(ids, [category] * len(ids), vectors, [None] * len(ids))
    return index


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An index to use, how many patterns can match, and how many vectors it holds for each of them."""

    kind: IndexKind
    patterns: int
    crowd: float


def _first(
    connection: PostgresConnection, question: Question, limits: SearchLimits, category: str | None
) -> Found | _Plan:
    """Give the answer where little can match, else how to find it, in one message."""
    connection.later(_CUSTOM_PLANS, ())
    rows = question.rows(
        connection,
        _FIRST,
        possible=_POSSIBLE.format(category="" if category is None else _OF_CATEGORY),
        exact_rows=limits.exact_rows,
        rows=question.compared,
        halfvec=index_name("halfvec", question.number),
        bit=index_name("bit", question.number),
    )
    *_, patterns, name, tuples = rows[0]
    if patterns <= limits.exact_rows:
        return _settled(connection, question, [row for row in rows if row[0] is not None])
    kind: IndexKind = "halfvec" if name == index_name("halfvec", question.number) else "bit"
    crowd = max(1.0, tuples / patterns) if tuples and tuples > 0 else _UNKNOWN_CROWD
    return _Plan(kind="none" if name is None else kind, patterns=patterns, crowd=crowd)


def _by_index(
    connection: PostgresConnection, question: Question, plan: _Plan, limits: SearchLimits
) -> Found | None:
    """Give what an index finds, or None where that might not be all it should be."""
    least = limits.bit_candidates if plan.kind == "bit" else limits.candidates
    few = max(least, 4 * question.k)
    for candidates in sorted({few, max(_BROADEST, few)}):
        _set_breadth(connection, candidates, plan, limits)
        rows = question.rows(
            connection,
            _BY_INDEX,
            distance=question.dialect.distance(plan.kind, question.dimension),
            candidates=candidates,
            rows=question.k,
        )
        if len(rows) < question.k or rows[0][2] < min(candidates, plan.patterns):
            return None
        similarities = question.exact([row[1] for row in rows])
        if similarities[-1] <= 0.0:
            return None  # vectors without a direction are nearer than this, and in no index
        if rows[0][3] < similarities[-1] - _INDEX_SLACK:
            return question.answer([row[0] for row in rows], similarities)
    return None  # too many equal ones to have seen the first of their ids


def _set_breadth(
    connection: PostgresConnection, candidates: int, plan: _Plan, limits: SearchLimits
) -> None:
    """Let the walk look at more rows the more of them belong to others."""
    breadth = max(limits.breadth, candidates * min(plan.crowd, _BROADEST))
    settings = {"breadth": str(int(min(_BROADEST, breadth))), "scanned": str(limits.scanned_rows)}
    connection.later(*bound(_SETTINGS, settings))


def _exact(connection: PostgresConnection, question: Question) -> Found:
    """Compare all that match."""
    rows = question.rows(connection, _EXACT, rows=question.compared)
    return _settled(connection, question, rows)


def _settled(
    connection: PostgresConnection, question: Question, rows: list[tuple[Any, ...]]
) -> Found:
    """Give the answer from the nearest as the server compared them, nearest first."""
    if not rows:
        return []
    similarities = question.exact([row[1] for row in rows])
    # Sums of more products are rounded: what lies this close may be in the wrong order, also beyond the last row.
    if question.slack and len(rows) == question.compared:
        worst = sorted(similarities.tolist())[-question.k]
        if rows[-1][2] + question.slack >= worst:
            return _reaching(connection, question, worst - question.slack)
    return question.answer([row[0] for row in rows], similarities)


def _reaching(connection: PostgresConnection, question: Question, reached: float) -> Found:
    rows = question.rows(connection, _REACHING, bound=reached)
    return question.answer([row[0] for row in rows], question.exact([row[1] for row in rows]))
