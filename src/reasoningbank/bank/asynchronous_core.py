"""What every operation with ``await`` stands on: a bank, and the threads its calls run in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, TypeVar

from reasoningbank.bank.core import NOT_TO_BE_COPIED
from reasoningbank.bank.facade import ReasoningBank
from reasoningbank.domain.errors import Unavailable

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from concurrent.futures import ThreadPoolExecutor

    from typing_extensions import Self

_T = TypeVar("_T")


def running_loop() -> AbstractEventLoop:
    """Give the loop this runs in."""
    from asyncio import get_running_loop  # slow to import

    return get_running_loop()


class AsyncBankCore:
    """Hold the bank and its threads, and run calls there."""

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
        self._carries_context = False

    @property
    def namespace(self) -> str:
        """The tenant every call stays within."""
        return self._bank.namespace

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
        if self._carries_context:
            from contextvars import copy_context

            call = partial(copy_context().run, call)
        return await running_loop().run_in_executor(workers, call)
