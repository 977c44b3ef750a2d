"""Dense slot numbers for pattern ids, without a Python object per id.

An id is kept as two unsigned 64-bit integers (16 bytes). An open-addressing hash table of 32-bit slot numbers finds it
again; all operations take whole arrays of ids, so that loading a million ids is a few dozen numpy calls. Slots are
always 0..n-1 without holes: removing an id moves the last ids into the gaps and reports the moves.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reasoningbank.storage.vector_columns import Keys, Slots, with_room

_EMPTY = -1
_REMOVED = -2
_SMALLEST_TABLE_BITS = 6
# Odd constants of the splitmix64 generator: UUIDv7 ids share their leading bits, so both halves must be mixed.
_MIX_HIGH = np.uint64(0x9E3779B97F4A7C15)
_MIX_LOW = np.uint64(0xBF58476D1CE4E5B9)
_MIX_LAST = np.uint64(0x94D049BB133111EB)
_HALF_WORD = np.uint64(32)
_TEXT_LENGTH = 36
_PACKED_LENGTH = 16


def parse_ids(ids: Sequence[str]) -> Keys:
    """Return the 128-bit values of canonical UUID strings as an (n, 2) array: high word, low word.

    Sorting by (high, low) is sorting by the canonical string. Raises ValueError when a string is not 36 characters with
    32 hexadecimal digits.
    """
    if any(len(id) != _TEXT_LENGTH for id in ids):
        raise ValueError("ids must be canonical UUID strings of 36 characters")
    data = bytes.fromhex("".join(ids).replace("-", ""))
    if len(data) != _PACKED_LENGTH * len(ids):
        raise ValueError("ids must be canonical UUID strings of 32 hexadecimal digits")
    return np.frombuffer(data, dtype=">u8").astype(np.uint64).reshape(-1, 2)


def format_ids(keys: Keys) -> list[str]:
    """Return the canonical UUID strings of an (n, 2) array of ids."""
    digits = keys.astype(">u8").tobytes().hex()
    return [
        f"{digits[i : i + 8]}-{digits[i + 8 : i + 12]}-{digits[i + 12 : i + 16]}"
        f"-{digits[i + 16 : i + 20]}-{digits[i + 20 : i + 32]}"
        for i in range(0, len(digits), 32)
    ]


def pack_id(id: str) -> bytes:
    """Return the 16 bytes of a canonical UUID string; raises ValueError for any other string."""
    packed = bytes.fromhex(id.replace("-", ""))
    if len(id) != _TEXT_LENGTH or len(packed) != _PACKED_LENGTH:
        raise ValueError("ids must be canonical UUID strings of 36 characters")
    return packed


def last_occurrences(keys: Keys) -> Slots:
    """Return the positions that hold the last occurrence of each id, ascending."""
    high, low = keys[:, 0], keys[:, 1]
    # Rows read in id order, and UUIDv7 in order of creation, need no sort.
    if np.all((high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] > low[:-1]))):
        return np.arange(len(keys))
    order = np.lexsort((low, high))
    ordered = keys[order]
    last_of_run = np.append(np.any(ordered[1:] != ordered[:-1], axis=1), True)
    return np.sort(order[last_of_run])


class IdTable:
    """Map ids to the slots 0..n-1."""

    def __init__(self) -> None:
        self._count = 0
        self._keys: Keys = np.empty((64, 2), np.uint64)
        self._used_cells = 0
        self._clear_table(_SMALLEST_TABLE_BITS)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return self._count * 16 + self._table.nbytes

    @property
    def keys(self) -> Keys:
        """The ids in slot order; a view that the next change makes stale."""
        return self._keys[: self._count]

    def find(self, keys: Keys) -> Slots:
        """Return the slot of each id, -1 where it is unknown."""
        found = np.full(len(keys), -1, np.int64)
        pending = np.arange(len(keys))
        cells = self._first_cells(keys)
        while pending.size:
            slots = self._table[cells]
            candidates = np.maximum(slots, 0)
            same = (slots >= 0) & np.all(self._keys[candidates] == keys[pending], axis=1)
            found[pending[same]] = slots[same]
            unfinished = ~same & (slots != _EMPTY)
            pending = pending[unfinished]
            cells = (cells[unfinished] + 1) & self._cell_mask
        return found

    def append(self, keys: Keys) -> int:
        """Give the next slots to ids that are unknown and differ from each other; return the first slot."""
        first = self._count
        self._count = first + len(keys)
        self._keys = with_room(self._keys, self._count)
        self._keys[first : self._count] = keys
        if (self._used_cells + len(keys)) * 5 > len(self._table) * 3:
            self._clear_table(max(_SMALLEST_TABLE_BITS, (self._count * 2 - 1).bit_length()))
            self._occupy(np.arange(self._count))
        else:
            self._occupy(np.arange(first, self._count))
        return first

    def remove(self, slots: Slots) -> tuple[Slots, Slots]:
        """Forget the ids at these distinct slots; return (gaps, sources): what was in sources[i] is now in gaps[i]."""
        self._table[self._cells_of(slots)] = _REMOVED
        remaining = self._count - len(slots)
        stays = np.ones(self._count - remaining, bool)
        stays[slots[slots >= remaining] - remaining] = False
        sources = np.flatnonzero(stays) + remaining
        gaps = slots[slots < remaining]
        if len(gaps):
            self._table[self._cells_of(sources)] = gaps
            self._keys[gaps] = self._keys[sources]
        self._count = remaining
        return gaps, sources

    def _clear_table(self, bits: int) -> None:
        self._table = np.full(1 << bits, _EMPTY, np.int32)
        self._shift = np.uint64(64 - bits)
        self._cell_mask = (1 << bits) - 1
        self._used_cells = 0

    def _first_cells(self, keys: Keys) -> Slots:
        mixed = keys[:, 0] * _MIX_HIGH ^ keys[:, 1] * _MIX_LOW
        mixed ^= mixed >> _HALF_WORD
        mixed *= _MIX_LAST
        cells: Slots = (mixed >> self._shift).astype(np.int64)
        return cells

    def _occupy(self, slots: Slots) -> None:
        cells = self._first_cells(self._keys[slots])
        self._used_cells += len(slots)
        while slots.size:
            free = self._table[cells] < 0
            # Where several want the same free cell, the last assignment stays and the others move on.
            self._table[cells[free]] = slots[free]
            homeless = self._table[cells] != slots
            slots = slots[homeless]
            cells = (cells[homeless] + 1) & self._cell_mask

    def _cells_of(self, slots: Slots) -> Slots:
        cells = self._first_cells(self._keys[slots])
        while True:
            wrong = self._table[cells] != slots
            if not wrong.any():
                return cells
            cells[wrong] = (cells[wrong] + 1) & self._cell_mask
