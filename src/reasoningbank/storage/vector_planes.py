"""Two bits instead of eight for each dimension of a vector: enough to say which vectors deserve to be read.

Kept of a vector are the signs of its dimensions, and, for those 64-dimension words that hold many zeros, which
dimensions are not zero. With the average size of what is not zero, that gives an estimate of the cosine: sizes are
taken as equal within the dense words and within the sparse words. The query keeps two sizes for its dense part.

On a million built-in embeddings the ten nearest are among the 100 highest estimates in 99.9 of 100 cases. The estimate
is for choosing candidates only; it proves nothing.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from reasoningbank.storage.vector_columns import Floats, Rows, Selection, Slots, with_room

Words: TypeAlias = "npt.NDArray[np.uint64]"
WordNumbers: TypeAlias = "npt.NDArray[np.int64]"

_BLOCK = 8192
_BLOCK_BITS = 13
_WORD_BITS = 64
# A word in which fewer than one dimension in ten is zero does well without knowing which.
_DENSE_SHARE = 0.9
_SCALE_STEPS = 65535.0


def sparse_words(rows: Rows) -> WordNumbers:
    """Return the numbers of the 64-dimension words that hold many zeros in this sample of vectors."""
    dimension = rows.shape[1]
    filled = np.count_nonzero(rows, axis=0)
    starts = np.arange(0, dimension, _WORD_BITS)
    share = np.add.reduceat(filled, starts) / (len(rows) * np.diff(np.append(starts, dimension)))
    return np.flatnonzero(share < _DENSE_SHARE)


class BitPlanes:
    """Signs and zeros of the vectors in slots 0..n-1."""

    def __init__(self, dimension: int, sparse: WordNumbers) -> None:
        """Start empty; `sparse` are the words whose zeros are kept."""
        self._dimension = dimension
        self._words = -(-dimension // _WORD_BITS)
        self._sparse = sparse
        self._dense = np.setdiff1d(np.arange(self._words), sparse)
        self._count = 0
        # Rows of a block: the sign words, then one word of "not zero" for each sparse word.
        self._blocks: list[Words] = []
        self._scales: npt.NDArray[np.uint16] = np.empty((64, 2), np.uint16)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        words = self._words + len(self._sparse)
        return len(self._blocks) * _BLOCK * words * 8 + 4 * self._count

    def extend(self, rows: Rows) -> None:
        """Put what is kept of these vectors into the next slots."""
        first = self._count
        self._count = first + len(rows)
        self._scales = with_room(self._scales, self._count)
        self._scales[first : self._count] = self._scales_of(rows)
        planes = self._planes_of(rows)
        while len(self._blocks) * _BLOCK < self._count:
            self._blocks.append(np.zeros((self._words + len(self._sparse), _BLOCK), np.uint64))
        for block in range(first >> _BLOCK_BITS, len(self._blocks)):
            start = max(first, block * _BLOCK)
            stop = min(self._count, (block + 1) * _BLOCK)
            columns = slice(start - block * _BLOCK, stop - block * _BLOCK)
            self._blocks[block][:, columns] = planes[:, start - first : stop - first]

    def replace(self, slots: Slots, rows: Rows) -> None:
        """Overwrite what is kept of the vectors in these slots."""
        self._scales[slots] = self._scales_of(rows)
        self._write(slots, self._planes_of(rows))

    def close_gaps(self, gaps: Slots, sources: Slots, remaining: int) -> None:
        """Move what is in sources[i] to gaps[i] and keep the first `remaining` slots."""
        self._scales[gaps] = self._scales[sources]
        moved = [
            self._blocks[slot >> _BLOCK_BITS][:, slot & _BLOCK - 1] for slot in sources.tolist()
        ]
        if moved:
            self._write(gaps, np.stack(moved, axis=1))
        self._count = remaining
        del self._blocks[(remaining + _BLOCK - 1) >> _BLOCK_BITS :]

    def estimates(self, query: Rows, selection: Selection) -> Floats:
        """Return the estimated cosine of each selected slot. The query must not be zero."""
        probe = _Probe(self._dimension, self._dense, self._sparse, query)
        blocks = selection.blocks(_BLOCK)
        estimates: Floats = np.empty((len(blocks), _BLOCK), np.float32)
        for block, target in zip(blocks.tolist(), estimates, strict=True):
            scales = self._scales[block * _BLOCK : min(self._count, (block + 1) * _BLOCK)]
            target[: len(scales)] = probe.estimate(self._blocks[block][:, : len(scales)], scales)
        return estimates.reshape(-1)[selection.places(_BLOCK)]

    def _write(self, slots: Slots, planes: Words) -> None:
        for slot, column in zip(slots.tolist(), planes.T, strict=True):
            self._blocks[slot >> _BLOCK_BITS][:, slot & _BLOCK - 1] = column

    def _planes_of(self, rows: Rows) -> Words:
        filled = _packed(rows != 0, self._words)[self._sparse]
        return np.concatenate((_packed(rows < 0, self._words), filled))

    def _scales_of(self, rows: Rows) -> npt.NDArray[np.uint16]:
        """Return mean |x| / norm over what is not zero, of the dense and of the sparse words, in steps of 1/65535."""
        wide = rows.astype(np.float32)
        norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        norms[norms == 0] = 1
        np.abs(wide, out=wide)
        scales = np.zeros((len(rows), 2), np.float32)
        for group, words in enumerate((self._dense, self._sparse)):
            part = wide[:, _dimensions_of(words, self._dimension)]
            scales[:, group] = (
                part.sum(axis=1) / np.maximum(1, np.count_nonzero(part, axis=1)) / norms
            )
        return np.asarray(np.minimum(np.rint(scales * _SCALE_STEPS), _SCALE_STEPS), np.uint16)


class _Probe:
    """A query, cut into bit masks."""

    def __init__(
        self, dimension: int, dense: WordNumbers, sparse: WordNumbers, query: Rows
    ) -> None:
        words = -(-dimension // _WORD_BITS)
        wide = query.astype(np.float64)
        sizes = np.abs(wide) / np.sqrt(wide @ wide)
        self._words = words
        self._dense = dense.tolist()
        self._sparse = sparse.tolist()
        self._signs = _packed((query < 0)[np.newaxis], words)[:, 0]
        in_sparse = np.zeros(dimension, bool)
        in_sparse[_dimensions_of(sparse, dimension)] = True
        in_dense = ~in_sparse & (query != 0)
        in_sparse &= query != 0
        typical = sizes[in_dense].mean() if in_dense.any() else 0.0
        self._dense_classes = [
            _masked(chosen, sizes, words)
            for chosen in (in_dense & (sizes > typical), in_dense & (sizes <= typical))
        ]
        self._sparse_class = _masked(in_sparse, sizes, words)

    def estimate(self, planes: Words, scales: npt.NDArray[np.uint16]) -> Floats:
        """Return the estimated cosines of the columns of one block."""
        steps = np.float32(1.0 / _SCALE_STEPS)
        dense: Floats = self._dense_part(planes) * (scales[:, 0] * steps)
        dense += self._sparse_part(planes) * (scales[:, 1] * steps)
        return dense

    def _dense_part(self, planes: Words) -> Floats:
        width = planes.shape[1]
        different = np.empty(width, np.uint64)
        selected = np.empty(width, np.uint64)
        ones = np.empty(width, np.uint8)
        counts = np.zeros((len(self._dense_classes), width), np.uint16)
        for word in self._dense:
            np.bitwise_xor(planes[word], self._signs[word], out=different)
            for (mask, _, _), count in zip(self._dense_classes, counts, strict=True):
                np.bitwise_and(different, mask[word], out=selected)
                np.add(count, np.bitwise_count(selected, out=ones), out=count)
        total = np.zeros(width, np.float32)
        for (_, size, members), count in zip(self._dense_classes, counts, strict=True):
            total += np.float32(size * members) - np.float32(2 * size) * count
        return total

    def _sparse_part(self, planes: Words) -> Floats:
        width = planes.shape[1]
        mask, size, _ = self._sparse_class
        selected = np.empty(width, np.uint64)
        different = np.empty(width, np.uint64)
        ones = np.empty(width, np.uint8)
        shared = np.zeros(width, np.uint16)
        opposed = np.zeros(width, np.uint16)
        for plane, word in enumerate(self._sparse, self._words):
            np.bitwise_and(planes[plane], mask[word], out=selected)
            shared += np.bitwise_count(selected, out=ones)
            np.bitwise_xor(planes[word], self._signs[word], out=different)
            np.bitwise_and(different, selected, out=different)
            opposed += np.bitwise_count(different, out=ones)
        part: Floats = np.float32(size) * (shared - np.float32(2) * opposed)
        return part


def _masked(
    chosen: npt.NDArray[np.bool_], sizes: npt.NDArray[np.float64], words: int
) -> tuple[Words, float, int]:
    members = int(np.count_nonzero(chosen))
    return (
        _packed(chosen[np.newaxis], words)[:, 0],
        float(sizes[chosen].mean()) if members else 0.0,
        members,
    )


def _dimensions_of(words: WordNumbers, dimension: int) -> Slots:
    numbers = (words[:, np.newaxis] * _WORD_BITS + np.arange(_WORD_BITS)).reshape(-1)
    return numbers[numbers < dimension]


def _packed(bits: npt.NDArray[np.bool_], words: int) -> Words:
    """Return rows of booleans as columns of 64-bit words, padded with zeros."""
    packed = np.zeros((len(bits), words * 8), np.uint8)
    octets = np.packbits(bits, axis=1)
    packed[:, : octets.shape[1]] = octets
    planes: Words = packed.view(np.uint64).T
    return planes
