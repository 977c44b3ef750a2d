"""How much a namespace holds."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.domain.pattern import StorageStats
from reasoningbank.storage.sql import models
from reasoningbank.storage.sql.connection import SqlConnection

COUNTS: Final = """
SELECT task_category, patterns, quarantined FROM category_counts WHERE namespace = ?
ORDER BY task_category
"""
_EXPIRED: Final = """
SELECT COUNT(*) FROM patterns
WHERE namespace = ? AND expires_at <= ? AND expires_at IS NOT NULL AND state = 'active'
"""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine says about itself and its place: see `StorageStats`."""

    backend: str
    path: str | None
    persistent: bool
    reason: str
    size_bytes: int
    schema_version: int
    engine: str


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What a namespace holds: see `StorageStats`."""

    categories: dict[str, int]
    quarantined: int
    expired: int
    model: str | None


def counted(connection: SqlConnection, namespace: str, now: str) -> Counted:
    """Count a namespace.

    Raises:
        StorageCorrupt: When damage has made a counter something else than a number.
    """
    counts = connection.execute(COUNTS, (namespace,)).fetchall()
    [(expired,)] = connection.execute(_EXPIRED, (namespace, now))
    current = models.current_model(connection, namespace)
    try:
        return Counted(
            categories={category: count + 0 for category, count, _ in counts},
            quarantined=sum(held for _, _, held in counts),
            expired=int(expired),
            model=None if current is None else current[1].name,
        )
    except TypeError as error:
        raise StorageCorrupt(
            "holds counts that are no numbers", hint="Run `reasoningbank doctor`."
        ) from error


def stats(
    counted_now: Counted, described: Described, namespace: str, *, read_only: bool
) -> StorageStats:
    """Give what was counted with where it is."""
    total = sum(counted_now.categories.values())
    return StorageStats(
        total_patterns=total,
        active_patterns=total - counted_now.quarantined - counted_now.expired,
        categories=counted_now.categories,
        namespace=namespace,
        read_only=read_only,
        embedding_model=counted_now.model,
        **msgspec.structs.asdict(described),
    )
