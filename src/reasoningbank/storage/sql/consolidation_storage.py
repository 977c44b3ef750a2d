"""The part of a backend that carries consolidations out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from reasoningbank.domain.consolidation import (
    KeptConsolidation,
    PlannedStep,
    Proposal,
    Reached,
)
from reasoningbank.domain.records import Stamp
from reasoningbank.storage.sql import consolidation_turns, consolidations
from reasoningbank.storage.sql.connection import SqlConnection
from reasoningbank.storage.sql.working import SqlWork


class SqlConsolidations(SqlWork):
    """Do what `ConsolidationStorage` asks for, each step in a transaction."""

    def consolidated(self, namespace: str) -> Reached | None:
        return self._read(
            namespace, lambda connection: consolidations.reached(connection, namespace)
        )

    def take_steps(
        self, namespace: str, kept: KeptConsolidation, steps: Sequence[PlannedStep]
    ) -> list[Proposal]:
        self._write(namespace, lambda connection: consolidations.keep(connection, namespace, kept))
        taken: list[Proposal] = []
        edited: Counter[UUID] = Counter()
        for chunk in consolidations.chunks(steps):
            taken_now, edited = self._take(namespace, kept, chunk, edited)
            taken += taken_now
        return taken

    def _take(
        self,
        namespace: str,
        kept: KeptConsolidation,
        steps: Sequence[PlannedStep],
        edited_before: Counter[UUID],
    ) -> tuple[list[Proposal], Counter[UUID]]:
        def work(connection: SqlConnection) -> tuple[list[Proposal], Counter[UUID]]:
            edited = edited_before.copy()
            return consolidations.take(connection, namespace, kept, steps, edited), edited

        return self._write(namespace, work, alone=True)

    def finish_consolidation(
        self, namespace: str, kept: KeptConsolidation | None, reached: Reached
    ) -> None:
        def work(connection: SqlConnection) -> None:
            if kept is not None:
                consolidations.keep(connection, namespace, kept)
            consolidations.set_reached(connection, namespace, reached)

        self._write(namespace, work, alone=True)

    def consolidation(self, namespace: str, report_id: str) -> KeptConsolidation | None:
        return self._read(
            namespace, lambda connection: consolidations.get(connection, namespace, report_id)
        )

    def take_back(self, namespace: str, kept: KeptConsolidation, stamp: Stamp) -> int:
        report_id = str(kept.report.id)
        undone = 0
        for chunk in consolidations.chunks(kept.report.proposals[::-1]):
            undone += self._take_back(namespace, kept, chunk, stamp)
        self._write(
            namespace,
            lambda connection: consolidations.mark_undone(
                connection, namespace, report_id, stamp.at
            ),
        )
        return undone

    def _take_back(
        self, namespace: str, kept: KeptConsolidation, steps: Sequence[Proposal], stamp: Stamp
    ) -> int:
        return self._write(
            namespace,
            lambda connection: consolidations.take_back(connection, namespace, kept, steps, stamp),
            alone=True,
        )

    def undone_steps(self, namespace: str) -> list[Proposal]:
        return self._read(
            namespace, lambda connection: consolidations.undone_steps(connection, namespace)
        )

    def pruned_ids(self, namespace: str) -> list[str]:
        return self._read(
            namespace, lambda connection: consolidations.pruned_ids(connection, namespace)
        )

    def claim_consolidation(self, namespace: str, owner: str, every: int, now_ms: int) -> int:
        return self._write(
            namespace,
            lambda connection: consolidation_turns.claim(
                connection, namespace, owner, every, now_ms
            ),
            alone=True,
        )

    def release_consolidation(self, namespace: str, owner: str, failure: str | None) -> None:
        self._write(
            namespace,
            lambda connection: consolidation_turns.release(connection, namespace, owner, failure),
            alone=True,
        )
