"""A server over standard input and output."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Final

from reasoningbank.mcp.options import ServerOptions

if TYPE_CHECKING:
    from reasoningbank.domain.errors import ReasoningBankError
    from reasoningbank.mcp.server import BankServer

_CONFLICT_STATUS: Final = 3
_UNAVAILABLE_STATUS: Final = 7
_ANSWER_SECONDS: Final = 0.5


def serve_stdio(options: ServerOptions) -> None:
    """Serve the host at the other end of standard input, until it closes it."""
    # Loading the SDK makes some hundred thousand objects that stay: looking through them for garbage
    # took a seventh of the start.
    gc.disable()
    try:
        import anyio
        from mcp.server.stdio import stdio_server

        from reasoningbank.mcp.log import log_to_standard_error

        log_to_standard_error()
        server = _server_with_others(options) if options.commands else _server(options)
    finally:
        gc.freeze()
        gc.enable()

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(serve)


def _server(options: ServerOptions) -> BankServer:
    from reasoningbank.mcp.starting import started_server

    return started_server(options)


def _server_with_others(options: ServerOptions) -> BankServer:
    import threading

    from reasoningbank.mcp.starting import presenting_server

    def end() -> None:
        """End the process once the host has had time to read why."""
        assert gateway.failure is not None
        _tell(gateway.failure)
        conflict = gateway.failure.code == "conflict"
        status = _CONFLICT_STATUS if conflict else _UNAVAILABLE_STATUS
        # The thread that reads standard input cannot be interrupted, and would keep the process.
        timer = threading.Timer(_ANSWER_SECONDS, os._exit, (status,))
        timer.daemon = True
        timer.start()

    server, gateway = presenting_server(options, at_once=False, on_failure=end)
    return server


def _tell(error: ReasoningBankError) -> None:
    sys.stderr.write(f"error: {error}\n")
    sys.stderr.flush()
