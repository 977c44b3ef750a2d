"""Recall events: what was shown for which task, and whether its outcome has been told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec

from reasoningbank.domain.errors import NotFound
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.recall import RecallEvent
from reasoningbank.storage.sql.connection import SqlConnection

_INSERT: Final = """
INSERT INTO recalls (namespace, id, task_category, task_description, shown, actor, at)
VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""
_GET: Final = """
SELECT id, task_description, task_category, shown, actor, at, settled_at FROM recalls
WHERE namespace = ? AND id = ?
"""


class _Shown(msgspec.Struct, frozen=True):
    advice: tuple[UUID, ...]
    pitfalls: tuple[UUID, ...]


_decode_shown = msgspec.json.Decoder(_Shown).decode


def insert(connection: SqlConnection, namespace: str, events: Sequence[RecallEvent]) -> None:
    """Keep recall events."""
    connection.executemany(
        _INSERT,
        [
            (
                namespace, str(event.id), event.category, event.task_description,
                canonical_json(_Shown(event.advice, event.pitfalls)), event.actor, event.at,
            )
            for event in events
        ],
    )  # fmt: skip


def get(
    connection: SqlConnection, namespace: str, recall_id: str
) -> tuple[RecallEvent, str | None]:
    """Give a recall event and when its outcome was told, if it was; raises `NotFound`."""
    found = find(connection, namespace, recall_id)
    if found is None:
        raise NotFound(f"no recall has the id {recall_id}", hint="Check the id and the namespace.")
    return found


def find(
    connection: SqlConnection, namespace: str, recall_id: str
) -> tuple[RecallEvent, str | None] | None:
    """Give a recall event and when its outcome was told, if it was; None where there is none."""
    row = connection.execute(_GET, (namespace, recall_id)).fetchone()
    if row is None:
        return None
    found_id, description, category, shown_json, actor, at, settled_at = row
    shown = _decode_shown(shown_json)
    event = RecallEvent(
        id=UUID(found_id),
        task_description=description,
        category=category,
        advice=shown.advice,
        pitfalls=shown.pitfalls,
        actor=actor,
        at=at,
    )
    return event, settled_at


def settle(connection: SqlConnection, namespace: str, recall_id: str, at: str) -> bool:
    """Note that the outcome of a recall was told; give False when it had been told before."""
    connection.execute(
        "UPDATE recalls SET settled_at = ? WHERE namespace = ? AND id = ? AND settled_at IS NULL",
        (at, namespace, recall_id),
    )
    return bool(connection.changes())
