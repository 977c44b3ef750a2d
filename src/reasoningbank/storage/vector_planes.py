"""Two bits instead of eight for each dimension of a vector: enough to say which vectors deserve to be read.

Kept of a vector are the signs of its dimensions, and, for those 64-dimension words that hold many
zeros, which dimensions are not zero. With the average size of what is not zero, that gives an
estimate of the cosine: sizes are taken as equal within the dense words and within the sparse words
of a vector, while the query keeps two sizes for either. Where the query lies mostly in dense words,
their signs alone choose the vectors for which the full estimate is made.

On a million built-in embeddings, 99.9 % of the ten nearest are among the 100 highest estimates, and
none was beyond the highest 0.5 % by dense signs alone; on 300,000 texts made from six templates,
99.7 % are among 256 and all within 3 %. The estimate is for choosing candidates only: it proves
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reasoningbank.storage.vector_columns import (
    Doubles,
    Floats,
    Rows,
    Selection,
    Slots,
    squared_norms,
    with_room,
)

Words: TypeAlias = "npt.NDArray[np.uint64]"
WordNumbers: TypeAlias = "npt.NDArray[np.int64]"
Dimensions: TypeAlias = "npt.NDArray[np.bool_]"
Scales: TypeAlias = "npt.NDArray[np.uint16]"

_BLOCK = 8192
_BLOCK_BITS = 13
_WORD_BITS = 64
# A word in which fewer than one dimension in ten is zero does well without knowing which.
_DENSE_SHARE = 0.9
_SCALE_STEPS = 65535.0
# Dense signs decide alone over all but one vector in 32, when the query has at least half of its
# squared length in dense words, and when that leaves enough to choose from.
_FULL_SHARE = 32
_FULL_LEAST = 16_384
_LEADING_SHARE = 0.5


def sparse_words(rows: Rows) -> WordNumbers:
    """Return the numbers of the 64-dimension words that hold many zeros in this sample of vectors."""
    dimension = rows.shape[1]
    filled = np.count_nonzero(rows, axis=0)
    starts = np.arange(0, dimension, _WORD_BITS)
    cells = len(rows) * np.diff(np.append(starts, dimension))
    return np.flatnonzero(np.add.reduceat(filled, starts) < _DENSE_SHARE * cells)


class BitPlanes:
    """Signs and zeros of the vectors in slots 0..n-1."""

    def __init__(self, dimension: int, sparse: WordNumbers) -> None:
        """Start empty; `sparse` are the words whose zeros are kept."""
        self._layout = _Layout(dimension, sparse)
        self._count = 0
        self._blocks: list[Words] = []
        self._scales: Scales = np.empty((64, 2), np.uint16)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return len(self._blocks) * _BLOCK * self._layout.planes * 8 + 4 * self._count

    def extend(self, rows: Rows) -> None:
        """Put what is kept of these vectors into the next slots."""
        first = self._count
        self._count = first + len(rows)
        self._scales = with_room(self._scales, self._count)
        self._scales[first : self._count] = self._layout.scales_of(rows)
        planes = self._layout.planes_of(rows)
        while len(self._blocks) * _BLOCK < self._count:
            self._blocks.append(np.zeros((self._layout.planes, _BLOCK), np.uint64))
        for block in range(first >> _BLOCK_BITS, len(self._blocks)):
            start = max(first, block * _BLOCK)
            stop = min(self._count, (block + 1) * _BLOCK)
            columns = slice(start - block * _BLOCK, stop - block * _BLOCK)
            self._blocks[block][:, columns] = planes[:, start - first : stop - first]

    def replace(self, slots: Slots, rows: Rows) -> None:
        """Overwrite what is kept of the vectors in these slots."""
        self._scales[slots] = self._layout.scales_of(rows)
        self._write(slots, self._layout.planes_of(rows))

    def close_gaps(self, gaps: Slots, sources: Slots, remaining: int) -> None:
        """Move what is in sources[i] to gaps[i] and keep the first `remaining` slots."""
        self._scales[gaps] = self._scales[sources]
        self._write(gaps, self._read(sources, self._layout.planes))
        self._count = remaining
        del self._blocks[(remaining + _BLOCK - 1) >> _BLOCK_BITS :]

    def estimates(self, query: Rows, selection: Selection) -> tuple[Selection, Floats]:
        """Return the part of a selection that deserves it, and the estimated cosine of each slot in it.

        The query must not be zero.
        """
        probe = _Probe(self._layout, query)
        kept = max(_FULL_LEAST, len(selection) // _FULL_SHARE)
        if probe.dense_share >= _LEADING_SHARE and kept < len(selection):
            coarse = np.empty(len(selection), np.float32)
            for part, slots in _chunks(selection):
                planes = self._read(slots, self._layout.dense_planes)
                coarse[part] = probe.coarse(planes, self._scales[_range_or_same(slots)])
            least = np.partition(coarse, len(coarse) - kept)[len(coarse) - kept]
            selection = Selection(0, selection.slots(np.flatnonzero(coarse >= least)))
        estimates = np.empty(len(selection), np.float32)
        for part, slots in _chunks(selection):
            planes = self._read(slots, self._layout.planes)
            estimates[part] = probe.estimate(planes, self._scales[_range_or_same(slots)])
        return selection, estimates

    def _read(self, slots: Slots, planes: int) -> Words:
        """Return the first so many planes of these slots, which share memory when they are a run in one block."""
        numbers = slots >> _BLOCK_BITS
        run = _range_or_same(slots)
        if isinstance(run, slice) and numbers[0] == numbers[-1]:
            base = int(numbers[0]) * _BLOCK
            shared: Words = self._blocks[numbers[0]][:planes, run.start - base : run.stop - base]
            return shared
        read: Words = np.empty((planes, len(slots)), np.uint64)
        # Slots come in ascending runs, so there are few borders between blocks.
        borders = np.flatnonzero(np.diff(numbers, prepend=-1, append=-1)).tolist()
        for start, stop in pairwise(borders):
            columns = slots[start:stop] & _BLOCK - 1
            read[:, start:stop] = self._blocks[numbers[start]][:planes].take(columns, axis=1)
        return read

    def _write(self, slots: Slots, planes: Words) -> None:
        for slot, column in zip(slots.tolist(), planes.T, strict=True):
            self._blocks[slot >> _BLOCK_BITS][:, slot & _BLOCK - 1] = column


class _Layout:
    """Which planes a block has: dense signs, then sparse signs, then sparse "not zero", a word each."""

    def __init__(self, dimension: int, sparse: WordNumbers) -> None:
        self._words = -(-dimension // _WORD_BITS)
        self._sparse = sparse
        self._order = np.append(np.setdiff1d(np.arange(self._words), sparse), sparse)
        self.dense_planes = self._words - len(sparse)
        self.planes = self._words + len(sparse)
        self.in_sparse: Dimensions = np.repeat(np.isin(np.arange(self._words), sparse), _WORD_BITS)
        self.in_sparse = self.in_sparse[:dimension]

    def planes_of(self, rows: Rows) -> Words:
        """Return the planes of these vectors, one vector in each column."""
        filled = self._packed(rows != 0)[self._sparse]
        return np.concatenate((self.masks(rows < 0), filled))

    def masks(self, bits: Dimensions) -> Words:
        """Return rows of one bit for each dimension as columns of words, in the order of the sign planes."""
        return self._packed(bits)[self._order]

    def scales_of(self, rows: Rows) -> Scales:
        """Return mean |x| / norm over what is not zero, in the dense and the sparse words, as 1/65535ths."""
        sizes = np.abs(rows.astype(np.float32))
        norms = np.sqrt(np.maximum(1, squared_norms(rows)))
        scales = np.zeros((len(rows), 2))
        for group, dimensions in enumerate((~self.in_sparse, self.in_sparse)):
            part = sizes[:, dimensions]
            filled = np.maximum(1, np.count_nonzero(part, axis=1))
            scales[:, group] = part.sum(axis=1) / filled / norms
        return np.asarray(np.minimum(np.rint(scales * _SCALE_STEPS), _SCALE_STEPS), np.uint16)

    def _packed(self, bits: Dimensions) -> Words:
        packed = np.zeros((len(bits), self._words * 8), np.uint8)
        octets = np.packbits(bits, axis=1)
        packed[:, : octets.shape[1]] = octets
        words: Words = packed.view(np.uint64).T
        return words


class _Probe:
    """A query in the form of bit masks: its signs, and its larger and smaller dimensions of either kind."""

    def __init__(self, layout: _Layout, query: Rows) -> None:
        norm = float(squared_norms(query[np.newaxis])[0])
        sizes = np.abs(query.astype(np.float64)) / np.sqrt(norm)
        self._layout = layout
        self._signs = layout.masks((query < 0)[np.newaxis])[:, 0]
        self._dense = _by_size(layout, sizes, ~layout.in_sparse)
        self._sparse = _by_size(layout, sizes, layout.in_sparse)
        self._all_dense = _SizeClass(layout, sizes, (sizes > 0) & ~layout.in_sparse)
        self.dense_share = float((sizes[~layout.in_sparse] ** 2).sum())

    def coarse(self, planes: Words, scales: Scales) -> Floats:
        """Return estimates from dense signs alone."""
        return self._dense_part(planes, [self._all_dense]) * scales[:, 0]

    def estimate(self, planes: Words, scales: Scales) -> Floats:
        """Return estimated cosines."""
        cosines: Floats = self._dense_part(planes, self._dense) * scales[:, 0]
        cosines += self._sparse_part(planes) * scales[:, 1]
        cosines /= np.float32(_SCALE_STEPS)
        return cosines

    def _dense_part(self, planes: Words, classes: list[_SizeClass]) -> Floats:
        """Return the sum of sizes where the signs agree, less that where they differ."""
        bits = _BitCounter(planes.shape[1])
        differ = np.zeros((len(classes), planes.shape[1]), np.uint16)
        for plane in range(self._layout.dense_planes):
            np.bitwise_xor(planes[plane], self._signs[plane], out=bits.first)
            for size_class, count in zip(classes, differ, strict=True):
                np.bitwise_and(bits.first, size_class.mask[plane], out=bits.second)
                bits.add_second(count)
        total = np.zeros(planes.shape[1], np.float32)
        for size_class, count in zip(classes, differ, strict=True):
            size = np.float32(size_class.size)
            total += size * np.float32(size_class.members) - (2 * size) * count
        return total

    def _sparse_part(self, planes: Words) -> Floats:
        """Return the same, over the dimensions that are zero neither in the query nor in the vector."""
        layout = self._layout
        bits = _BitCounter(planes.shape[1])
        shared = np.zeros((len(self._sparse), planes.shape[1]), np.uint16)
        differ = np.zeros_like(shared)
        for sign in range(layout.dense_planes, len(self._signs)):
            filled = sign + len(self._signs) - layout.dense_planes
            np.bitwise_xor(planes[sign], self._signs[sign], out=bits.first)
            np.bitwise_and(bits.first, planes[filled], out=bits.first)
            for size_class, both, opposed in zip(self._sparse, shared, differ, strict=True):
                np.bitwise_and(planes[filled], size_class.mask[sign], out=bits.second)
                bits.add_second(both)
                np.bitwise_and(bits.first, size_class.mask[sign], out=bits.second)
                bits.add_second(opposed)
        total = np.zeros(planes.shape[1], np.float32)
        for size_class, both, opposed in zip(self._sparse, shared, differ, strict=True):
            total += np.float32(size_class.size) * (both - np.float32(2) * opposed)
        return total


class _SizeClass:
    """Dimensions of a query that count as equally large."""

    def __init__(self, layout: _Layout, sizes: Doubles, members: Dimensions) -> None:
        self.mask = layout.masks(members[np.newaxis])[:, 0]
        self.members = int(np.count_nonzero(members))
        self.size = float(sizes[members].mean()) if self.members else 0.0


class _BitCounter:
    """Scratch words, and the counting of their bits."""

    def __init__(self, width: int) -> None:
        self.first = np.empty(width, np.uint64)
        self.second = np.empty(width, np.uint64)
        self._ones = np.empty(width, np.uint8)

    def add_second(self, counts: npt.NDArray[np.uint16]) -> None:
        """Add the number of ones in each word of `second`."""
        np.bitwise_count(self.second, out=self._ones)
        np.add(counts, self._ones, out=counts)


def _by_size(layout: _Layout, sizes: Doubles, dimensions: Dimensions) -> list[_SizeClass]:
    filled = dimensions & (sizes > 0)
    typical = sizes[filled].mean() if filled.any() else 0.0
    return [
        _SizeClass(layout, sizes, filled & (sizes > typical)),
        _SizeClass(layout, sizes, filled & (sizes <= typical)),
    ]


def _chunks(selection: Selection) -> Iterator[tuple[slice, Slots]]:
    for first in range(0, len(selection), _BLOCK):
        part = slice(first, min(len(selection), first + _BLOCK))
        yield part, selection.slots(part)


def _range_or_same(slots: Slots) -> Slots | slice:
    """Return slots without holes as a slice, which numpy reads without a copy."""
    if len(slots) and slots[-1] - slots[0] == len(slots) - 1:
        return slice(int(slots[0]), int(slots[-1]) + 1)
    return slots
