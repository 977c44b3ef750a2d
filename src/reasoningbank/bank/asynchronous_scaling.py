"""Several attempts at one task, awaited side by side or one after the other, and compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.bank.recall_operations import DEFAULT_TOKEN_BUDGET
from reasoningbank.bank.scaling import InFlight, Scaled, ScalingMode, Select, Stop, StopWhen
from reasoningbank.bank.scaling_operations import DEFAULT_ATTEMPTS
from reasoningbank.bank.scaling_run import ScalingRun
from reasoningbank.bank.task import Task
from reasoningbank.bank.task_operations import DEFAULT_CATEGORY
from reasoningbank.learning.contract import Distiller, Judge

if TYPE_CHECKING:
    import asyncio

Value = TypeVar("Value")


class AsyncScalingOperations(AsyncBankCore):
    """See `reasoningbank.bank.scaling_operations.ScalingOperations`."""

    async def scale(
        self,
        task_description: str,
        run: Callable[[Task], Awaitable[Value]],
        *,
        k: int = DEFAULT_ATTEMPTS,
        mode: ScalingMode = "parallel",
        category: str = DEFAULT_CATEGORY,
        verify: Callable[[Value], bool] | None = None,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        select: Select[Value] | None = None,
        stop_when: StopWhen | Stop[Value] = "confirmed",
        in_flight: InFlight = "finish",
        max_workers: int | None = None,
        token_budget: int = DEFAULT_TOKEN_BUDGET,
    ) -> Scaled[Value]:
        """See `ReasoningBank.scale`; `run` is awaited, and everything else of yours runs in a thread.

        With ``in_flight="cancel"`` the attempts under way are cancelled once one stopped the run;
        they are kept with what they had done. When this call is cancelled, so are they.
        """
        under_way: ScalingRun[Value] = await self._run(
            partial(
                self._bank._prepare_scaling,  # noqa: SLF001 - two halves of one thing
                task_description,
                k=k,
                mode=mode,
                category=category,
                verify=verify,
                judge=judge,
                distiller=distiller,
                select=select,
                stop_when=stop_when,
                in_flight=in_flight,
                max_workers=max_workers,
                token_budget=token_budget,
            )
        )
        await _Attempts(self, under_way, run, cancels=in_flight == "cancel").make()
        return await self._write(under_way.conclude)


class _Attempts(Generic[Value]):
    """The attempts of a run on the event loop."""

    def __init__(
        self,
        bank: AsyncScalingOperations,
        under_way: ScalingRun[Value],
        run: Callable[[Task], Awaitable[Value]],
        *,
        cancels: bool,
    ) -> None:
        self._bank = bank
        self._under_way = under_way
        self._run = run
        self._cancels = cancels
        self._in_flight: set[asyncio.Future[Value]] = set()

    async def make(self) -> None:
        """Make attempts until there are to be no more."""
        import asyncio  # slow to import

        working = [asyncio.ensure_future(self._work()) for _ in range(self._under_way.plan.workers)]
        try:
            await asyncio.wait(working)
        except BaseException:
            self._under_way.stop()
            self._cancels = True
            self._cancel_in_flight()
            # Each attempt is kept with what it had done before this goes on.
            await asyncio.wait(working)
            raise
        for one in working:
            one.result()

    async def _work(self) -> None:
        import asyncio

        # In a thread: what earlier attempts did is put together there.
        while (task := await self._bank._run(self._under_way.begin)) is not None:  # noqa: SLF001
            attempt = asyncio.ensure_future(self._awaited(task))
            self._in_flight.add(attempt)
            if self._under_way.stopped and self._cancels:
                attempt.cancel()
            try:
                await asyncio.wait({attempt})
            except asyncio.CancelledError:  # the loop is being closed
                self._under_way.stop()
                attempt.cancel()
                await asyncio.wait({attempt})
                await self._end(task, attempt)
                raise
            finally:
                self._in_flight.discard(attempt)
            await self._end(task, attempt)

    async def _awaited(self, task: Task) -> Value:
        return await self._run(task)

    async def _end(self, task: Task, attempt: asyncio.Future[Value]) -> None:
        import asyncio

        error: BaseException | None = (
            asyncio.CancelledError() if attempt.cancelled() else attempt.exception()
        )
        value = None if error is not None else attempt.result()
        await self._bank._write(  # noqa: SLF001
            partial(self._under_way.end_verified, task, value, error)
        )
        if self._under_way.stopped and self._cancels:
            self._cancel_in_flight()
        if error is not None and not isinstance(error, (Exception, asyncio.CancelledError)):
            self._under_way.stop()
            raise error

    def _cancel_in_flight(self) -> None:
        for attempt in self._in_flight:
            attempt.cancel()
