"""A server over standard input and output."""

from __future__ import annotations

import gc

from reasoningbank.mcp.options import ServerOptions


def serve_stdio(options: ServerOptions) -> None:
    """Serve the host at the other end of standard input, until it closes it."""
    # Loading the SDK makes some hundred thousand objects that stay: looking through them for garbage
    # took a seventh of the start.
    gc.disable()
    try:
        import anyio
        from mcp.server.stdio import stdio_server

        from reasoningbank.mcp.log import log_to_standard_error
        from reasoningbank.mcp.starting import started_server

        server = started_server(options)
    finally:
        gc.freeze()
        gc.enable()

    log_to_standard_error()

    async def serve() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(serve)
