"""A table's upper pages made anew from its leaves, where damage has cut the way to them.

Follows the file format of SQLite (sqlite.org/fileformat2.html, sections 1.6 and 2.1). The leaves of a
table are known by how many columns their rows have; what is in the rows is for checksums to judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_PAGE: Final = 4096
_LEAF: Final = 0x0D
_INTERIOR: Final = 0x05
_CHILDREN: Final = 300
"""Of one page: 14 bytes each at most, the two of its place in the page among them."""
_LONGEST_VARINT: Final = 9


class _Node(NamedTuple):
    """A page and the greatest row number below it."""

    page: int
    last: int


def rebuild_table(path: Path, root: int, columns: int) -> int:
    """Make the page `root` lead to every leaf whose rows have so many columns; give how many.

    Args:
        path: The file, which nobody has open.
        root: The number of the table's first page.
        columns: How many columns its rows have, which no other table's have.
    """
    content = bytearray(path.read_bytes())
    content += bytes(-len(content) % _PAGE)
    leaves = sorted(_leaves(content, root, columns))
    if not leaves:
        return 0
    level = [_Node(page, last) for _, page, last in leaves]
    while len(level) > _CHILDREN:
        level = [_appended(content, group) for group in _groups(level)]
    content[(root - 1) * _PAGE : root * _PAGE] = _interior(level)
    content[28:32] = (len(content) // _PAGE).to_bytes(4, "big")
    path.write_bytes(content)
    return len(leaves)


def _groups(level: Sequence[_Node]) -> Iterator[Sequence[_Node]]:
    for first in range(0, len(level), _CHILDREN):
        yield level[first : first + _CHILDREN]


def _appended(content: bytearray, children: Sequence[_Node]) -> _Node:
    content += _interior(children)
    return _Node(len(content) // _PAGE, children[-1].last)


def _interior(children: Sequence[_Node]) -> bytes:
    """Give a page that leads to others, in the order of their row numbers."""
    page = bytearray(_PAGE)
    end = _PAGE
    places = bytearray()
    for child in children[:-1]:
        cell = child.page.to_bytes(4, "big") + _varint(child.last)
        end -= len(cell)
        page[end : end + len(cell)] = cell
        places += end.to_bytes(2, "big")
    page[0] = _INTERIOR
    page[3:5] = (len(children) - 1).to_bytes(2, "big")
    page[5:7] = end.to_bytes(2, "big")
    page[8:12] = children[-1].page.to_bytes(4, "big")
    page[12 : 12 + len(places)] = places
    return bytes(page)


def _leaves(content: bytearray, root: int, columns: int) -> Iterator[tuple[int, int, int]]:
    """Give (first row number, page, last row number) of the leaves, as far as they make sense."""
    for number in range(2, len(content) // _PAGE + 1):
        page = content[(number - 1) * _PAGE : number * _PAGE]
        if page[0] != _LEAF or number == root:
            continue
        rows = _row_numbers(page, columns)
        if rows is not None and rows == sorted(set(rows)):
            yield rows[0], number, rows[-1]


def _row_numbers(page: bytearray, columns: int) -> list[int] | None:
    """Give the row numbers of a leaf, or None where its rows are not such rows."""
    count = int.from_bytes(page[3:5], "big")
    if not 0 < count <= _PAGE // 4:
        return None
    rows = []
    for at in range(8, 8 + 2 * count, 2):
        place = int.from_bytes(page[at : at + 2], "big")
        if not 8 + 2 * count <= place < _PAGE:
            return None
        _, place = _read_varint(page, place)
        row, place = _read_varint(page, place)
        if _columns(page, place) != columns:
            return None
        rows.append(row)
    return rows


def _columns(page: bytearray, start: int) -> int:
    """Count the types in the header of a record."""
    size, place = _read_varint(page, start)
    count = 0
    while place < start + size:
        _, place = _read_varint(page, place)
        count += 1
    return count if place == start + size else -1


def _read_varint(page: bytearray, place: int) -> tuple[int, int]:
    """Give a number and the place after it; what runs over the page's end reads as zeros."""
    value = 0
    for step in range(_LONGEST_VARINT):
        byte = page[place + step] if place + step < len(page) else 0
        if step == _LONGEST_VARINT - 1:
            return (value << 8) | byte, place + step + 1
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, place + step + 1
    raise AssertionError("the last step returns")


def _varint(value: int) -> bytes:
    """Write a number that is below 2**56."""
    groups = [value & 0x7F]
    while value := value >> 7:
        groups.append((value & 0x7F) | 0x80)
    return bytes(reversed(groups))
