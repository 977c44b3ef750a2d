"""Small array steps that the parts of the vector index share."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

Keys: TypeAlias = "npt.NDArray[np.uint64]"
Slots: TypeAlias = "npt.NDArray[np.int64]"
Rows: TypeAlias = "npt.NDArray[np.int8]"
Floats: TypeAlias = "npt.NDArray[np.float32]"
Doubles: TypeAlias = "npt.NDArray[np.float64]"

Column = TypeVar("Column", bound=np.generic)


def with_room(column: npt.NDArray[Column], count: int) -> npt.NDArray[Column]:
    """Return the column, or a copy half as long again when it has fewer than `count` entries.

    Memory that was never written is not resident, so the spare half costs address space only.
    """
    if count <= len(column):
        return column
    grown = np.empty((max(count, len(column) * 3 // 2), *column.shape[1:]), column.dtype)
    grown[: len(column)] = column
    return grown


def exact_similarities(rows: Rows, query: Rows) -> Doubles:
    """Return dot / sqrt(n1 * n2) of each row with the query, 0.0 where either is zero.

    Sums of int8 products are exact in double precision, so the result does not depend on the order of summation.
    """
    exact_query = query.astype(np.float64)
    exact_rows = rows.astype(np.float64)
    norms = squared_norms(exact_rows) * (exact_query @ exact_query)
    norms[norms == 0.0] = 1.0
    similarities: Doubles = exact_rows @ exact_query / np.sqrt(norms)
    return similarities


def squared_norms(rows: Rows | Doubles) -> Doubles:
    """Return the exact sum of squares of each row of integers."""
    norms: Doubles = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
    return norms


class Selection:
    """The slots that a search may return: all of 0..n-1, or some of them in ascending order."""

    def __init__(self, count: int, slots: Slots | None = None) -> None:
        self._count = count if slots is None else len(slots)
        self._slots = slots

    def __len__(self) -> int:
        return self._count

    def slots(self, positions: Slots | slice) -> Slots:
        """Return the slots at these positions of the selection."""
        if self._slots is not None:
            return self._slots[positions]
        if isinstance(positions, slice):
            return np.arange(*positions.indices(self._count))
        return positions

    def values(self, column: npt.NDArray[Column]) -> npt.NDArray[Column]:
        """Return what a column holds for the selected slots."""
        return column[: self._count] if self._slots is None else column[self._slots]

    def blocks(self, size: int) -> Slots:
        """Return the numbers of those blocks of `size` slots that hold a selected slot."""
        if self._slots is None:
            return np.arange(-(-self._count // size))
        return np.unique(self._slots // size)

    def places(self, size: int) -> Slots | slice:
        """Return where the selected slots are when the blocks that hold them are put end to end."""
        if self._slots is None:
            return slice(self._count)
        numbers, columns = np.divmod(self._slots, size)
        places: Slots = np.searchsorted(np.unique(numbers), numbers) * size + columns
        return places


def rank(values: Floats | Doubles, k: int, selection: Selection, keys: Keys) -> Slots:
    """Return the positions of the k highest values, highest first, equal values by id ascending.

    There is one value for each selected slot; `keys` are the ids in slot order.
    """
    if k <= 0 or not len(values):
        return np.empty(0, np.int64)
    chosen: Slots = np.arange(len(values))
    if k < len(values):
        boundary = np.partition(values, len(values) - k)[len(values) - k]
        above = np.flatnonzero(values > boundary)
        tied = np.flatnonzero(values == boundary)
        missing = k - len(above)
        if missing < len(tied):
            # Of many equal values only those with the lowest ids need sorting.
            high = keys[selection.slots(tied), 0]
            tied = tied[high <= np.partition(high, missing - 1)[missing - 1]]
        chosen = np.concatenate((above, tied))
    ids = keys[selection.slots(chosen)]
    order = np.lexsort((ids[:, 1], ids[:, 0], -values[chosen]))
    return chosen[order[:k]]
