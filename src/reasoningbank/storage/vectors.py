"""Exact cosine top k over int8 vectors held in memory.

The index is a cache: it is filled from the stored vectors, follows every write, and can be thrown away at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from threading import Lock
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reasoningbank.storage.vector_ids import IdTable, Slots, format_ids, last_occurrences, parse_ids

FetchVectors: TypeAlias = Callable[[Sequence[str]], Sequence[bytes]]

_CHUNK_ROWS = 512
_NEVER = np.iinfo(np.int64).max


class VectorIndex:
    """Find the vectors nearest to a query, among all or within categories; safe to share between threads."""

    def __init__(
        self,
        dimension: int,
        *,
        fetch_vectors: FetchVectors | None = None,
        resident_limit: int = 131_072,
    ) -> None:
        """Start empty.

        `fetch_vectors(ids)` returns the stored int8 bytes of those ids, in their order, and empty bytes for an id that
        is gone. It is called above `resident_limit` entries, where whole vectors no longer stay in memory.
        """
        self._dimension = dimension
        self._fetch_vectors = fetch_vectors
        self._resident_limit = resident_limit
        self._lock = Lock()
        self._ids = IdTable()
        self._vectors: npt.NDArray[np.int8] = np.empty((64, dimension), np.int8)
        self._categories: npt.NDArray[np.int32] = np.empty(64, np.int32)
        self._expires: npt.NDArray[np.int64] = np.empty(64, np.int64)
        self._category_codes: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def nbytes(self) -> int:
        """Bytes in use by the index."""
        return self._ids.nbytes + len(self) * (self._dimension + 12)

    def upsert(
        self,
        ids: Sequence[str],
        categories: Sequence[str],
        vectors: Sequence[bytes] | npt.NDArray[np.int8],
        expires_at_ms: Sequence[int | None],
    ) -> None:
        """Add these entries, or replace those whose id is known; of an id given twice the last counts."""
        if not len(ids):
            return
        keys = parse_ids(ids)
        rows = self._rows(vectors, len(ids))
        codes = np.array(
            [self._category_codes.setdefault(c, len(self._category_codes)) for c in categories],
            np.int32,
        )
        expires = np.array([_NEVER if e is None else e for e in expires_at_ms], np.int64)
        with self._lock:
            last = last_occurrences(keys)
            if last is not None:
                keys, rows, codes, expires = keys[last], rows[last], codes[last], expires[last]
            slots = self._ids.find(keys)
            new = slots < 0
            first = self._ids.append(keys[new])
            slots[new] = np.arange(first, len(self._ids))
            self._reserve(len(self._ids))
            self._vectors[slots] = rows
            self._categories[slots] = codes
            self._expires[slots] = expires

    def remove(self, ids: Sequence[str]) -> None:
        """Forget these entries; unknown ids are ignored."""
        if not len(ids):
            return
        with self._lock:
            slots = np.unique(self._ids.find(parse_ids(ids)))
            gaps, sources = self._ids.remove(slots[slots >= 0])
            for column in (self._vectors, self._categories, self._expires):
                column[gaps] = column[sources]

    def search(
        self,
        query: npt.NDArray[np.int8],
        k: int,
        *,
        categories: Collection[str] | None = None,
        min_similarity: float | None = None,
        now_ms: int = 0,
    ) -> list[tuple[str, float]]:
        """Return the k nearest entries as (id, similarity): similarity descending, then id ascending.

        Similarity is dot / sqrt(n1 * n2) in double precision, from exact integers, 0.0 where a vector is zero. Entries
        with `expires_at_ms <= now_ms` and entries below `min_similarity` are left out.
        """
        with self._lock:
            slots = self._eligible(categories, now_ms)
            similarities = self._similarities(query, slots)
            if min_similarity is not None:
                near = similarities >= min_similarity
                slots, similarities = slots[near], similarities[near]
            keys = self._ids.keys[slots]
            best = np.lexsort((keys[:, 1], keys[:, 0], -similarities))[: max(k, 0)]
            return list(zip(format_ids(keys[best]), similarities[best].tolist(), strict=True))

    def _rows(
        self, vectors: Sequence[bytes] | npt.NDArray[np.int8], count: int
    ) -> npt.NDArray[np.int8]:
        if not isinstance(vectors, np.ndarray):
            if any(len(vector) != self._dimension for vector in vectors):
                raise ValueError(f"vectors must have {self._dimension} bytes each")
            vectors = np.frombuffer(b"".join(vectors), np.int8).reshape(-1, self._dimension)
        if vectors.shape != (count, self._dimension) or vectors.dtype != np.int8:
            raise ValueError(f"vectors must be int8 of shape ({count}, {self._dimension})")
        return vectors

    def _reserve(self, count: int) -> None:
        capacity = len(self._categories)
        if count > capacity:
            capacity = max(count, capacity * 3 // 2)
            self._vectors = np.resize(self._vectors, (capacity, self._dimension))
            self._categories = np.resize(self._categories, capacity)
            self._expires = np.resize(self._expires, capacity)

    def _eligible(self, categories: Collection[str] | None, now_ms: int) -> Slots:
        count = len(self._ids)
        eligible = self._expires[:count] > now_ms
        if categories is not None:
            codes = [self._category_codes[c] for c in set(categories) if c in self._category_codes]
            eligible &= np.isin(self._categories[:count], codes)
        return np.flatnonzero(eligible)

    def _similarities(self, query: npt.NDArray[np.int8], slots: Slots) -> npt.NDArray[np.float64]:
        exact_query = query.astype(np.float64)
        query_norm = exact_query @ exact_query
        similarities = np.zeros(len(slots))
        for start in range(0, len(slots), _CHUNK_ROWS):
            rows = self._vectors[slots[start : start + _CHUNK_ROWS]].astype(np.float64)
            norms = np.sqrt(np.einsum("ij,ij->i", rows, rows) * query_norm)
            np.divide(
                rows @ exact_query,
                norms,
                out=similarities[start : start + _CHUNK_ROWS],
                where=norms > 0,
            )
        return similarities
