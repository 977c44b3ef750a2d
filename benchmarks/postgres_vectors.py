"""How vectors load, how their index is built, and what it finds: rows of vectors alone, one namespace, made-up clusters."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int4, Int8

from reasoningbank.benchmark.timing import Spread
from reasoningbank.storage.postgres.connection import PostgresConnection
from reasoningbank.storage.postgres.dialects import POSTGRES, VECTOR_TABLE, IndexKind, index_name
from reasoningbank.storage.postgres.preambles import Reading
from reasoningbank.storage.postgres.vector_encoding import to_wire
from reasoningbank.storage.postgres.vector_indexes import build_indexes
from reasoningbank.storage.postgres.vector_search import SearchLimits, nearest
from reasoningbank.storage.postgres.vectors import VectorRow, put_vectors

Vectors = npt.NDArray[np.int8]

DIMENSION = 768
MODEL = 1
NAMESPACE = "everything"
NOW = "2026-01-01T00:00:00.000Z"
TOP = 10
QUERIES = 100
WIDTHS = {"17 %": 0.17, "4 %": 0.04, "0.4 %": 0.004, "0.1 %": 0.001, "0.01 %": 0.0001}
"""Share of the rows in each category; the others are in one more."""
EVERYTHING = "100 %"
_LATENT, _CENTRES, _PART = 40, 4_000, 10_000
_VALUES_ROWS = 20_000
_COPY = f"""
COPY {VECTOR_TABLE} (namespace, pattern_id, model, task_category, state, expires_at, squared_norm, checksum, embedding)
FROM STDIN (FORMAT BINARY)
"""
_SIZES = f"""
SELECT pg_relation_size(c.oid), pg_relation_size(c.reltoastrelid),
    pg_relation_size('{VECTOR_TABLE}_pkey'), pg_relation_size('idx_{VECTOR_TABLE}_category')
FROM pg_class c WHERE c.oid = '{VECTOR_TABLE}'::regclass
"""  # noqa: S608 - constants


class IndexFigures(msgspec.Struct, kw_only=True):
    """One kind of index: built how fast, how large, and per filter width what it found and how quickly (µs)."""

    kind: IndexKind
    build_seconds: float
    bytes_per_row: float
    recall: dict[str, float]
    times: dict[str, Spread]


class VectorFigures(msgspec.Struct, kw_only=True):
    rows: int
    copy_rows_per_second: float
    values_rows_per_second: float
    heap_bytes: float
    toast_bytes: float
    btree_bytes: float
    exact: dict[str, Spread]
    indexes: list[IndexFigures]
    load: float


class _WireDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: Any) -> bytes:
        return bytes(obj)


class _Wire(bytes):
    __slots__ = ()


def clustered(count: int, seed: int) -> Vectors:
    """Give vectors about 4,000 centres in a space of 40 dimensions laid into 768, with noise in all."""
    space = np.random.default_rng(98).normal(size=(_LATENT, DIMENSION))
    centres = np.random.default_rng(99).normal(size=(_CENTRES, _LATENT))
    chance = np.random.default_rng(seed)
    rows = np.empty((count, DIMENSION), np.int8)
    for first in range(0, count, _PART):
        part = min(_PART, count - first)
        middle = centres[chance.integers(0, _CENTRES, part)]
        exact = (middle + 0.5 * chance.normal(size=(part, _LATENT))) @ space
        exact += 0.3 * chance.normal(size=(part, DIMENSION))
        exact *= 127 / np.abs(exact).max(axis=1, keepdims=True)
        rows[first : first + part] = np.floor(exact + 0.5)
    return rows


def categories(count: int) -> list[str]:
    """Give each row its category."""
    drawn = np.random.default_rng(5).random(count)
    borders = np.cumsum(list(WIDTHS.values()))
    names = [*WIDTHS, "others"]
    return [names[at] for at in np.searchsorted(borders, drawn, side="right").tolist()]


def measure(
    dsn: str, rows: int, kinds: tuple[IndexKind, ...], say: Callable[[str], None], *, memory: int
) -> VectorFigures:
    """Fill an empty bank's table of vectors and measure it."""
    raw = psycopg.connect(dsn, autocommit=True)
    raw.adapters.register_dumper(_Wire, _WireDumper)
    connection = PostgresConnection(raw, prepared=True)
    raw.execute(f"TRUNCATE {VECTOR_TABLE}, category_counts")
    by_values = _load_by_values(raw, connection, min(rows, _VALUES_ROWS))
    raw.execute(f"TRUNCATE {VECTOR_TABLE}")
    by_copy = _load(raw, rows)
    say(f"{rows:,} vectors copied, {by_copy:,.0f} a second")
    heap, toast, primary, category = raw.execute(_SIZES).fetchall()[0]
    queries = clustered(QUERIES, seed=777)
    exact: dict[str, Spread] = {}
    truth: dict[str, list[list[tuple[str, float]]]] = {}
    for width in (EVERYTHING, *WIDTHS):
        truth[width], exact[width] = _searched(connection, queries, width, rows)
        say(f"exact, {width}: {exact[width].p50 / 1000:.1f} ms")
    indexes: list[IndexFigures] = []
    for kind in kinds:
        begun = time.perf_counter()
        with psycopg.connect(dsn, autocommit=True) as owner:
            build_indexes(owner, POSTGRES, kind, memory=memory)
        figures = IndexFigures(
            kind=kind,
            build_seconds=time.perf_counter() - begun,
            bytes_per_row=_size(raw, kind) / rows,
            recall={},
            times={},
        )
        say(f"index {kind} built in {figures.build_seconds:.0f} s")
        for width in (EVERYTHING, *WIDTHS):
            found, figures.times[width] = _searched(connection, queries, width, None)
            figures.recall[width] = _recall(found, truth[width])
            say(
                f"{kind}, {width}: {figures.recall[width]:.4f}, {figures.times[width].p50 / 1000:.1f} ms"
            )
        indexes.append(figures)
    raw.close()
    return VectorFigures(
        rows=rows,
        copy_rows_per_second=by_copy,
        values_rows_per_second=by_values,
        heap_bytes=heap / rows,
        toast_bytes=(toast or 0) / rows,
        btree_bytes=(primary + category) / rows,
        exact=exact,
        indexes=indexes,
        load=round(os.getloadavg()[0], 1),
    )


