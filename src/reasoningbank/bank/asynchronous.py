"""The same bank for asyncio: every call runs in a worker thread, so the loop never waits."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from reasoningbank.bank.asynchronous_consolidation import AsyncConsolidationOperations
from reasoningbank.bank.asynchronous_core import running_loop
from reasoningbank.bank.asynchronous_learning import AsyncLearningOperations
from reasoningbank.bank.asynchronous_listing import AsyncListingOperations
from reasoningbank.bank.asynchronous_metrics import AsyncMetricsOperations
from reasoningbank.bank.asynchronous_outcomes import AsyncOutcomeOperations
from reasoningbank.bank.asynchronous_patterns import AsyncPatternOperations
from reasoningbank.bank.asynchronous_recall import AsyncRecallOperations
from reasoningbank.bank.asynchronous_scaling import AsyncScalingOperations
from reasoningbank.bank.asynchronous_tasks import AsyncTaskOperations
from reasoningbank.bank.asynchronous_transfer import AsyncTransferOperations
from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.storage import DEFAULT_BUSY_TIMEOUT, Durability

if TYPE_CHECKING:
    from reasoningbank.embedding import Embedder
    from reasoningbank.learning.contract import Distiller, Judge

# Writers wait for each other and for other processes. In threads of their own they never take the
# last one from readers, which wait for nobody.
_READERS = 8
_WRITERS = 4


class _Opening(Awaitable["AsyncReasoningBank"]):
    """A bank being opened: ``await`` it, or enter it with ``async with``."""

    def __init__(self, open_bank: Callable[[], ReasoningBank]) -> None:
        self._open_bank = open_bank
        self._bank: AsyncReasoningBank | None = None

    def __await__(self) -> Generator[object, None, AsyncReasoningBank]:
        return self._open().__await__()

    async def _open(self) -> AsyncReasoningBank:
        from concurrent.futures import ThreadPoolExecutor  # with asyncio, a third of the import

        workers = ThreadPoolExecutor(_READERS, thread_name_prefix="reasoningbank")
        try:
            bank = await running_loop().run_in_executor(workers, self._open_bank)
        except BaseException:
            workers.shutdown(wait=False)
            raise
        writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="reasoningbank-write")
        self._bank = AsyncReasoningBank(bank, workers, writers)
        return self._bank

    async def __aenter__(self) -> AsyncReasoningBank:
        return await self._open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bank is not None:
            await self._bank.close()


class AsyncReasoningBank(
    AsyncPatternOperations,
    AsyncRecallOperations,
    AsyncLearningOperations,
    AsyncOutcomeOperations,
    AsyncTaskOperations,
    AsyncScalingOperations,
    AsyncTransferOperations,
    AsyncConsolidationOperations,
    AsyncMetricsOperations,
    AsyncListingOperations,
):
    """Do what `ReasoningBank` does, with ``await``.

    A call that is cancelled goes on in its thread: a write that had begun is committed or not as
    a whole, and calling again with the same `idempotency_key` tells which.

    >>> import asyncio
    >>> async def main() -> str:
    ...     async with AsyncReasoningBank.open("memory:") as bank:
    ...         pattern_id = await bank.store_pattern(
    ...             task_description="Add login", task_category="backend", strategy="Test first."
    ...         )
    ...         return (await bank.get_pattern(pattern_id)).strategy
    >>> asyncio.run(main())
    'Test first.'
    """

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str] | None = None,
        *,
        namespace: str = "default",
        embedder: Embedder | None = None,
        durability: Durability = "normal",
        actor: str = "caller",
        busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
        verify_reads: bool = False,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        consolidate_every: int | None = None,
        metrics: bool = True,
    ) -> _Opening:
        """Open a bank as `ReasoningBank.open` does; ``await`` it or use it in ``async with``."""
        return _Opening(
            partial(
                ReasoningBank.open,
                target,
                namespace=namespace,
                embedder=embedder,
                durability=durability,
                actor=actor,
                busy_timeout=busy_timeout,
                verify_reads=verify_reads,
                judge=judge,
                distiller=distiller,
                consolidate_every=consolidate_every,
                metrics=metrics,
            ),
        )
