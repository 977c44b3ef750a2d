"""What a server is started with."""

from __future__ import annotations

from typing import Final

import msgspec

RESPONSE_BYTES: Final = 40_000
"""About 10,000 tokens, where hosts begin to warn that a tool says too much."""

SMALLEST_RESPONSE_BYTES: Final = 2_000
LARGEST_RESPONSE_BYTES: Final = 4_000_000


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Say which bank is served, and what a call may do.

    Args:
        target: The bank, as `ReasoningBank.open` takes it.
        namespace: The tenant every call stays within.
        embedder: Name of the embedder, or None for the built-in one.
        response_bytes: How long the JSON of one answer may be.
        allow_delete: Whether there is a tool that deletes.
        commands: Command lines of servers presented beside this one.
    """

    target: str | None = None
    namespace: str = "default"
    embedder: str | None = None
    response_bytes: int = RESPONSE_BYTES
    allow_delete: bool = False
    commands: tuple[str, ...] = ()


class HttpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Say where a server listens, whom it answers, and for how long it waits.

    Args:
        host: The address to bind; loopback unless said otherwise.
        port: The port; 0 takes a free one.
        token_file: A file with the bearer token, or None for the environment or a file of the
            user's that is made on the first start.
        allowed_hosts: Names beside loopback that a ``Host`` or ``Origin`` header may hold.
        body_bytes: The largest body of a request.
        sessions: How many sessions may be open at once.
        connections: How many connections may be open at once.
        session_idle_seconds: After how long without a request a session ends.
        head_seconds: How long the head of a request may take to arrive.
        body_seconds: How long its body may take.
        shutdown_seconds: How long running calls may take after the server was told to stop.
    """

    host: str = "127.0.0.1"
    port: int = 8848
    token_file: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    body_bytes: int = 4 * 1024 * 1024
    sessions: int = 64
    connections: int = 256
    session_idle_seconds: float = 1_800.0
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    shutdown_seconds: int = 5
