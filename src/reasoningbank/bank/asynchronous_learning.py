"""Learning from experiences, with ``await``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from uuid import UUID

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.bank.line_files import OnInvalid, TextOrBytes
from reasoningbank.domain.lesson import DistillationRequest, Learned
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import Erasure, TransferReport
from reasoningbank.domain.trajectory import (
    LinkKind,
    PatternLink,
    Trajectory,
    TrajectoryInput,
    TrajectoryState,
)
from reasoningbank.learning.contract import Distiller, Judge


class AsyncLearningOperations(AsyncBankCore):
    """Mirror `LearningOperations`."""

    async def learn(
        self,
        trajectory: TrajectoryInput,
        *,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
    ) -> Learned:
        """See `ReasoningBank.learn`; `judge` and `distiller` run in a worker thread."""
        return await self._write(
            partial(self._bank.learn, trajectory, judge=judge, distiller=distiller)
        )

    async def judge(
        self,
        trajectory_id: UUID | str,
        *,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
        distiller: Distiller | None = None,
    ) -> Learned:
        """See `ReasoningBank.judge`."""
        return await self._write(
            partial(
                self._bank.judge,
                trajectory_id,
                success=success,
                score=score,
                source=source,
                evidence=evidence,
                distiller=distiller,
            )
        )

    async def retry_pending(
        self,
        *,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        limit: int = 100,
    ) -> list[Learned]:
        """See `ReasoningBank.retry_pending`."""
        return await self._write(
            partial(self._bank.retry_pending, judge=judge, distiller=distiller, limit=limit)
        )

    async def get_trajectory(self, trajectory_id: UUID | str) -> Trajectory | None:
        """See `ReasoningBank.get_trajectory`."""
        return await self._run(partial(self._bank.get_trajectory, trajectory_id))

    async def trajectories(
        self,
        *,
        state: TrajectoryState | None = None,
        limit: int = 100,
        after: UUID | str | None = None,
    ) -> list[Trajectory]:
        """See `ReasoningBank.trajectories`."""
        return await self._run(
            partial(self._bank.trajectories, state=state, limit=limit, after=after)
        )

    async def withdraw(
        self,
        *,
        trajectory: UUID | str | None = None,
        origin: str | None = None,
        actor: str | None = None,
    ) -> list[UUID]:
        """See `ReasoningBank.withdraw`."""
        return await self._write(
            partial(self._bank.withdraw, trajectory=trajectory, origin=origin, actor=actor)
        )

    async def reinstate(
        self,
        *,
        trajectory: UUID | str | None = None,
        origin: str | None = None,
        actor: str | None = None,
    ) -> list[UUID]:
        """See `ReasoningBank.reinstate`."""
        return await self._write(
            partial(self._bank.reinstate, trajectory=trajectory, origin=origin, actor=actor)
        )

    async def erase_trajectory(self, trajectory_id: UUID | str) -> list[Erasure]:
        """See `ReasoningBank.erase_trajectory`."""
        return await self._write(partial(self._bank.erase_trajectory, trajectory_id))

    async def links(self, either_id: UUID | str) -> list[PatternLink]:
        """See `ReasoningBank.links`."""
        return await self._run(partial(self._bank.links, either_id))

    async def add_link(
        self, source_id: UUID | str, kind: LinkKind, *, target_id: UUID | str
    ) -> PatternLink:
        """See `ReasoningBank.add_link`."""
        return await self._write(partial(self._bank.add_link, source_id, kind, target_id=target_id))

    async def distillation_request(self, trajectory_id: UUID | str) -> DistillationRequest:
        """See `ReasoningBank.distillation_request`."""
        return await self._run(partial(self._bank.distillation_request, trajectory_id))

    async def record_distillation(
        self, trajectory_id: UUID | str, answer: Mapping[str, object]
    ) -> Learned:
        """See `ReasoningBank.record_distillation`."""
        return await self._write(partial(self._bank.record_distillation, trajectory_id, answer))

    async def export_trajectories_jsonl(self, file: TextOrBytes) -> int:
        """See `ReasoningBank.export_trajectories_jsonl`."""
        return await self._run(partial(self._bank.export_trajectories_jsonl, file))

    async def restore_trajectories_jsonl(
        self, file: TextOrBytes, *, progress: Callable[[int], None] | None = None
    ) -> TransferReport:
        """See `ReasoningBank.restore_trajectories_jsonl`."""
        return await self._run(
            partial(self._bank.restore_trajectories_jsonl, file, progress=progress)
        )

    async def import_trajectories_jsonl(
        self,
        file: TextOrBytes,
        *,
        origin: str = "import",
        believed: OutcomeSource = "imported",
        on_invalid: OnInvalid = "raise",
        progress: Callable[[int], None] | None = None,
    ) -> TransferReport:
        """See `ReasoningBank.import_trajectories_jsonl`."""
        return await self._write(
            partial(
                self._bank.import_trajectories_jsonl,
                file,
                origin=origin,
                believed=believed,
                on_invalid=on_invalid,
                progress=progress,
            )
        )