def _load(raw: psycopg.Connection[Any], rows: int) -> float:
    of_row = categories(rows)
    taken = 0.0
    for first in range(0, rows, 10 * _PART):
        part = clustered(min(10 * _PART, rows - first), seed=first)
        norms = np.einsum("ij,ij->i", part, part, dtype=np.int64).tolist()
        begun = time.perf_counter()
        with raw.transaction(), raw.cursor() as cursor, cursor.copy(_COPY) as copy:
            for at, vector in enumerate(part, first):
                copy.write_row(
                    (
                        NAMESPACE, pattern_id(at), Int8(MODEL), of_row[at], "active", None,
                        Int4(norms[at - first]), Int8(0), _Wire(to_wire(vector.tobytes(), "halfvec")),
                    )
                )  # fmt: skip
        taken += time.perf_counter() - begun
    raw.execute(
        "INSERT INTO embedding_models VALUES (%s, %s, 'made-up', %s, '1') ON CONFLICT DO NOTHING",
        (NAMESPACE, MODEL, DIMENSION),
    )
    for category in set(of_row):
        raw.execute(
            "INSERT INTO category_counts VALUES (%s, %s, 0, %s, 0)",
            (NAMESPACE, category, of_row.count(category)),
        )
    raw.execute(f"VACUUM ANALYZE {VECTOR_TABLE}")
    return rows / taken


def _load_by_values(
    raw: psycopg.Connection[Any], connection: PostgresConnection, rows: int
) -> float:
    """Store as the bank does, a thousand in a transaction."""
    vectors = [
        VectorRow(
            pattern_id=pattern_id(at), task_category="a", state="active", expires_at=None,
            vector=vector.tobytes(), checksum=0,
        )
        for at, vector in enumerate(clustered(rows, seed=1))
    ]  # fmt: skip
    begun = time.perf_counter()
    for first in range(0, rows, 1_000):
        with raw.transaction():
            put_vectors(connection, NAMESPACE, MODEL, vectors[first : first + 1_000])
            connection.flush()
    return rows / (time.perf_counter() - begun)


def _searched(
    connection: PostgresConnection, queries: Vectors, width: str, exact_rows: int | None
) -> tuple[list[list[tuple[str, float]]], Spread]:
    limits = SearchLimits() if exact_rows is None else SearchLimits(exact_rows=exact_rows)
    found: list[list[tuple[str, float]]] = []
    taken: list[int] = []
    for query in queries:
        begun = time.perf_counter_ns()
        connection.begin(Reading(NAMESPACE, 0, moment=True))
        found.append(
            nearest(
                connection, NAMESPACE, MODEL, DIMENSION, query.tobytes(), TOP,
                category=None if width == EVERYTHING else width,
                min_similarity=None, now=NOW, limits=limits,
            )
        )  # fmt: skip
        connection.commit()
        taken.append(time.perf_counter_ns() - begun)
    return found, Spread.of(taken)


def _recall(found: list[list[tuple[str, float]]], wanted: list[list[tuple[str, float]]]) -> float:
    """Give the share of what comparing everything finds; of equal similarities any counts."""
    shares = [
        sum(value >= best[-1][1] for _, value in some) / len(best)
        for some, best in zip(found, wanted, strict=True)
        if best
    ]
    return float(np.mean(shares))


def _size(raw: psycopg.Connection[Any], kind: IndexKind) -> int:
    [(size,)] = raw.execute("SELECT pg_relation_size(%s::regclass)", (index_name(kind, MODEL),))
    return int(size)


def pattern_id(number: int) -> str:
    return f"0190b0c0-0000-7000-8000-{number:012x}"
