"""Erasing: rows gone, bytes gone, and the files searched to prove it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Final
from uuid import UUID

import apsw

from reasoningbank.domain.errors import Busy, StorageCorrupt
from reasoningbank.domain.pattern import Erasure
from reasoningbank.storage.sql import removal, trajectories
from reasoningbank.storage.sql.writing import missing
from reasoningbank.storage.sqlite.connections import Connections

_TEXT_COLUMNS: Final = (
    ("patterns", "task_description", "id"),
    ("patterns", "strategy", "id"),
    ("patterns", "title", "id"),
    ("patterns", "data", "id"),
    ("pattern_embeddings", "embedding", "pattern_id"),
    ("pattern_history", "before", "pattern_id"),
    ("observations", "content", "pattern_id"),
    ("outcomes", "evidence", "pattern_id"),
)
_TRAJECTORY_COLUMNS: Final = (
    ("trajectories", "task_description", "id"),
    ("trajectories", "steps", "id"),
    ("trajectories", "metadata", "id"),
    ("trajectory_states", "verdict", "trajectory_id"),
    ("trajectory_states", "note", "trajectory_id"),
    ("trajectory_states", "before", "trajectory_id"),
)
# What was asked before a task, and what a consolidation reported, are not a pattern's own.
_OTHERS_COLUMNS: Final = (("recalls", "task_description", "id"), ("consolidations", "report", "id"))
_HOLDS: Final = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} WHERE instr(CAST({column} AS BLOB), ?1))"  # noqa: S608
    for table, column, _ in (*_TEXT_COLUMNS, *_TRAJECTORY_COLUMNS, *_OTHERS_COLUMNS)
)
_READ_BYTES: Final = 1 << 20
_NEEDLE_BYTES: Final = 24
_NEEDLE_DIFFERENT_BYTES: Final = 8
_NEEDLES_PER_TEXT: Final = 8
_ID_OR_TIME: Final = re.compile(rb"[0-9a-f:.TZ-]+")
_DATABASE: Final = 0  # what apsw's Connection.read calls the database file


def erase(connections: Connections, namespace: str, pattern_id: str) -> Erasure:
    """Remove a pattern and everything said about it, and prove that its bytes are gone.

    The rows go in one transaction, with the freed space overwritten; the write-ahead log is then
    folded in and cut to nothing, and both files are searched for pieces of what was removed.
    Should any be left over in the slack of a page, the file is rewritten and searched again.

    Raises:
        NotFound: When neither the pattern nor any history of it is there.
        Busy: When a reader held the log back; the rows are gone, call again to finish.
    """
    with connections.writing() as connection:
        texts = list(_texts(connection, namespace, pattern_id))
        rows = removal.remove(connection, namespace, pattern_id)
        removed = any(rows.values())
        if not removed and not _was_erased(connection, namespace, pattern_id):
            raise missing(pattern_id)
        needles = _needles_left_nowhere(connection, texts)
    # Of what an earlier call removed, nothing is known that could be searched for.
    checked, compacted = _prove_gone(connections, needles if removed else None)
    return _proof(pattern_id, rows, checked, compacted=compacted)


def erase_trajectory(connections: Connections, namespace: str, trajectory_id: str) -> list[Erasure]:
    """Erase a trajectory and the patterns derived from it alone; the trajectory's proof is first.

    A pattern that other trajectories support as well stays, without its link to this one. One that
    was drawn from comparing this one with others goes: its text may quote what this one did.

    Raises:
        NotFound: When there is no such trajectory.
        Busy: As for `erase`.
    """
    with connections.writing() as connection:
        trajectories.check_is_there(connection, namespace, trajectory_id)
        ids = [
            *removal.derived_alone(connection, namespace, trajectory_id),
            *removal.drawn_by_contrast(connection, namespace, trajectory_id),
        ]
        texts = list(_trajectory_texts(connection, namespace, trajectory_id))
        for pattern_id in ids:
            texts += _texts(connection, namespace, pattern_id)
        removed = [
            (pattern_id, removal.remove(connection, namespace, pattern_id)) for pattern_id in ids
        ]
        removed.insert(
            0, (trajectory_id, removal.remove_trajectory(connection, namespace, trajectory_id))
        )
        needles = _needles_left_nowhere(connection, texts)
    checked, compacted = _prove_gone(connections, needles)
    return [_proof(one, rows, checked, compacted=compacted) for one, rows in removed]


def _proof(erased_id: str, rows: dict[str, int], checked: int, *, compacted: bool) -> Erasure:
    return Erasure(
        id=UUID(erased_id),
        rows={table: count for table, count in rows.items() if count},
        bytes_checked=checked,
        compacted=compacted,
    )


def _prove_gone(connections: Connections, needles: list[bytes] | None) -> tuple[int, bool]:
    """Give how many bytes were searched in vain, and whether the file was rewritten.

    It is rewritten when a needle was found, or when there are none to search for (None).
    """
    with connections.maintaining() as connection:
        _fold_log(connection, connections)
        checked, residue = _search(connection, needles or [])
        rewrite = bool(residue) or needles is None
        if rewrite:
            for _ in connection.execute("VACUUM"):
                pass
            _fold_log(connection, connections)
            checked, residue = _search(connection, residue)
            if residue:
                raise StorageCorrupt(
                    "still holds bytes of an erased pattern after being rewritten",
                    path=connections.settings.shown,
                    hint="Run `reasoningbank doctor`.",
                )
    return checked, rewrite


def _trajectory_texts(
    connection: apsw.Connection, namespace: str, trajectory_id: str
) -> Iterator[bytes]:
    for table, column, owner in _TRAJECTORY_COLUMNS:
        found = connection.execute(
            f"SELECT CAST({column} AS BLOB) FROM {table} "  # noqa: S608 - constants
            f"WHERE namespace = ? AND {owner} = ? AND {column} IS NOT NULL",
            (namespace, trajectory_id),
        )
        yield from (value for (value,) in found)


def _texts(connection: apsw.Connection, namespace: str, pattern_id: str) -> Iterator[bytes]:
    """Give everything stored about a pattern that must be gone afterwards."""
    for table, column, owner in _TEXT_COLUMNS:
        found = connection.execute(
            f"SELECT CAST({column} AS BLOB) FROM {table} "  # noqa: S608 - constants
            f"WHERE namespace = ? AND {owner} = ? AND {column} IS NOT NULL",
            (namespace, pattern_id),
        )
        yield from (value for (value,) in found)


def _was_erased(connection: apsw.Connection, namespace: str, pattern_id: str) -> bool:
    """Give whether an erase removed the rows before, perhaps without getting to the files."""
    found = connection.execute(
        "SELECT 1 FROM changes WHERE namespace = ? AND id = ? AND kind = 'erase' LIMIT 1",
        (namespace, pattern_id),
    )
    return found.fetchone() is not None


def _needles_left_nowhere(connection: apsw.Connection, texts: list[bytes]) -> list[bytes]:
    """Give pieces of the erased texts that no row which stays also holds.

    The pieces are spread over each text from its first byte to its last. Rows that share a sentence
    with the erased one keep it rightly, so such a piece proves nothing; nor does a part of an id
    or a time, nor one of few different bytes, like the zeros that unused space is full of.
    """
    pieces = {
        text[at : at + _NEEDLE_BYTES]
        for text in texts
        if len(text) >= _NEEDLE_BYTES
        for at in _spread(len(text) - _NEEDLE_BYTES)
    }
    return [
        piece
        for piece in sorted(pieces)
        if len(set(piece)) >= _NEEDLE_DIFFERENT_BYTES
        and not _ID_OR_TIME.fullmatch(piece)
        and not _is_held(connection, piece)
    ]


def _spread(last: int) -> set[int]:
    return {last * step // (_NEEDLES_PER_TEXT - 1) for step in range(_NEEDLES_PER_TEXT)}


def _is_held(connection: apsw.Connection, piece: bytes) -> bool:
    return connection.execute(f"SELECT {_HOLDS}", (piece,)).fetchone() == (1,)


def _fold_log(connection: apsw.Connection, connections: Connections) -> None:
    """Move the write-ahead log into the database and cut it to nothing."""
    deadline = time.monotonic() + connections.settings.busy_timeout
    while True:
        for busy, _, _ in connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"):
            if not busy:
                return
        if time.monotonic() >= deadline:
            raise Busy(
                "is held by a reader, so the log that may still hold the erased bytes stays",
                path=connections.settings.shown,
                hint="Close other programs that read it and erase the same id again.",
            )
        time.sleep(0.01)


def _search(connection: apsw.Connection, needles: list[bytes]) -> tuple[int, list[bytes]]:
    """Give how many bytes of the file were searched and which needles are left over in it.

    What others stored since the rows were removed may hold a needle rightly.
    """
    checked = 0
    found: set[bytes] = set()
    for size, window in _windows(connection):
        checked += size
        found.update(needle for needle in needles if needle in window)
    return checked, [needle for needle in sorted(found) if not _is_held(connection, needle)]


def _windows(connection: apsw.Connection) -> Iterator[tuple[int, bytes]]:
    """Give the file in pieces that overlap by a needle, each with how many new bytes it has.

    A bank in memory is given as it would be written. A file is read through SQLite's own handle:
    opening it beside SQLite and closing it again would drop this process's locks on it. The log
    has been cut to nothing before.
    """
    if not connection.filename:
        content = connection.serialize("main")
        yield len(content), content
        return
    [(pages,)] = connection.execute("PRAGMA page_count")
    [(page_size,)] = connection.execute("PRAGMA page_size")
    size = int(pages) * int(page_size)
    tail = b""
    for offset in range(0, size, _READ_BYTES):
        _, block = connection.read("main", _DATABASE, offset, min(_READ_BYTES, size - offset))
        yield len(block), tail + block
        tail = block[-_NEEDLE_BYTES:]
