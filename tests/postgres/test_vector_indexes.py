"""The indexes for similarity are there, valid and of the wanted kind after `build_indexes`, whatever was there before."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from reasoningbank.storage.postgres.dialects import POSTGRES, VECTOR_TABLE, index_name
from reasoningbank.storage.postgres.vector_indexes import build_indexes, index_states
from tests.postgres.vector_tables import (
    BY_INDEX,
    MODEL,
    Entry,
    VectorTables,
    as_sqlite_finds,
    clustered,
    pattern_id,
    vector_tables,
)


@pytest.fixture
def tables(empty_postgres):
    with vector_tables(empty_postgres, 768) as tables:
        yield tables


def entries(count: int) -> list[Entry]:
    return [
        Entry(id=pattern_id(at), vector=vector) for at, vector in enumerate(clustered(count, 768))
    ]


def kinds(tables: VectorTables) -> list[str]:
    return [state.kind for state in index_states(tables.raw, POSTGRES, "halfvec")]


def test_one_is_built_for_each_model_that_has_vectors(tables):
    tables.put(entries(3))
    tables.put(entries(3), number=MODEL + 1)
    names = [index_name("halfvec", MODEL), index_name("halfvec", MODEL + 1)]
    assert build_indexes(tables.raw, POSTGRES, "halfvec") == names
    assert build_indexes(tables.raw, POSTGRES, "halfvec") == []
    assert kinds(tables) == ["halfvec", "halfvec"]


def test_another_kind_takes_the_place_of_the_one_before(tables):
    tables.put(entries(3))
    for kind in ("halfvec", "bit", "halfvec", "none"):
        build_indexes(tables.raw, POSTGRES, kind)
        assert kinds(tables) == [kind]


def test_one_that_was_broken_off_is_built_again(tables):
    stored = entries(50)
    namespace = tables.put(stored)
    name = index_name("halfvec", MODEL)
    build_indexes(tables.raw, POSTGRES, "halfvec")
    tables.raw.execute(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (name,)
    )
    assert kinds(tables) == ["none"]
    found = tables.nearest(namespace, stored[0].vector, limits=BY_INDEX)
    assert found == as_sqlite_finds(stored, stored[0].vector)
    assert build_indexes(tables.raw, POSTGRES, "halfvec") == [name]
    assert kinds(tables) == ["halfvec"]


def test_two_who_build_at_once_leave_one_valid_index(tables, empty_postgres):
    tables.put(entries(400))

    def build(_: int) -> None:
        with psycopg.connect(empty_postgres, autocommit=True) as own:
            build_indexes(own, POSTGRES, "halfvec")

    with ThreadPoolExecutor(3) as builders:
        list(builders.map(build, range(3)))
    assert kinds(tables) == ["halfvec"]
    [(count,)] = tables.raw.execute(
        "SELECT count(*) FROM pg_class WHERE relname LIKE %s", (f"idx_{VECTOR_TABLE}_halfvec%",)
    ).fetchall()
    assert count == 1


def test_a_writer_is_not_held_up_by_a_build(tables, empty_postgres):
    """A build waits for transactions that began before it; they may go on writing meanwhile."""
    tables.put(entries(10))
    with psycopg.connect(empty_postgres) as writer, ThreadPoolExecutor(1) as builder:
        move = f"UPDATE {VECTOR_TABLE} SET task_category = %s WHERE pattern_id = %s"
        writer.execute(move, ("b", pattern_id(1)))

        def build() -> None:
            with psycopg.connect(empty_postgres, autocommit=True) as own:
                build_indexes(own, POSTGRES, "halfvec")

        building = builder.submit(build)
        while not tables.raw.execute("SELECT 1 FROM pg_stat_progress_create_index").fetchone():
            assert not building.done()
        writer.execute("SET lock_timeout = '5s'")
        writer.execute(move, ("b", pattern_id(2)))
        writer.commit()
        building.result()
    assert kinds(tables) == ["halfvec"]


def test_partitions_get_an_index_each_that_is_valid_as_a_whole(empty_postgres):
    with vector_tables(empty_postgres, 768, partitions=3) as tables:
        tables.put(entries(20))
        build_indexes(tables.raw, POSTGRES, "halfvec")
        assert kinds(tables) == ["halfvec"]
        build_indexes(tables.raw, POSTGRES, "bit")
        assert kinds(tables) == ["bit"]
        [(left,)] = tables.raw.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE %s", (f"idx_{VECTOR_TABLE}_halfvec%",)
        ).fetchall()
        assert left == 0


def test_dimensions_beyond_half_precision_are_indexed_by_bits(empty_postgres):
    with vector_tables(empty_postgres, 5_000) as tables:
        tables.put([Entry(id=pattern_id(1), vector=b"\1" * 5_000)])
        build_indexes(tables.raw, POSTGRES, "halfvec")
        assert kinds(tables) == ["bit"]


def test_a_role_held_to_its_namespace_searches_by_the_index_too(tables, empty_postgres):
    stored = entries(300)
    namespace = tables.put(stored)
    build_indexes(tables.raw, POSTGRES, "halfvec")
    tables.raw.execute("CREATE ROLE index_tenant")
    try:
        tables.raw.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO index_tenant")
        tables.raw.execute("SET ROLE index_tenant")
        tables.raw.execute("SELECT set_config('reasoningbank.namespace', %s, false)", (namespace,))
        tables.raw.execute("SET enable_sort = off")
        found = tables.nearest(namespace, stored[0].vector, limits=BY_INDEX)
        tables.raw.execute("RESET ROLE")
        tables.raw.execute("SELECT pg_stat_force_next_flush()")
        assert found == as_sqlite_finds(stored, stored[0].vector)
        [(walks,)] = tables.raw.execute(
            "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = %s",
            (index_name("halfvec", MODEL),),
        ).fetchall()
        assert walks == 1
    finally:
        tables.raw.execute("RESET ROLE")
        tables.raw.execute("DROP OWNED BY index_tenant; DROP ROLE index_tenant")
