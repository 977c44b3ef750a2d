"""Whose turn it is to consolidate a namespace in the background: one process of all that share a file."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.storage.sql import properties
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.engine import engine_of

TURN: Final = "consolidating"
FAILURE: Final = "consolidation_failure"

LEASE_MS: Final = 10 * 60 * 1000
"""A turn that its owner has not renewed for this long is over: the owner was killed."""


class _Turn(msgspec.Struct, frozen=True):
    owner: str
    until_ms: int


def claim(connection: SqlConnection, namespace: str, owner: str, every: int, now_ms: int) -> int:
    """Give 0 and the turn to `owner`, or how many more new patterns it takes (1: another's turn)."""
    turn = properties.get(connection, TURN, namespace, _Turn)
    if turn is not None and turn.owner != owner and now_ms < turn.until_ms <= now_ms + LEASE_MS:
        return 1
    missing = every - engine_of(connection).new_patterns(connection, namespace, every)
    if missing > 0:
        return missing
    properties.put(connection, TURN, namespace, _Turn(owner, now_ms + LEASE_MS))
    return 0


def release(connection: SqlConnection, namespace: str, owner: str, failure: str | None) -> None:
    """End a turn, and note what it failed of; one that went well takes the note back."""
    turn = properties.get(connection, TURN, namespace, _Turn)
    if turn is not None and turn.owner == owner:
        properties.drop(connection, TURN, namespace)
    if failure is None:
        properties.drop(connection, FAILURE, namespace)
    else:
        properties.put(connection, FAILURE, namespace, failure)
