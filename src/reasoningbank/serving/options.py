"""Where a server listens, whom it answers, and for how long it waits."""

from __future__ import annotations

import msgspec


class ListenOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Say where a server listens, whom it answers, and for how long it waits.

    Args:
        host: The address to bind; loopback unless said otherwise.
        port: The port; 0 takes a free one.
        token_file: A file with the bearer token, or None for the environment or a file of the
            user's that is made on the first start.
        allowed_hosts: Names beside loopback that a ``Host`` or ``Origin`` header may hold.
        body_bytes: The largest body of a request.
        connections: How many connections may be open at once.
        head_seconds: How long the head of a request may take to arrive.
        body_seconds: How long its body may take.
        shutdown_seconds: How long running calls may take after the server was told to stop.
    """

    host: str = "127.0.0.1"
    port: int = 8848
    token_file: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    body_bytes: int = 4 * 1024 * 1024
    connections: int = 256
    head_seconds: float = 10.0
    body_seconds: float = 20.0
    shutdown_seconds: int = 5
