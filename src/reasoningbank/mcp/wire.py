"""The raw channels below the SDK's session: messages as they are, without models in between.

The SDK gives a handler typed methods only, which would drop what its models do not know. The channels they
write to are plain dictionaries; this is the one place that reaches for them.
"""

from __future__ import annotations

from typing import Any

from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.shared.dispatcher import Outbound
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

META: str = "_meta"
_ENVELOPE = "io.modelcontextprotocol/"


def connection_of(context: ServerRequestContext[Any, Any]) -> Connection:
    """Give the connection a request came over."""
    return context.session._connection  # noqa: SLF001 - see above


def channel_of(context: ServerRequestContext[Any, Any]) -> Outbound:
    """Give the channel that belongs to a request: over HTTP, the stream of its answer."""
    return context.session._request_outbound  # noqa: SLF001 - see above


def is_modern(context: ServerRequestContext[Any, Any]) -> bool:
    """Give whether each request stands for itself, without a handshake before it."""
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS


def without_envelope(params: dict[str, Any]) -> dict[str, Any]:
    """Give parameters without what the newer protocol wraps around each request."""
    meta = params.get(META)
    if not isinstance(meta, dict):
        return params
    kept = {name: value for name, value in meta.items() if not name.startswith(_ENVELOPE)}
    return {**params, META: kept} if kept else {k: v for k, v in params.items() if k != META}
