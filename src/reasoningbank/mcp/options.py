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
    """Say where a server listens and whom it answers.

    Args:
        host: The address to bind; loopback unless said otherwise.
        port: The port; 0 takes a free one.
        token_file: A file with the bearer token, or None for the environment or a file of the
            user's that is made on the first start.
        allowed_hosts: Names beside loopback that a ``Host`` header may hold.
        allowed_origins: Origins beside loopback that an ``Origin`` header may hold.
    """

    host: str = "127.0.0.1"
    port: int = 8848
    token_file: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
