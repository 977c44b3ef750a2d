"""Nearest patterns: vectors cached in memory, brought up to date inside each query's snapshot."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

import apsw

from reasoningbank.domain.errors import InvalidInput, StorageCorrupt
from reasoningbank.domain.pattern import SimilarPattern
from reasoningbank.domain.recall import Hidden, Neighbour
from reasoningbank.domain.records import EmbeddingModel, SimilarityQuery
from reasoningbank.domain.timestamps import parse_timestamp
from reasoningbank.storage.sql import neighbours
from reasoningbank.storage.sql.connection import SqlValue
from reasoningbank.storage.sql.models import model_for_search
from reasoningbank.storage.sql.verification import Reads
from reasoningbank.storage.sqlite import changes
from reasoningbank.storage.sqlite.connections import Connections
from reasoningbank.storage.sqlite.engine import SQLITE
from reasoningbank.storage.sqlite.vector_reads import VectorReads

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from reasoningbank.storage.vectors import VectorIndex

_LOAD_ROWS: Final = 256  # larger portions load no quicker, and each leaves its memory behind

# Reading single rows costs about three times as much as the same row in a scan.
_REBUILD_SHARE: Final = 3

_CACHE_BYTES: Final = 512 * 1024 * 1024
"""Indexes of namespaces not asked for lately are dropped above this; the last one always stays."""


class _CachedIndex:
    """The vectors of one namespace and model, and how far into the log they are up to date."""

    __slots__ = ("index", "number", "seen")

    def __init__(self, index: VectorIndex, number: int, seen: int) -> None:
        self.index = index
        self.number = number
        self.seen = seen


class SimilaritySearch:
    """Find the nearest patterns of a bank.

    Each query runs in one read transaction: look at the end of the ``changes`` log, bring the
    cached vectors up to date from it, search, read the rows found. So whatever any connection of
    any process committed before the query began is found, and nothing half-done is. The end of
    the log is one look-up in the same snapshot (2 µs); unlike ``PRAGMA data_version`` it also
    sees the writes of the connection it runs on, which a bank in memory needs.
    """

    def __init__(self, connections: Connections, reads: Reads, vector_reads: VectorReads) -> None:
        self._connections = connections
        self._reads = reads
        self._vector_reads = vector_reads
        self._lock = threading.Lock()
        self._cached: OrderedDict[str, _CachedIndex] = OrderedDict()

    def nearest(self, query: SimilarityQuery) -> list[SimilarPattern]:
        """Give the k nearest active patterns, best first, ties by id."""
        with self._snapshot() as connection:
            number = model_for_search(connection, query.namespace, query.model)
            return [] if number is None else self._found(connection, query, number)

    def nearest_many(
        self,
        namespace: str,
        model: EmbeddingModel,
        queries: Sequence[tuple[str, bytes]],
        k: int,
        *,
        min_similarity: float,
        now_ms: int,
    ) -> list[list[SimilarPattern]]:
        """Give, for each (category, vector), the k nearest active patterns of that category.

        Each category is searched in a moment of its own, so that other searches get their turn.
        """
        found: list[list[SimilarPattern]] = [[] for _ in queries]
        of_category: dict[str, list[int]] = {}
        for at, (category, _) in enumerate(queries):
            of_category.setdefault(category, []).append(at)
        for category, positions in of_category.items():
            vectors = [queries[at][1] for at in positions]
            with self._snapshot() as connection:
                number = model_for_search(connection, namespace, model)
                if number is None:
                    return found
                with self._whole_index(connection, namespace, number, model.dimension) as index:
                    answers = index.search_many(
                        _rows(vectors),
                        k,
                        categories=(category,),
                        min_similarity=min_similarity,
                        now_ms=now_ms,
                    )
                for at, answer in zip(positions, answers, strict=True):
                    found[at] = neighbours.patterns(connection, self._reads, namespace, answer)
        return found

    def neighbours(
        self, query: SimilarityQuery, *, vectors: bool
    ) -> tuple[list[Neighbour], Hidden]:
        """Give the k nearest with what their outcomes say, and how many were kept out."""
        with self._snapshot() as connection:
            hidden = neighbours.hidden(connection, query)
            number = model_for_search(connection, query.namespace, query.model)
            if number is None:
                return [], hidden
            found = self._found(connection, query, number)
            known = neighbours.with_outcomes(
                connection, query.namespace, number, found, vectors=vectors
            )
            return known, hidden

    def in_memory(self) -> tuple[int, int, int | None]:
        """Give how many vectors are in memory, their bytes, and how far in the log the oldest are."""
        # Without the lock: a search that takes long must not hold up who only asks how it stands.
        cached = list(self._cached.values())
        return (
            sum(len(one.index) for one in cached),
            sum(one.index.nbytes for one in cached),
            min((one.seen for one in cached), default=None),
        )

    @contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        """Lend a connection in one read transaction, to one search at a time."""
        self._connections.check()  # a lock that another thread held during a fork is never let go
        with self._lock, self._connections.moment() as connection:
            self._fetching = connection
            yield connection

    def _found(
        self, connection: apsw.Connection, query: SimilarityQuery, number: int
    ) -> list[SimilarPattern]:
        import numpy as np  # not before the first vector

        vector = np.frombuffer(query.vector, np.int8)
        with self._whole_index(connection, query.namespace, number, len(vector)) as index:
            found = index.search(
                vector,
                query.k,
                categories=None if query.category is None else (query.category,),
                min_similarity=query.min_similarity,
                now_ms=query.now_ms,
            )
        return neighbours.patterns(connection, self._reads, query.namespace, found)

    @contextmanager
    def _whole_index(
        self, connection: apsw.Connection, namespace: str, number: int, dimension: int
    ) -> Iterator[VectorIndex]:
        """Lend the namespace's index as of the connection's snapshot."""
        try:
            yield self._current(connection, namespace, number, dimension)
        except BaseException:
            # Stopped half-way, by damage or an interrupt, the index may be half of anything.
            self._cached.pop(namespace, None)
            raise

    def _current(
        self, connection: apsw.Connection, namespace: str, number: int, dimension: int
    ) -> VectorIndex:
        """Give the namespace's index as of the connection's snapshot."""
        first, last = changes.ends(connection)
        cached = self._cached.get(namespace)
        if cached is None or cached.number != number or not first - 1 <= cached.seen <= last:
            cached = self._load(connection, namespace, number, dimension, last)
        elif last > cached.seen:
            if (last - cached.seen) * _REBUILD_SHARE > len(cached.index) + _LOAD_ROWS:
                cached = self._load(connection, namespace, number, dimension, last)
            else:
                self._catch_up(connection, namespace, cached, last)
        self._cached[namespace] = cached
        self._cached.move_to_end(namespace)
        self._drop_oldest()
        return cached.index

    def _load(
        self, connection: apsw.Connection, namespace: str, number: int, dimension: int, last: int
    ) -> _CachedIndex:
        from reasoningbank.storage.vectors import VectorIndex  # imports numpy

        self._cached.pop(namespace, None)  # let go of the old one before the new one grows

        def fetch_vectors(ids: Sequence[str]) -> list[bytes]:
            found = SQLITE.stored_vectors(self._fetching, namespace, number, ids)
            return [found.get(pattern_id, b"") for pattern_id in ids]

        index = VectorIndex(dimension, fetch_vectors=fetch_vectors)
        cursor = connection.execute(self._vector_reads.load, (namespace, number))
        while rows := list(islice(cursor, _LOAD_ROWS)):
            _upsert(index, self._vector_reads.vectors(rows))
        return _CachedIndex(index, number, last)

    def _catch_up(
        self, connection: apsw.Connection, namespace: str, cached: _CachedIndex, last: int
    ) -> None:
        changed = (cached.seen, namespace, cached.number)
        rows = self._vector_reads.vectors(
            connection.execute(self._vector_reads.changed, changed).fetchall()
        )
        gone = [str(row[0]) for row in rows if row[3] is None]
        if gone:
            cached.index.remove(gone)
        present = [row for row in rows if row[3] is not None]
        if present:
            _upsert(cached.index, present)
        cached.seen = last

    def _drop_oldest(self) -> None:
        total = sum(cached.index.nbytes for cached in self._cached.values())
        while total > _CACHE_BYTES and len(self._cached) > 1:
            _, dropped = self._cached.popitem(last=False)
            total -= dropped.index.nbytes


def _rows(vectors: Sequence[bytes]) -> npt.NDArray[np.int8]:
    import numpy as np  # not before the first vector

    return np.frombuffer(b"".join(vectors), np.int8).reshape(len(vectors), -1)


def _upsert(index: VectorIndex, rows: Sequence[Sequence[SqlValue]]) -> None:
    ids, categories, expiries, vectors = zip(*rows, strict=True)
    try:
        expiry_times = [
            None if expiry is None else parse_timestamp(expiry, "expires_at") for expiry in expiries
        ]
        index.upsert(ids, categories, vectors, expiry_times)
    except (ValueError, TypeError, AttributeError, InvalidInput) as error:
        raise StorageCorrupt(
            f"holds vectors that cannot be searched: {error}",
            hint="Run `reasoningbank doctor`, which names them, and `reasoningbank reembed`.",
        ) from error
