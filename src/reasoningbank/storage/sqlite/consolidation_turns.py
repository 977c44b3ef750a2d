"""Whose turn it is to consolidate a namespace in the background: one process of all that share a file."""

from __future__ import annotations

from typing import Final

import apsw
import msgspec

from reasoningbank.domain.consolidation import Reached
from reasoningbank.storage.sqlite import consolidations, properties

TURN: Final = "consolidating"
FAILURE: Final = "consolidation_failure"

LEASE_MS: Final = 10 * 60 * 1000
"""A turn that its owner has not renewed for this long is over: the owner was killed."""

_TOTAL: Final = "SELECT COALESCE(SUM(patterns), 0) FROM category_counts WHERE namespace = ?"
_NEW: Final = """
SELECT COUNT(DISTINCT id) FROM changes WHERE seq > ? AND namespace = ? AND kind = 'put'
"""
_FIRST: Final = "SELECT COALESCE(MIN(seq), 1) FROM changes"


class _Turn(msgspec.Struct, frozen=True):
    owner: str
    until_ms: int


def claim(connection: apsw.Connection, namespace: str, owner: str, every: int, now_ms: int) -> int:
    """Give 0 and the turn to `owner`, or how many more new patterns it takes (1: another's turn)."""
    turn = properties.get(connection, TURN, namespace, _Turn)
    if turn is not None and turn.owner != owner and now_ms < turn.until_ms <= now_ms + LEASE_MS:
        return 1
    missing = every - _new_patterns(connection, namespace, every)
    if missing > 0:
        return missing
    properties.put(connection, TURN, namespace, _Turn(owner, now_ms + LEASE_MS))
    return 0


def release(connection: apsw.Connection, namespace: str, owner: str, failure: str | None) -> None:
    """End a turn, and note what it failed of; one that went well takes the note back."""
    turn = properties.get(connection, TURN, namespace, _Turn)
    if turn is not None and turn.owner == owner:
        properties.drop(connection, TURN, namespace)
    if failure is None:
        properties.drop(connection, FAILURE, namespace)
    else:
        properties.put(connection, FAILURE, namespace, failure)


def _new_patterns(connection: apsw.Connection, namespace: str, enough: int) -> int:
    """Count what was stored or changed since consolidation looked; `enough` while it is at it."""
    reached: Reached | None = consolidations.reached(connection, namespace)
    if reached is None:
        return int(connection.execute(_TOTAL, (namespace,)).fetchone()[0])  # type: ignore[index]
    [(first,)] = connection.execute(_FIRST)
    if reached.after is not None or reached.log < first - 1:
        return enough
    return int(connection.execute(_NEW, (reached.log, namespace)).fetchone()[0])  # type: ignore[index]
