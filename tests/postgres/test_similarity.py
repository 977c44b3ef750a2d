"""Searches in PostgreSQL find what SQLite finds, in its order, whatever the index leaves out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoningbank.storage.postgres.dialects import (
    POSTGRES,
    VECTOR_TABLE,
    IndexKind,
    index_name,
)
from reasoningbank.storage.postgres.vector_indexes import build_indexes
from reasoningbank.storage.postgres.vector_search import SearchLimits, nearest_many
from reasoningbank.storage.postgres.vectors import describe, stored_vectors
from tests.postgres.vector_tables import (
    BY_INDEX,
    MODEL,
    NOW,
    Entry,
    VectorTables,
    as_sqlite_finds,
    clustered,
    pattern_id,
    vector_tables,
)

SMALL = 8
PAST, FUTURE = "2026-11-21T11:59:59.999Z", "2026-11-21T12:00:00.001Z"


def build(tables: VectorTables, kind: IndexKind = "halfvec") -> None:
    """Build an index and let the planner prefer it to sorting, which it would choose for so few rows."""
    build_indexes(tables.raw, POSTGRES, kind)
    tables.raw.execute("SET enable_sort = off")


def entries_of(vectors: list[bytes], **more: str) -> list[Entry]:
    return [Entry(id=pattern_id(at), vector=vector, **more) for at, vector in enumerate(vectors)]


def edit(
    tables: VectorTables, namespace: str, one: str, category: str, state: str, expires: str | None
) -> None:
    describe(
        tables.connection, namespace, one, task_category=category, state=state, expires_at=expires
    )
    tables.connection.flush()


@pytest.fixture
def small(empty_postgres):
    with vector_tables(empty_postgres, SMALL) as tables:
        yield tables


@pytest.fixture
def usual(empty_postgres):
    """Of the built-in embedder's dimension."""
    with vector_tables(empty_postgres, 768) as tables:
        yield tables


