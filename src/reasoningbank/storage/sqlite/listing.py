"""The part of the SQLite engine that lists ids, a page at a time."""

from __future__ import annotations

from typing import Final, Literal

from reasoningbank.domain.survey import BankProgress, MapPoint
from reasoningbank.storage.sqlite import surveying
from reasoningbank.storage.sqlite.connections import Connections

_FIRST_ID: Final = ""
_AFTER_ALL_IDS: Final = "g"  # ids are hexadecimal
_RECALLS: Final = "SELECT id FROM recalls WHERE namespace = ? ORDER BY id DESC LIMIT ?"
_CONSOLIDATIONS: Final = "SELECT id FROM consolidations WHERE namespace = ? ORDER BY id DESC LIMIT ?"  # fmt: skip


class SqliteListing:
    """Do what `ListingStorage` asks for; see `SqliteStorage`."""

    _connections: Connections

    def pattern_ids(
        self,
        namespace: str,
        after: str | None,
        limit: int,
        *,
        category: str | None,
        state: Literal["active", "quarantined"] | None,
        newest_first: bool,
    ) -> list[str]:
        compared, order = ("<", "DESC") if newest_first else (">", "ASC")
        start = after or (_AFTER_ALL_IDS if newest_first else _FIRST_ID)
        conditions = ["namespace = ?", f"id {compared} ?"]
        values = [namespace, start]
        for column, value in (("task_category", category), ("state", state)):
            if value is not None:
                conditions.append(f"{column} = ?")
                values.append(value)
        query = (
            f"SELECT id FROM patterns WHERE {' AND '.join(conditions)} ORDER BY id {order} LIMIT ?"  # noqa: S608 - columns of this module
        )
        with self._connections.reading() as connection:
            return [str(found) for (found,) in connection.execute(query, (*values, limit))]

    def recall_ids(self, namespace: str, limit: int) -> list[str]:
        with self._connections.reading() as connection:
            return [str(found) for (found,) in connection.execute(_RECALLS, (namespace, limit))]

    def consolidation_ids(self, namespace: str, limit: int) -> list[str]:
        with self._connections.reading() as connection:
            rows = connection.execute(_CONSOLIDATIONS, (namespace, limit))
            return [str(found) for (found,) in rows]

    def progress(self, namespace: str) -> BankProgress:
        with self._connections.reading() as connection:
            return surveying.progress(connection, namespace)

    def spread(self, namespace: str, limit: int) -> list[MapPoint]:
        with self._connections.reading() as connection:
            return surveying.spread(connection, namespace, limit)
