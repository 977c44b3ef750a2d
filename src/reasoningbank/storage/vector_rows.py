"""Whole int8 vectors in memory, searched exactly without reading most of them.

Vectors are kept in blocks of 1,024, dimension by dimension, so that a query can start with the
dimensions in which it is large. After some of them, what a vector can still gain is bounded by
Cauchy-Schwarz: with both vectors scaled to length 1, partial sum p, and s the length of the query's
dimensions that are still to come,

    similarity <= p + s * sqrt(1 - p^2 / (1 - s^2)).

Vectors whose bound stays under a similarity that k vectors reach are out, with certainty. Of 100,000
built-in embeddings, the 128 largest of 768 dimensions leave a few hundred, which are finished one by
one. A query for which the bound says little reads more dimensions, at worst all in which it is not
zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from reasoningbank.storage.vector_columns import (
    Floats,
    Rows,
    Selection,
    Slots,
    squared_norms,
    with_room,
)

_BLOCK = 1024
_BLOCK_BITS = 10
# Dimensions of a block that are widened to float32 at a time: 128 x 1,024 fit a second-level cache,
# and stay below the size at which OpenBLAS starts threads.
_TILE_DIMENSIONS = 128
_FIRST_DIMENSIONS = 128
_MORE_DIMENSIONS = 96
# Few vectors: one pass over all dimensions costs less than deciding after each step.
_SINGLE_PASS_ENTRIES = 2048
# Finishing one vector alone costs about as much as the next dimensions of this many in a scan.
_SCAN_PER_FINISH = 32
# Reading this many vectors per block whole costs about as much as scanning the block.
_READS_PER_BLOCK = 16
# Reading so few vectors costs less than sorting them by block.
_READ_ONE_BY_ONE = 16


class ResidentRows:
    """Vectors in slots 0..n-1."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._count = 0
        self._blocks: list[Rows] = []
        self._inverse_norms: Floats = np.empty(64, np.float32)
        # Float32 sums of up to `dimension` products, the norms and two roundings more.
        self._slack = (dimension + 8) * 2.0**-23

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return len(self._blocks) * _BLOCK * self._dimension + 4 * self._count

    def extend(self, rows: Rows) -> None:
        """Put these vectors into the next slots."""
        first = self._count
        self._count = first + len(rows)
        self._inverse_norms = with_room(self._inverse_norms, self._count)
        self._inverse_norms[first : self._count] = _inverse_norms(rows)
        while len(self._blocks) * _BLOCK < self._count:
            self._blocks.append(np.zeros((self._dimension, _BLOCK), np.int8))
        for block in range(first >> _BLOCK_BITS, len(self._blocks)):
            start = max(first, block * _BLOCK)
            stop = min(self._count, (block + 1) * _BLOCK)
            columns = slice(start - block * _BLOCK, stop - block * _BLOCK)
            self._blocks[block][:, columns] = rows[start - first : stop - first].T

    def replace(self, slots: Slots, rows: Rows) -> None:
        """Overwrite the vectors in these slots."""
        self._inverse_norms[slots] = _inverse_norms(rows)
        for block, column, row in zip(*_addresses(slots), rows, strict=True):
            self._blocks[block][:, column] = row

    def close_gaps(self, gaps: Slots, sources: Slots, remaining: int) -> None:
        """Move the vectors in sources[i] to gaps[i] and keep the first `remaining` slots."""
        self.replace(gaps, self.read(sources))
        self._count = remaining
        del self._blocks[(remaining + _BLOCK - 1) >> _BLOCK_BITS :]

    def read(self, slots: Slots) -> Rows:
        """Return the vectors in these slots, one per row."""
        rows = np.empty((len(slots), self._dimension), np.int8)
        if len(slots) <= _READ_ONE_BY_ONE:
            for row, block, column in zip(rows, *_addresses(slots), strict=True):
                row[:] = self._blocks[block][:, column]
            return rows
        order = np.argsort(slots, kind="stable")
        for start, stop, columns in self._columns(slots[order]):
            rows[order[start:stop]] = columns.T
        return rows

    def drain(self) -> Iterator[Rows]:
        """Yield all vectors in slot order, one block of them at a time, giving their memory back."""
        while self._blocks:
            yield np.ascontiguousarray(self._blocks.pop(0).T[: self._count])
            self._count = max(0, self._count - _BLOCK)

    def candidates(self, query: Rows, k: int, floor: float, selection: Selection) -> Slots:
        """Return slots that hold the k most similar of a selection, and all that tie with the last of them.

        Those less similar than `floor` may be left out. The query must not be zero, k at most the selection's length.
        """
        blocks = selection.blocks(_BLOCK)
        seeds = k + 8
        if len(selection) <= max(seeds, _READS_PER_BLOCK * len(blocks)):
            return selection.slots(slice(None))
        scan = _Scan(query, len(selection))
        places = selection.places(_BLOCK)
        scale = selection.values(self._inverse_norms) * scan.inverse_norm
        cosines = self._dot_products(query, scan.step(), blocks)[places] * scale
        best = np.sort(np.argpartition(cosines, len(selection) - seeds)[len(selection) - seeds :])
        reached = cosines[best]
        if not scan.complete:
            rest = self._few_products(query, scan.rest(), selection.slots(best))
            reached += rest * scale[best]
        lowest = max(floor, float(np.partition(reached, seeds - k)[seeds - k])) - self._slack
        near = np.flatnonzero(cosines >= scan.least_partial(lowest) - self._slack)
        while len(near) * _SCAN_PER_FINISH > len(selection) and not scan.complete:
            cosines += self._dot_products(query, scan.step(), blocks)[places] * scale
            near = np.flatnonzero(cosines >= scan.least_partial(lowest) - self._slack)
        slots = selection.slots(near)
        if scan.complete:
            return slots
        cosines = cosines[near] + self._few_products(query, scan.rest(), slots) * scale[near]
        return slots[np.flatnonzero(cosines >= lowest - self._slack)]

    def reaching(self, queries: Rows, floor: float, selection: Selection) -> list[Slots]:
        """Return, for each of many queries, slots of a selection that hold all which reach a similarity.

        Each vector is widened once for all queries, and only in the half of its dimensions in which these are
        largest; for the other half Cauchy-Schwarz bounds what there is to gain. Of built-in embeddings, one in ten
        thousand could still reach 0.85.
        """
        units = queries.astype(np.float32) * _inverse_norms(queries)[:, np.newaxis]
        heavy = np.argsort(-np.einsum("ij,ij->j", units, units), kind="stable")
        dimensions = np.sort(heavy[: (self._dimension + 1) // 2])
        heads = units[:, dimensions]
        rests = self._rests(heads.T)[:, np.newaxis]
        slots = selection.slots(slice(None))
        numbers = [np.empty(0, np.int64)]
        reached = [np.empty(0, np.int64)]
        for start, stop, columns in self._columns(slots, dimensions):
            part = slots[start:stop]
            wide = columns.astype(np.float32) * self._inverse_norms[part]
            bounds = heads @ wide
            bounds += rests * self._rests(wide)
            near, places = np.nonzero(bounds >= floor - self._slack)
            numbers.append(near)
            reached.append(part[places])
        order = np.argsort(np.concatenate(numbers), kind="stable")
        borders = np.searchsorted(np.concatenate(numbers)[order], np.arange(1, len(queries)))
        return np.split(np.concatenate(reached)[order], borders)

    def _rests(self, columns: Floats) -> Floats:
        """Return, for parts of vectors of length 1, how long the other parts are at most."""
        covered = np.einsum("ij,ij->j", columns, columns)
        rests: Floats = np.sqrt(np.maximum(0.0, 1.0 - covered) + self._slack)
        return rests

    def _columns(
        self, slots: Slots, dimensions: Slots | None = None
    ) -> Iterator[tuple[int, int, Rows]]:
        """Yield (start, stop, vectors of slots[start:stop] as columns) of ascending slots, a block at a time.

        With `dimensions`, these alone.
        """
        numbers = slots >> _BLOCK_BITS
        borders = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist()
        for start, stop in pairwise(borders):
            block = self._blocks[numbers[start]]
            if dimensions is not None:
                block = block.take(dimensions, axis=0)
            yield start, stop, block.take(slots[start:stop] & _BLOCK - 1, axis=1)

    def _dot_products(self, query: Rows, dimensions: Slots, blocks: Slots) -> Floats:
        """Return the products of the query with all slots of these blocks, over some dimensions only."""
        products = np.zeros((len(blocks), _BLOCK), np.float32)
        for first in range(0, len(dimensions), _TILE_DIMENSIONS):
            tile = dimensions[first : first + _TILE_DIMENSIONS]
            weights = query[tile].astype(np.float32)
            narrow = np.empty((len(tile), _BLOCK), np.int8)
            wide = np.empty((len(tile), _BLOCK), np.float32)
            sums = np.empty(_BLOCK, np.float32)
            for block, total in zip(blocks.tolist(), products, strict=True):
                # mode="clip" lets numpy write into `narrow` directly.
                self._blocks[block].take(tile, axis=0, out=narrow, mode="clip")
                np.copyto(wide, narrow)
                np.add(total, np.dot(weights, wide, out=sums), out=total)
        return products.reshape(-1)

    def _few_products(self, query: Rows, dimensions: Slots, slots: Slots) -> Floats:
        """Return the products of the query with a few slots, ascending, over some dimensions only."""
        products = np.empty(len(slots), np.float32)
        weights = query[dimensions].astype(np.float32)
        starts = dimensions[:, np.newaxis] << _BLOCK_BITS
        numbers = slots >> _BLOCK_BITS
        borders = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist()
        for start, stop in pairwise(borders):
            part = self._blocks[numbers[start]].take(starts + (slots[start:stop] & _BLOCK - 1))
            np.dot(weights, part.astype(np.float32), out=products[start:stop])
        return products


class _Scan:
    """The dimensions of a query in the order of their weight, in steps, and what is left after each."""

    def __init__(self, query: Rows, count: int) -> None:
        squares = query.astype(np.float64) ** 2
        self._order = np.argsort(-squares)[: np.count_nonzero(query)]
        self._norm = float(squares.sum())
        self._covered = np.cumsum(squares[self._order])
        self._stop = 0
        self._first = len(query) if count <= _SINGLE_PASS_ENTRIES else _FIRST_DIMENSIONS
        self.inverse_norm = np.float32(1.0 / math.sqrt(self._norm))

    @property
    def complete(self) -> bool:
        """Whether the steps so far cover the whole query."""
        return self._stop == len(self._order)

    def step(self) -> Slots:
        """Return the dimensions to add next, ascending."""
        start = self._stop
        self._stop = min(len(self._order), start + (_MORE_DIMENSIONS if start else self._first))
        return np.sort(self._order[start : self._stop])

    def rest(self) -> Slots:
        """Return the dimensions that no step has covered, ascending."""
        return np.sort(self._order[self._stop :])

    def least_partial(self, similarity: float) -> float:
        """Return the smallest partial sum from which this similarity can still be reached.

        The bound of the module is cos(b - c), with cos b = p / cos c and sin c the length of the query's rest; so it
        reaches cos t where b <= c + t.
        """
        rest = max(0.0, self._norm - float(self._covered[self._stop - 1])) / self._norm
        angle = math.asin(math.sqrt(rest)) + math.acos(min(1.0, max(-1.0, similarity)))
        return math.sqrt(1.0 - rest) * math.cos(angle) if angle < math.pi else -1.0


def _addresses(slots: Slots) -> tuple[list[int], list[int]]:
    return (slots >> _BLOCK_BITS).tolist(), (slots & _BLOCK - 1).tolist()


def _inverse_norms(rows: Rows) -> Floats:
    norms = np.sqrt(squared_norms(rows))
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return inverse.astype(np.float32)