# Few values, so that many vectors are equal, parallel, opposed or zero.
vectors = st.lists(st.sampled_from([-128, -127, -1, 0, 0, 1, 127]), min_size=SMALL, max_size=SMALL)
entries = st.lists(
    st.builds(
        lambda vector, category, state, expires_at: (
            np.array(vector, np.int8).tobytes(),
            category,
            state,
            expires_at,
        ),
        vectors,
        st.sampled_from("ab"),
        st.sampled_from(["active", "active", "quarantined"]),
        st.sampled_from([None, None, PAST, NOW, FUTURE]),
    ),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("kind", ["none", "halfvec", "bit"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    drawn=entries,
    query=vectors,
    k=st.integers(1, 70),
    category=st.sampled_from([None, "a", "b", "missing"]),
    floor=st.sampled_from([None, -0.5, 0.0, 0.3, 1.0]),
    order=st.randoms(use_true_random=False),
)
def test_equals_the_search_of_sqlite(small, kind, drawn, query, k, category, floor, order):
    if kind != "none" and not small.raw.execute(
        "SELECT to_regclass(%s)", (index_name(kind, MODEL),)
    ).fetchone()[0]:  # fmt: skip
        small.put([Entry(id=pattern_id(0), vector=bytes(SMALL))])
        build(small, kind)
    ids = [pattern_id(at) for at in range(len(drawn))]
    order.shuffle(ids)
    stored = [
        Entry(id=id, vector=vector, category=of, state=state, expires_at=expiry)
        for id, (vector, of, state, expiry) in zip(ids, drawn, strict=True)
    ]
    question = np.array(query, np.int8).tobytes()
    namespace = small.put(stored)
    found = small.nearest(
        namespace, question, k, category=category, min_similarity=floor, limits=BY_INDEX
    )
    assert found == as_sqlite_finds(stored, question, k, category=category, min_similarity=floor)


def test_equals_sqlite_to_the_bit_in_the_dimension_of_the_built_in_embedder(usual):
    stored = entries_of(clustered(1_500, 768))
    namespace = usual.put(stored)
    for query in clustered(20, 768, seed=2):
        assert usual.nearest(namespace, query) == as_sqlite_finds(stored, query)


@pytest.mark.parametrize("kind", ["halfvec", "bit"])
def test_an_index_finds_nearly_all_that_comparing_everything_finds(usual, kind):
    made = clustered(3_020, 768)
    stored = entries_of(made[20:])
    namespace = usual.put(stored)
    build(usual, kind)
    shares = []
    for query in made[:20]:
        found = usual.nearest(namespace, query, limits=BY_INDEX)
        wanted = as_sqlite_finds(stored, query)
        assert [value for _, value in found] == sorted((value for _, value in found), reverse=True)
        shares.append(len(set(found) & set(wanted)) / len(wanted))
    assert float(np.mean(shares)) >= 0.98


@pytest.mark.parametrize("kind", ["halfvec", "bit"])
def test_a_rare_category_is_found_whole_where_the_index_gives_up(usual, kind):
    near = clustered(2_501, 768, centres=1)
    query = near.pop()
    rare = entries_of(clustered(12, 768, seed=9), category="rare")
    common = [
        Entry(id=pattern_id(100 + at), vector=vector, category="common")
        for at, vector in enumerate(near)
    ]
    namespace = usual.put([*rare, *common])
    build(usual, kind)
    hasty = SearchLimits(exact_rows=0, scanned_rows=1)
    found = usual.nearest(namespace, query, category="rare", limits=hasty)
    assert found == as_sqlite_finds(rare, query)


def test_of_more_equal_vectors_than_the_index_gives_the_first_ids_come(usual):
    same, other = clustered(2, 768, centres=2)
    stored = [
        Entry(id=pattern_id(1_200 - at), vector=same if at < 1_100 else other)
        for at in range(1_200)
    ]
    namespace = usual.put(stored)
    build(usual)
    found = usual.nearest(namespace, same, 5, limits=BY_INDEX)
    assert found == as_sqlite_finds(stored, same, 5)


def test_vectors_without_a_direction_come_before_opposed_ones(usual):
    query, *others = clustered(101, 768, centres=1)
    opposed = [(-np.frombuffer(other, np.int8)).tobytes() for other in others]
    stored = entries_of([*opposed, *[bytes(768)] * 3])
    namespace = usual.put(stored)
    build(usual)
    found = usual.nearest(namespace, query, 4, limits=BY_INDEX)
    assert found == as_sqlite_finds(stored, query, 4)
    assert [value for _, value in found][:3] == [0.0, 0.0, 0.0]


def test_a_query_without_a_direction_finds_the_first_ids(usual):
    stored = entries_of(clustered(60, 768))
    namespace = usual.put(stored)
    build(usual)
    found = usual.nearest(namespace, bytes(768), 3, limits=BY_INDEX)
    assert found == [(pattern_id(at), 0.0) for at in range(3)]


def test_another_namespace_and_another_model_are_not_looked_at(small):
    vector = b"\1" * SMALL
    mine = small.put([Entry(id=pattern_id(1), vector=vector)])
    small.put([Entry(id=pattern_id(2), vector=vector)])
    small.put([Entry(id=pattern_id(3), vector=vector)], number=MODEL + 1)
    assert small.nearest(mine, vector) == [(pattern_id(1), 1.0)]
    assert small.nearest(mine, vector, number=MODEL + 1) == []


def test_what_describe_says_is_what_is_searched(small):
    vector = b"\1" * SMALL
    namespace = small.put([Entry(id=pattern_id(1), vector=vector)])
    edit(small, namespace, pattern_id(1), "moved", "active", None)
    assert small.nearest(namespace, vector, category="a") == []
    assert small.nearest(namespace, vector, category="moved") == [(pattern_id(1), 1.0)]
    edit(small, namespace, pattern_id(1), "moved", "quarantined", None)
    assert small.nearest(namespace, vector) == []
    edit(small, namespace, pattern_id(1), "moved", "active", PAST)
    assert small.nearest(namespace, vector) == []
    edit(small, namespace, pattern_id(1), "moved", "active", None)
    assert small.nearest(namespace, vector) == [(pattern_id(1), 1.0)]


def test_what_a_search_sets_ends_with_its_transaction(usual):
    namespace = usual.put(entries_of(clustered(200, 768)))
    build(usual)
    names = ("hnsw.iterative_scan", "hnsw.ef_search", "plan_cache_mode", "jit")
    usual.raw.execute("LOAD 'vector'")

    def told() -> list[str]:
        return [
            usual.raw.execute("SELECT current_setting(%s)", (name,)).fetchone()[0] for name in names
        ]

    before = told()
    usual.nearest(namespace, clustered(1, 768, seed=2)[0], limits=BY_INDEX)
    assert told() == before


def test_many_questions_at_once_get_the_answers_of_one_at_a_time(usual):
    stored = [
        Entry(id=pattern_id(at), vector=vector, category="ab"[at % 2], expires_at=expiry)
        for at, (vector, expiry) in enumerate(
            zip(clustered(400, 768), [None, None, PAST, FUTURE] * 100, strict=True)
        )
    ]
    namespace = usual.put(stored)
    questions = [("a", query) for query in clustered(12, 768, seed=2)]
    questions += [("b", query) for query in clustered(2, 768, seed=3)]
    questions += [("missing", query) for query in clustered(9, 768, seed=4)]
    with usual.raw.transaction():
        found = nearest_many(
            usual.connection, namespace, MODEL, 768, questions, 3, min_similarity=0.1, now=NOW
        )
    assert found == [
        as_sqlite_finds(stored, query, 3, category=category, min_similarity=0.1)
        for category, query in questions
    ]


@pytest.mark.parametrize("dimension", [1, 1_024, 1_025, 1_536, 5_000, 16_000])
def test_other_dimensions_are_searched_as_exactly(empty_postgres, dimension):
    chance = np.random.default_rng(dimension)
    extreme = chance.choice(np.array([-128, 127], np.int8), (60, dimension))
    stored = entries_of([row.tobytes() for row in extreme])
    with vector_tables(empty_postgres, dimension) as tables:
        namespace = tables.put(stored)
        build(tables)
        for query in (stored[3].vector, stored[40].vector):
            for k in (1, 5, 100):
                wanted = as_sqlite_finds(stored, query, k)
                assert tables.nearest(namespace, query, k) == wanted
                assert tables.nearest(namespace, query, k, limits=BY_INDEX) == wanted


def test_where_sums_are_rounded_equal_ones_still_come_by_id(empty_postgres):
    """Each differs from the query in another place by as much: equal, but not in single precision."""
    dimension = 16_000
    query = np.random.default_rng(1).integers(100, 128, dimension).astype(np.int8)
    rows = np.tile(query, (80, 1))
    rows[np.arange(80), np.flatnonzero(query == 127)[:80]] = 120
    stored = [Entry(id=pattern_id(100 - at), vector=row.tobytes()) for at, row in enumerate(rows)]
    with vector_tables(empty_postgres, dimension) as tables:
        namespace = tables.put(stored)
        found = tables.nearest(namespace, query.tobytes(), 5)
    assert found == as_sqlite_finds(stored, query.tobytes(), 5)


def test_a_table_split_by_namespace_gives_the_same_answers(empty_postgres):
    stored = entries_of(clustered(300, 768))
    with vector_tables(empty_postgres, 768, partitions=4) as tables:
        names = [tables.put(stored) for _ in range(6)]
        build(tables)
        query = clustered(1, 768, seed=2)[0]
        for namespace in names:
            found = tables.nearest(namespace, query, limits=BY_INDEX)
            assert found == as_sqlite_finds(stored, query)


def test_stored_vectors_come_back_byte_for_byte(small):
    every = bytes(range(256))
    vectors = [every[at : at + SMALL] for at in range(0, 256, SMALL)]
    namespace = small.put(entries_of(vectors))
    ids = [pattern_id(at) for at in range(len(vectors))]
    found = stored_vectors(small.connection, namespace, MODEL, [*ids, pattern_id(999)])
    assert found == dict(zip(ids, vectors, strict=True))


@pytest.mark.parametrize("dimension", [768, 3_072])
def test_vectors_lie_in_their_rows_and_not_beside_the_table(empty_postgres, dimension):
    with vector_tables(empty_postgres, dimension) as tables:
        tables.put(entries_of(clustered(50, dimension), category="c" * 256))
        [(beside,)] = tables.raw.execute(
            "SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE relname = %s",
            (VECTOR_TABLE,),
        ).fetchall()
        assert beside == 0
