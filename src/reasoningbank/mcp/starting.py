"""The server that a process starts: the bank alone, or with other servers beside it."""

from __future__ import annotations

from reasoningbank.mcp.options import ServerOptions
from reasoningbank.mcp.server import BankServer, bank_server


def started_server(options: ServerOptions) -> BankServer:
    """Give the server that the options ask for."""
    return bank_server(options)
