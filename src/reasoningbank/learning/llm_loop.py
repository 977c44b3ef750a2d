"""An event loop in a thread of its own, so that a model can be asked from any code.

The model libraries are asynchronous and keep their connections on one loop. The caller may be
synchronous, in several threads, or inside a running loop (a notebook, a server).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Final, TypeVar

T = TypeVar("T")

_GRACE_SECONDS: Final = 5.0


class LoopThread:
    """Runs coroutines on one event loop until it is stopped.

    Args:
        held: Entered on the loop before anything else and left when it stops.
    """

    def __init__(self, held: AbstractAsyncContextManager[object]) -> None:
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        # A daemon: a program that ends must not wait for a model's answer.
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="reasoningbank-model", daemon=True
        )
        self._thread.start()
        try:
            self.run(self._stack.enter_async_context(held), None)
        except BaseException:
            self.stop()
            raise

    def run(self, work: Coroutine[object, object, T], seconds: float | None) -> T:
        """Give what `work` returns or raise what it raises.

        Raises:
            TimeoutError: When it takes longer than `seconds`; it is cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(_within(work, seconds), self._loop)
        try:
            # The loop keeps the time; this is for work that would block the loop itself.
            return future.result(None if seconds is None else seconds + _GRACE_SECONDS)
        # Both are other classes than TimeoutError before Python 3.11.
        except (asyncio.TimeoutError, concurrent.futures.TimeoutError) as error:
            raise TimeoutError from error
        finally:
            future.cancel()

    def stop(self) -> None:
        """Close what is held, and the loop. Does nothing the second time."""
        if self._loop.is_closed() or not self._thread.is_alive():  # a fork has no thread
            return
        if threading.current_thread() is self._thread:  # the garbage collector called from there
            self._loop.stop()
            return
        ending = asyncio.run_coroutine_threadsafe(_end(self._stack), self._loop)
        try:
            ending.result(_GRACE_SECONDS)
        except Exception:  # noqa: BLE001, S110 - a connection that cannot be closed well is closed all the same
            pass
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GRACE_SECONDS)
        if not self._thread.is_alive():
            self._loop.close()


async def _within(work: Coroutine[object, object, T], seconds: float | None) -> T:
    return await asyncio.wait_for(work, seconds)


async def _end(stack: AsyncExitStack) -> None:
    own = asyncio.current_task()
    running = [task for task in asyncio.all_tasks() if task is not own]
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await stack.aclose()
    await asyncio.get_running_loop().shutdown_asyncgens()
