"""The part of a backend that gives and takes exact copies."""

from __future__ import annotations

from collections.abc import Sequence

from reasoningbank.domain.copies import Copy, Subject, SubjectKind
from reasoningbank.storage.sql import copies, copy_writing
from reasoningbank.storage.sql.working import SqlWork


class SqlCopies(SqlWork):
    """Do what `CopyingStorage` asks for, but for what each engine does in its own way."""

    def subject_ids(self, namespace: str, kind: SubjectKind, after: str, limit: int) -> list[str]:
        return self._read(
            namespace,
            lambda connection: copies.subject_ids(connection, namespace, kind, after, limit),
        )

    def copies(
        self, namespace: str, subjects: Sequence[Subject], *, verified: bool = False
    ) -> list[Copy]:
        return self._moment(
            namespace,
            lambda connection: [
                copies.copy_of(connection, namespace, subject, verified=verified)
                for subject in subjects
            ],
        )

    def put_copies(self, namespace: str, given: Sequence[Copy]) -> int:
        return self._write(
            namespace,
            lambda connection: sum(copy_writing.put(connection, namespace, copy) for copy in given),
            alone=True,
        )
