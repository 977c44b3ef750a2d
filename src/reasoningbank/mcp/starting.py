"""The server that a process starts: the bank alone, or with existing servers beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from reasoningbank.mcp.options import ServerOptions
from reasoningbank.mcp.server import BankServer, bank_server, serving
from reasoningbank.mcp.shared_bank import SharedBank

if TYPE_CHECKING:
    from collections.abc import Callable

    from reasoningbank.mcp.gateway import Gateway


def started_server(options: ServerOptions) -> BankServer:
    """Give a server over the bank alone."""
    return bank_server(options)


def presenting_server(
    options: ServerOptions,
    *,
    at_once: bool,
    on_failure: Callable[[], None] | None = None,
) -> tuple[BankServer, Gateway]:
    """Give a server that presents the existing servers named in the options beside the bank.

    Args:
        options: Which bank, and which servers.
        at_once: Whether the existing servers are started before the first request comes.
        on_failure: Called when they cannot be presented, once the host was told.

    Raises:
        InvalidInput: When a command line names no program.
    """
    import anyio

    from reasoningbank.mcp.catalogue import tools
    from reasoningbank.mcp.gateway import Gateway
    from reasoningbank.mcp.prompts import PROMPTS
    from reasoningbank.mcp.resources import RESOURCES, TEMPLATES
    from reasoningbank.mcp.upstream import command_parts

    for command in options.commands:
        command_parts(command)
    gateway = Gateway(
        options.commands,
        {
            "tools/list": frozenset(tools(allow_delete=options.allow_delete)),
            "prompts/list": frozenset(prompt.name for prompt in PROMPTS),
            "resources/list": frozenset(resource.uri for resource in RESOURCES),
            "resources/templates/list": frozenset(one.uri_template for one in TEMPLATES),
        },
    )
    bank_of = serving(options)

    @asynccontextmanager
    async def lifespan(server: BankServer) -> AsyncIterator[SharedBank]:
        async with bank_of(server) as bank, anyio.create_task_group() as tasks:
            gateway.hold(tasks, on_failure)
            if at_once:
                await gateway.start_shared()
            yield bank
            tasks.cancel_scope.cancel()

    server = bank_server(options, lifespan)
    server.middleware.append(gateway)
    return server, gateway
