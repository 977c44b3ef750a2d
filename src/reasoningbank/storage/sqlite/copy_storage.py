"""The part of the SQLite engine that gives and takes exact copies."""

from __future__ import annotations

from collections.abc import Sequence

from reasoningbank.domain.copies import Copy, Subject, SubjectKind
from reasoningbank.storage.sqlite import copies, copy_writing, refusing
from reasoningbank.storage.sqlite.connections import Connections


class SqliteCopies:
    """Do what `CopyingStorage` asks for; see `SqliteStorage`."""

    _connections: Connections

    def namespaces(self) -> list[str]:
        with self._connections.reading() as connection:
            return copies.namespaces(connection)

    def subject_ids(self, namespace: str, kind: SubjectKind, after: str, limit: int) -> list[str]:
        with self._connections.reading() as connection:
            return copies.subject_ids(connection, namespace, kind, after, limit)

    def copies(self, namespace: str, subjects: Sequence[Subject]) -> list[Copy]:
        with self._connections.moment() as connection:
            return [copies.copy_of(connection, namespace, subject) for subject in subjects]

    def put_copies(self, namespace: str, given: Sequence[Copy]) -> int:
        with self._connections.writing() as connection, refusing.passing(connection):
            return sum(copy_writing.put(connection, namespace, copy) for copy in given)

    def refuse_writes(self, reason: str | None) -> bool:
        with self._connections.writing() as connection:
            refusing.refuse(connection, reason)
        return True
