"""The part of the SQLite engine that carries consolidations out."""

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
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.records import Stamp
from reasoningbank.storage.sqlite import consolidation_turns, consolidations
from reasoningbank.storage.sqlite.connections import Connections


class SqliteConsolidations:
    """Do what `ConsolidationStorage` asks for, each step in a transaction; see `SqliteStorage`."""

    _connections: Connections

    def patterns_to_consolidate(
        self, namespace: str, reached: Reached | None, limit: int
    ) -> tuple[list[Pattern], Reached]:
        with self._connections.moment() as connection:
            return consolidations.page(connection, namespace, reached, limit)

    def consolidated(self, namespace: str) -> Reached | None:
        with self._connections.reading() as connection:
            return consolidations.reached(connection, namespace)

    def take_steps(
        self, namespace: str, kept: KeptConsolidation, steps: Sequence[PlannedStep]
    ) -> list[Proposal]:
        with self._connections.writing() as connection:
            consolidations.keep(connection, namespace, kept)
        taken: list[Proposal] = []
        edited: Counter[UUID] = Counter()
        for chunk in consolidations.chunks(steps):
            with self._connections.writing() as connection:
                taken += consolidations.take(connection, namespace, kept, chunk, edited)
        return taken

    def finish_consolidation(
        self, namespace: str, kept: KeptConsolidation | None, reached: Reached
    ) -> None:
        with self._connections.writing() as connection:
            if kept is not None:
                consolidations.keep(connection, namespace, kept)
            consolidations.set_reached(connection, namespace, reached)

    def consolidation(self, namespace: str, report_id: str) -> KeptConsolidation | None:
        with self._connections.reading() as connection:
            return consolidations.get(connection, namespace, report_id)

    def take_back(self, namespace: str, kept: KeptConsolidation, stamp: Stamp) -> int:
        undone = 0
        for chunk in consolidations.chunks(kept.report.proposals[::-1]):
            with self._connections.writing() as connection:
                undone += consolidations.take_back(connection, namespace, kept, chunk, stamp)
        with self._connections.writing() as connection:
            consolidations.mark_undone(connection, namespace, str(kept.report.id), stamp.at)
        return undone

    def undone_steps(self, namespace: str) -> list[Proposal]:
        with self._connections.reading() as connection:
            return consolidations.undone_steps(connection, namespace)

    def pruned_ids(self, namespace: str) -> list[str]:
        with self._connections.reading() as connection:
            return consolidations.pruned_ids(connection, namespace)

    def claim_consolidation(self, namespace: str, owner: str, every: int, now_ms: int) -> int:
        with self._connections.writing() as connection:
            return consolidation_turns.claim(connection, namespace, owner, every, now_ms)

    def release_consolidation(self, namespace: str, owner: str, failure: str | None) -> None:
        with self._connections.writing() as connection:
            consolidation_turns.release(connection, namespace, owner, failure)
