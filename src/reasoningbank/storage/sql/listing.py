"""Ids of a bank, a page at a time."""

from __future__ import annotations

from typing import Final

from reasoningbank.domain.records import PatternListing
from reasoningbank.storage.sql.connection import SqlConnection

_FIRST_ID: Final = ""
_AFTER_ALL_IDS: Final = "g"  # ids are hexadecimal
_RECALLS: Final = "SELECT id FROM recalls WHERE namespace = ? ORDER BY id DESC LIMIT ?"
_CONSOLIDATIONS: Final = (
    "SELECT id FROM consolidations WHERE namespace = ? ORDER BY id DESC LIMIT ?"
)


def pattern_ids(connection: SqlConnection, namespace: str, listing: PatternListing) -> list[str]:
    """Give ids of patterns in the order of their ids or against it, beginning behind one."""
    compared, order = ("<", "DESC") if listing.newest_first else (">", "ASC")
    start = listing.after or (_AFTER_ALL_IDS if listing.newest_first else _FIRST_ID)
    conditions = ["namespace = ?", f"id {compared} ?"]
    values = [namespace, start]
    for column, value in (("task_category", listing.category), ("state", listing.state)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    query = f"SELECT id FROM patterns WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT ?"  # noqa: S608 - columns of this module
    return [str(found) for (found,) in connection.execute(query, (*values, listing.limit))]


def recall_ids(connection: SqlConnection, namespace: str, limit: int) -> list[str]:
    """Give the ids of the newest recalls, newest first."""
    return [str(found) for (found,) in connection.execute(_RECALLS, (namespace, limit))]


def consolidation_ids(connection: SqlConnection, namespace: str, limit: int) -> list[str]:
    """Give the ids of the newest consolidations, newest first."""
    return [str(found) for (found,) in connection.execute(_CONSOLIDATIONS, (namespace, limit))]
