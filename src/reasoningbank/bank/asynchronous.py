"""The same bank for asyncio: every call runs in a worker thread, so the loop never waits."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, TypeVar
from uuid import UUID

from reasoningbank.bank.core import NOT_TO_BE_COPIED
from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.bank.moving import OnInvalid, TextOrBytes
from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.outcome import Outcome, OutcomeSource, RecordedOutcome, Reliability
from reasoningbank.domain.pattern import (
    Erasure,
    Observation,
    OnDuplicate,
    Pattern,
    PatternChange,
    PatternInput,
    Reembedded,
    SimilarPattern,
    StorageStats,
    Stored,
    TransferReport,
)
from reasoningbank.domain.records import Finding
from reasoningbank.storage import DEFAULT_BUSY_TIMEOUT, Durability

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from concurrent.futures import ThreadPoolExecutor

    from typing_extensions import Self, Unpack

    from reasoningbank.bank.fields import PatternChanges, PatternFields
    from reasoningbank.embedding import Embedder
    from reasoningbank.embedding.protocol import Vectors

_T = TypeVar("_T")
# Writers wait for each other and for other processes. In threads of their own they never take the
# last one from readers, which wait for nobody.
_READERS = 8
_WRITERS = 4


def _running_loop() -> AbstractEventLoop:
    from asyncio import get_running_loop

    return get_running_loop()


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
            bank = await _running_loop().run_in_executor(workers, self._open_bank)
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


class AsyncReasoningBank:
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

    def __init__(
        self,
        bank: ReasoningBank,
        workers: ThreadPoolExecutor,
        writers: ThreadPoolExecutor | None = None,
    ) -> None:
        self._bank = bank
        self._workers = workers
        self._writers = workers if writers is None else writers
        self._closed = False

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
            )
        )

    @property
    def namespace(self) -> str:
        """The tenant every call stays within."""
        return self._bank.namespace

    async def store_pattern(
        self,
        pattern: PatternInput | None = None,
        /,
        *,
        on_duplicate: OnDuplicate = "merge",
        idempotency_key: str | None = None,
        **fields: Unpack[PatternFields],
    ) -> UUID:
        """See `ReasoningBank.store_pattern`."""
        return await self._write(
            partial(
                self._bank.store_pattern,
                pattern,
                on_duplicate=on_duplicate,
                idempotency_key=idempotency_key,
                **fields,
            )
        )

    async def put(
        self,
        pattern: PatternInput,
        *,
        on_duplicate: OnDuplicate = "merge",
        idempotency_key: str | None = None,
        vector: Vectors | None = None,
    ) -> Stored:
        """See `ReasoningBank.put`."""
        return await self._write(
            partial(
                self._bank.put,
                pattern,
                on_duplicate=on_duplicate,
                idempotency_key=idempotency_key,
                vector=vector,
            )
        )

    async def store_patterns(
        self,
        patterns: Iterable[PatternInput | Mapping[str, object]],
        *,
        on_duplicate: OnDuplicate = "merge",
        vectors: Vectors | None = None,
    ) -> list[UUID]:
        """See `ReasoningBank.store_patterns`."""
        return await self._write(
            partial(self._bank.store_patterns, patterns, on_duplicate=on_duplicate, vectors=vectors)
        )

    async def get_pattern(self, pattern_id: UUID | str) -> Pattern | None:
        """See `ReasoningBank.get_pattern`."""
        return await self._run(partial(self._bank.get_pattern, pattern_id))

    async def search_by_category(self, category: str, limit: int = 10) -> list[Pattern]:
        """See `ReasoningBank.search_by_category`."""
        return await self._run(partial(self._bank.search_by_category, category, limit))

    async def find_similar(
        self,
        task_description: str,
        category: str | None = None,
        top_k: int = 5,
        *,
        min_similarity: float | None = None,
    ) -> list[SimilarPattern]:
        """See `ReasoningBank.find_similar`."""
        return await self._run(
            partial(
                self._bank.find_similar,
                task_description,
                category,
                top_k,
                min_similarity=min_similarity,
            )
        )

    async def get_stats(self) -> StorageStats:
        """See `ReasoningBank.get_stats`."""
        return await self._run(self._bank.get_stats)

    async def update_pattern(
        self,
        pattern_id: UUID | str,
        *,
        if_version: int | None = None,
        **changes: Unpack[PatternChanges],
    ) -> Pattern:
        """See `ReasoningBank.update_pattern`."""
        return await self._write(
            partial(self._bank.update_pattern, pattern_id, if_version=if_version, **changes)
        )

    async def delete_pattern(self, pattern_id: UUID | str) -> None:
        """See `ReasoningBank.delete_pattern`."""
        await self._write(partial(self._bank.delete_pattern, pattern_id))

    async def erase(self, pattern_id: UUID | str) -> Erasure:
        """See `ReasoningBank.erase`."""
        return await self._write(partial(self._bank.erase, pattern_id))

    async def record_outcome(
        self,
        *,
        pattern: UUID | str,
        success: bool | None = None,
        score: float | None = None,
        source: OutcomeSource = "caller",
        evidence: Mapping[str, object] | None = None,
    ) -> RecordedOutcome:
        """See `ReasoningBank.record_outcome`."""
        return await self._write(
            partial(
                self._bank.record_outcome,
                pattern=pattern,
                success=success,
                score=score,
                source=source,
                evidence=evidence,
            )
        )

    async def reliability(self, pattern_id: UUID | str) -> Reliability:
        """See `ReasoningBank.reliability`."""
        return await self._run(partial(self._bank.reliability, pattern_id))

    async def outcomes(self, pattern_id: UUID | str) -> list[Outcome]:
        """See `ReasoningBank.outcomes`."""
        return await self._run(partial(self._bank.outcomes, pattern_id))

    async def history(self, pattern_id: UUID | str) -> list[PatternChange]:
        """See `ReasoningBank.history`."""
        return await self._run(partial(self._bank.history, pattern_id))

    async def observations(self, pattern_id: UUID | str) -> list[Observation]:
        """See `ReasoningBank.observations`."""
        return await self._run(partial(self._bank.observations, pattern_id))

    async def export_jsonl(
        self, file: TextOrBytes, *, on_damaged: Callable[[str], None] | None = None
    ) -> int:
        """See `ReasoningBank.export_jsonl`; `on_damaged` is called in a worker thread."""
        return await self._run(partial(self._bank.export_jsonl, file, on_damaged=on_damaged))

    async def restore_jsonl(
        self, file: TextOrBytes, *, progress: Callable[[int], None] | None = None
    ) -> TransferReport:
        """See `ReasoningBank.restore_jsonl`; `progress` is called in a worker thread."""
        return await self._write(partial(self._bank.restore_jsonl, file, progress=progress))

    async def import_jsonl(
        self,
        file: TextOrBytes,
        *,
        origin: str = "import",
        on_invalid: OnInvalid = "raise",
        progress: Callable[[int], None] | None = None,
    ) -> TransferReport:
        """See `ReasoningBank.import_jsonl`; `progress` is called in a worker thread."""
        return await self._write(
            partial(
                self._bank.import_jsonl,
                file,
                origin=origin,
                on_invalid=on_invalid,
                progress=progress,
            )
        )

    async def reembed(self, *, progress: Callable[[int, int], None] | None = None) -> Reembedded:
        """See `ReasoningBank.reembed`; `progress` is called in a worker thread."""
        return await self._write(partial(self._bank.reembed, progress=progress))

    async def check(self, *, full: bool = True) -> list[Finding]:
        """See `ReasoningBank.check`."""
        return await self._run(partial(self._bank.check, full=full))

    async def close(self) -> None:
        """See `ReasoningBank.close`."""
        if self._closed:
            return
        try:
            await self._run(self._bank.close)
        finally:
            self._closed = True
            self._workers.shutdown(wait=False)
            self._writers.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError(NOT_TO_BE_COPIED)

    async def _run(self, call: Callable[[], _T]) -> _T:
        return await self._in(self._workers, call)

    async def _write(self, call: Callable[[], _T]) -> _T:
        return await self._in(self._writers, call)

    async def _in(self, workers: ThreadPoolExecutor, call: Callable[[], _T]) -> _T:
        if self._closed:
            raise Unavailable("the bank is closed", hint="Open it again.")
        return await _running_loop().run_in_executor(workers, call)
