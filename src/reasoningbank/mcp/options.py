"""What a server is started with."""

from __future__ import annotations

from typing import Final

import msgspec

from reasoningbank.serving.options import ListenOptions

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


class HttpOptions(ListenOptions, frozen=True, kw_only=True):
    """Say where a server listens, whom it answers, and for how long it waits.

    Args:
        sessions: How many sessions may be open at once.
        session_idle_seconds: After how long without a request a session ends.
    """

    sessions: int = 64
    session_idle_seconds: float = 1_800.0
