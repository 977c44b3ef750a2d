"""A server over standard input and output."""

from __future__ import annotations

import gc
import os
import signal
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Final

from reasoningbank.mcp.options import ServerOptions

if TYPE_CHECKING:
    from anyio import CancelScope

    from reasoningbank.mcp.server import BankServer

_CONFLICT_STATUS: Final = 3
_UNAVAILABLE_STATUS: Final = 7
_INTERRUPTED_STATUS: Final = 130
_ANSWER_SECONDS: Final = 0.5


def serve_stdio(options: ServerOptions) -> None:
    """Serve the host at the other end of standard input, until it closes it or sends a signal."""
    # Loading the SDK makes some hundred thousand objects that stay: looking through them for garbage
    # took a seventh of the start.
    gc.disable()
    try:
        import anyio
        from mcp.server.stdio import stdio_server

        from reasoningbank.mcp.log import log_to_standard_error

        log_to_standard_error()
        ending = _Ending()
        server = _server(options, ending)
    finally:
        gc.freeze()
        gc.enable()
    if sys.stdin.isatty():
        sys.stderr.write("waiting for a host on standard input; it is a host that starts this\n")

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing), anyio.create_task_group() as tasks:
            tasks.start_soon(ending.when_told_to)
            with ending.scope:
                await server.run(incoming, outgoing, server.create_initialization_options())
            if ending.scope.cancel_called:
                # Everything is closed; the thread that reads standard input cannot be interrupted,
                # and would keep the process.
                sys.stderr.flush()
                os._exit(ending.status)
            tasks.cancel_scope.cancel()

    anyio.run(serve)


class _Ending:
    """Why a server ends although its host has not closed the connection."""

    status = 0

    @cached_property
    def scope(self) -> CancelScope:
        """What is cancelled then; made inside the event loop."""
        import anyio

        return anyio.CancelScope()

    async def when_told_to(self) -> None:
        """End when a signal comes."""
        import anyio

        if sys.platform == "win32":  # where signals end a process at once
            return
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                self.status = 0 if number == signal.SIGTERM else _INTERRUPTED_STATUS
                self.scope.cancel()

    def soon(self, status: int) -> None:
        """End once the host has had time to read why."""
        import asyncio

        self.status = status
        asyncio.get_running_loop().call_later(_ANSWER_SECONDS, self.scope.cancel)


def _server(options: ServerOptions, ending: _Ending) -> BankServer:
    from reasoningbank.mcp.starting import presenting_server, started_server

    if not options.commands:
        return started_server(options)

    def refuse() -> None:
        assert gateway.failure is not None, "a refusal has a reason"
        sys.stderr.write(f"error: {gateway.failure}\n")
        conflict = gateway.failure.code == "conflict"
        ending.soon(_CONFLICT_STATUS if conflict else _UNAVAILABLE_STATUS)

    server, gateway = presenting_server(options, at_once=False, on_failure=refuse)
    return server
