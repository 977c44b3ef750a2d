"""The nearest stored vectors to a query, found in memory.

The index is a cache: it is filled from the stored vectors, follows every write, and can be thrown away at any time.
Up to `resident_limit` entries whole vectors are in memory and results are exact, by proof (`vector_rows`). Above it two
bits a dimension are (`vector_planes`): they choose candidates, which are read from the store and compared exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from threading import Lock
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reasoningbank.storage.vector_columns import (
    Doubles,
    Keys,
    Rows,
    Selection,
    Slots,
    exact_similarities,
    rank,
    with_room,
)
from reasoningbank.storage.vector_ids import (
    IdTable,
    format_ids,
    last_occurrences,
    pack_id,
    parse_ids,
)
from reasoningbank.storage.vector_planes import BitPlanes, sparse_words
from reasoningbank.storage.vector_rows import ResidentRows

FetchVectors: TypeAlias = Callable[[Sequence[str]], Sequence[bytes]]
Expiries: TypeAlias = "npt.NDArray[np.int64]"

# Counts of bits, and sums of squares, fit the integers they are kept in.
_LARGEST_DIMENSION = 65_535
_NEVER = np.iinfo(np.int64).max
# Writes wait until the next search, or until there are this many: one at a time, the numpy calls would cost more than
# the row in the database.
_PENDING_LIMIT = 256
# Rows that are widened to floating point at a time.
_BATCH = 1024
# Whole vectors come back into memory only well below the limit, so that a bank at the limit does not go back and forth.
_RETURN_SHARE = 0.75
_FETCH_STEP = 256
_FETCH_LIMIT = 4096
_EVERYTHING = float("-inf")


class VectorIndex:
    """Entries (id, category, int8 vector, expiry) and the nearest of them; safe to share between threads."""

    def __init__(
        self,
        dimension: int,
        *,
        fetch_vectors: FetchVectors | None = None,
        resident_limit: int = 131_072,
    ) -> None:
        """Start empty.

        `fetch_vectors(ids)` returns the stored int8 bytes of those ids, in their order, and empty bytes for an id that
        is gone. It is called above `resident_limit` entries, while the index is locked. Without it all vectors stay in
        memory.
        """
        if not 0 < dimension <= _LARGEST_DIMENSION:
            raise ValueError(f"dimension must be between 1 and {_LARGEST_DIMENSION}")
        self._dimension = dimension
        self._fetch_vectors = fetch_vectors
        self._resident_limit = resident_limit
        self._lock = Lock()
        self._pending: dict[bytes, tuple[str, bytes, int | None] | None] = {}
        self._ids = IdTable()
        self._store: ResidentRows | BitPlanes = ResidentRows(dimension)
        self._categories: npt.NDArray[np.unsignedinteger] = np.empty(64, np.uint16)
        self._category_codes: dict[str, int] = {}
        # Kept from the first entry that can expire; `_first_expiry` is at most the earliest of them.
        self._expires: Expiries | None = None
        self._first_expiry: int = _NEVER

    def __len__(self) -> int:
        with self._lock:
            self._settle()
            return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Bytes in use by the index, without scratch memory of a search."""
        with self._lock:
            self._settle()
            per_entry = self._categories.itemsize + (
                0 if self._expires is None else self._expires.itemsize
            )
            return self._ids.nbytes + self._store.nbytes + per_entry * len(self._ids)

    def upsert(
        self,
        ids: Sequence[str],
        categories: Sequence[str],
        vectors: Sequence[bytes] | Rows,
        expires_at_ms: Sequence[int | None],
    ) -> None:
        """Add these entries, or replace those whose id is known; of an id given twice the last counts.

        New entries of one call are put in order of category, so that a search within a category reads less: large
        calls make faster indexes.
        Raises ValueError, and changes nothing, when an id or a vector has the wrong size or the lengths differ.
        """
        if not len(ids) == len(categories) == len(vectors) == len(expires_at_ms):
            raise ValueError("ids, categories, vectors and expires_at_ms must have the same length")
        if len(ids) > _PENDING_LIMIT:
            keys, rows = parse_ids(ids), self._rows(vectors)
            with self._lock:
                self._settle()
                self._put(keys, categories, rows, expires_at_ms)
            return
        packed = [pack_id(id) for id in ids]
        stored = [self._bytes(vector) for vector in vectors]
        with self._lock:
            self._pending.update(
                zip(packed, zip(categories, stored, expires_at_ms, strict=True), strict=True)
            )
            self._settle_when_full()

    def remove(self, ids: Sequence[str]) -> None:
        """Forget these entries; unknown ids are ignored."""
        packed = [pack_id(id) for id in ids]
        with self._lock:
            self._pending.update(dict.fromkeys(packed))
            self._settle_when_full()

    def search(
        self,
        query: Rows,
        k: int,
        *,
        categories: Collection[str] | None = None,
        min_similarity: float | None = None,
        now_ms: int = 0,
    ) -> list[tuple[str, float]]:
        """Return the k nearest entries as (id, similarity): similarity descending, then id ascending.

        Similarity is dot / sqrt(n1 * n2) in double precision, from exact integers, 0.0 where a vector is zero. Entries
        with `expires_at_ms <= now_ms` and entries below `min_similarity` are left out.
        Raises ValueError when the query is not int8 of the index's dimension.
        """
        if query.dtype != np.int8 or query.shape != (self._dimension,):
            raise ValueError(f"query must be int8 of shape ({self._dimension},)")
        floor = _EVERYTHING if min_similarity is None else min_similarity
        with self._lock:
            self._settle()
            selection = self._select(categories, now_ms)
            k = min(k, len(selection))
            if k <= 0:
                return []
            slots, similarities = self._nearest(query, k, floor, selection)
            return self._ranked(slots, similarities, k, floor)

    def search_many(
        self,
        queries: Rows,
        k: int,
        *,
        min_similarity: float,
        categories: Collection[str] | None = None,
        now_ms: int = 0,
    ) -> list[list[tuple[str, float]]]:
        """Return what `search` returns for each query, quicker where few entries reach `min_similarity`."""
        if not len(queries):
            return []
        with self._lock:
            self._settle()
            if isinstance(self._store, ResidentRows):
                selection = self._select(categories, now_ms)
                return [
                    self._ranked(slots, self._exact(slots, query), k, min_similarity)
                    for query, slots in zip(
                        queries,
                        self._store.reaching(queries, min_similarity, selection),
                        strict=True,
                    )
                ]
        return [
            self.search(
                query, k, categories=categories, min_similarity=min_similarity, now_ms=now_ms
            )
            for query in queries
        ]

    def _ranked(
        self, slots: Slots, similarities: Doubles, k: int, floor: float
    ) -> list[tuple[str, float]]:
        slots, similarities = slots[similarities >= floor], similarities[similarities >= floor]
        best = rank(similarities, k, Selection(len(slots), slots), self._ids.keys)
        found = format_ids(self._ids.keys[slots[best]])
        return list(zip(found, similarities[best].tolist(), strict=True))

    # Searching

    def _select(self, categories: Collection[str] | None, now_ms: int) -> Selection:
        """Return what may be found: these categories, and nothing that has expired."""
        count = len(self._ids)
        slots: Slots | None = None
        if categories is not None:
            codes = [
                self._category_codes[name] for name in set(categories) & self._category_codes.keys()
            ]
            column = self._categories[:count]
            slots = np.flatnonzero(
                column == codes[0] if len(codes) == 1 else np.isin(column, codes)
            )
        if self._expires is not None and self._first_expiry <= now_ms:
            expires = self._expires[:count]
            self._first_expiry = int(expires.min(initial=_NEVER))
            if self._first_expiry <= now_ms:
                slots = (
                    np.flatnonzero(expires > now_ms)
                    if slots is None
                    else slots[expires[slots] > now_ms]
                )
        return Selection(count, slots)

    def _nearest(
        self, query: Rows, k: int, floor: float, selection: Selection
    ) -> tuple[Slots, Doubles]:
        """Return slots that contain the result, and their exact similarities."""
        if not query.any():
            return selection.slots(slice(None)), np.zeros(len(selection))
        if isinstance(self._store, BitPlanes):
            return self._nearest_by_estimate(self._store, query, k, selection)
        slots = self._store.candidates(query, k, floor, selection)
        return slots, self._exact(slots, query)

    def _exact(self, slots: Slots, query: Rows) -> Doubles:
        """Return the exact similarities of vectors that are in memory."""
        assert isinstance(self._store, ResidentRows)
        similarities = np.empty(len(slots))
        for first in range(0, len(slots), _BATCH):
            part = slice(first, first + _BATCH)
            similarities[part] = exact_similarities(self._store.read(slots[part]), query)
        return similarities

    def _nearest_by_estimate(
        self, planes: BitPlanes, query: Rows, k: int, selection: Selection
    ) -> tuple[Slots, Doubles]:
        """Read candidates in the order of their estimates until a whole step adds nothing to the k best."""
        step = max(_FETCH_STEP, 4 * k)
        if len(selection) <= step:
            candidates = selection.slots(slice(None))
        else:
            likely, estimates = planes.estimates(query, selection)
            limit = max(_FETCH_LIMIT, 2 * step)
            candidates = likely.slots(rank(estimates, limit, likely, self._ids.keys))
        slots, similarities = self._fetch_similarities(candidates[:step], query)
        for first in range(step, len(candidates), step):
            more, more_similarities = self._fetch_similarities(
                candidates[first : first + step], query
            )
            known = len(slots)
            slots = np.concatenate((slots, more))
            similarities = np.concatenate((similarities, more_similarities))
            best = rank(similarities, k, Selection(len(slots), slots), self._ids.keys)
            slots, similarities = slots[best], similarities[best]
            if known >= k and bool(np.all(best < known)):
                break
        return slots, similarities

    def _fetch_similarities(self, slots: Slots, query: Rows) -> tuple[Slots, Doubles]:
        """Return those of the slots that are still stored, and their exact similarities."""
        slots, rows = self._fetch(slots)
        return slots, exact_similarities(rows, query)

    def _fetch(self, slots: Slots) -> tuple[Slots, Rows]:
        """Return those of the slots that are still stored, and their vectors."""
        assert self._fetch_vectors is not None
        vectors = self._fetch_vectors(format_ids(self._ids.keys[slots]))
        stored = np.fromiter(map(bool, vectors), bool, len(vectors))
        return slots[stored], self._rows([vector for vector in vectors if vector])

    # Writing

    def _settle_when_full(self) -> None:
        if len(self._pending) > _PENDING_LIMIT:
            self._settle()

    def _settle(self) -> None:
        """Carry out the waiting writes."""
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        added = {key: entry for key, entry in pending.items() if entry is not None}
        if len(added) < len(pending):
            self._take_out(_keys(key for key, entry in pending.items() if entry is None))
        if added:
            categories, vectors, expires = zip(*added.values(), strict=True)
            self._put(_keys(added), categories, self._rows(vectors), expires)

    def _put(
        self, keys: Keys, categories: Sequence[str], rows: Rows, expires_at_ms: Sequence[int | None]
    ) -> None:
        known = self._category_codes
        codes = np.array([known.setdefault(name, len(known)) for name in categories], np.uint32)
        expires = np.array(
            [_NEVER if moment is None else moment for moment in expires_at_ms], np.int64
        )
        chosen = last_occurrences(keys)
        slots = self._ids.find(keys[chosen])
        old = slots >= 0
        self._write(slots[old], codes[chosen[old]], expires[chosen[old]])
        for part in _batches(np.flatnonzero(old)):
            self._store.replace(slots[part], rows[chosen[part]])
        new = chosen[~old]
        new = new[np.argsort(codes[new], kind="stable")]
        first = self._ids.append(keys[new])
        self._write(np.arange(first, len(self._ids)), codes[new], expires[new])
        for part in _batches(new):
            self._store.extend(rows[part])
            self._choose_store()

    def _take_out(self, keys: Keys) -> None:
        slots = self._ids.find(keys)
        gaps, sources = self._ids.remove(slots[slots >= 0])
        self._categories[gaps] = self._categories[sources]
        if self._expires is not None:
            self._expires[gaps] = self._expires[sources]
        self._store.close_gaps(gaps, sources, len(self._ids))
        self._choose_store()

    def _write(self, slots: Slots, codes: npt.NDArray[np.uint32], expires: Expiries) -> None:
        """Set category and expiry of these slots."""
        if len(self._category_codes) > np.iinfo(self._categories.dtype).max:
            self._categories = self._categories.astype(np.uint32)
        self._categories = with_room(self._categories, len(self._ids))
        self._categories[slots] = codes
        earliest = int(expires.min(initial=_NEVER))
        if self._expires is None:
            if earliest == _NEVER:
                return
            self._expires = np.full(len(self._categories), _NEVER, np.int64)
        self._expires = with_room(self._expires, len(self._categories))
        self._expires[slots] = expires
        self._first_expiry = min(self._first_expiry, earliest)

    def _choose_store(self) -> None:
        """Keep whole vectors or bit planes, whichever the number of entries asks for."""
        count = len(self._store)
        if isinstance(self._store, ResidentRows):
            if self._fetch_vectors is not None and count > self._resident_limit:
                self._store = _as_planes(self._store, self._dimension)
        elif count < self._resident_limit * _RETURN_SHARE:
            self._store = self._as_rows(count)

    def _as_rows(self, count: int) -> ResidentRows:
        resident = ResidentRows(self._dimension)
        for part in _batches(np.arange(count)):
            stored, rows = self._fetch(part)
            whole = np.zeros((len(part), self._dimension), np.int8)
            whole[stored - part[0]] = rows
            resident.extend(whole)
        return resident

    def _rows(self, vectors: Sequence[bytes] | Rows) -> Rows:
        if not isinstance(vectors, np.ndarray):
            if any(len(vector) != self._dimension for vector in vectors):
                raise ValueError(f"vectors must have {self._dimension} bytes each")
            vectors = np.frombuffer(b"".join(vectors), np.int8).reshape(-1, self._dimension)
        if vectors.dtype != np.int8 or vectors.shape[1:] != (self._dimension,):
            raise ValueError(f"vectors must be int8 of shape (n, {self._dimension})")
        return vectors

    def _bytes(self, vector: bytes | Rows) -> bytes:
        stored = vector.tobytes() if isinstance(vector, np.ndarray) else vector
        if len(stored) != self._dimension:
            raise ValueError(f"vectors must have {self._dimension} bytes each")
        return stored


def _as_planes(resident: ResidentRows, dimension: int) -> BitPlanes:
    sample = resident.read(
        np.linspace(0, len(resident) - 1, min(len(resident), 2048)).astype(np.int64)
    )
    planes = BitPlanes(dimension, sparse_words(sample))
    for rows in resident.drain():
        planes.extend(rows)
    return planes


def _keys(packed: Iterable[bytes]) -> Keys:
    return np.frombuffer(b"".join(packed), ">u8").astype(np.uint64).reshape(-1, 2)


def _batches(numbers: Slots) -> Iterable[Slots]:
    return (numbers[first : first + _BATCH] for first in range(0, len(numbers), _BATCH))
