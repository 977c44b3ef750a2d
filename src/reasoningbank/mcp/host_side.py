"""The host as an existing server sees it: asked, notified, told how far a call is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.shared.dispatcher import Outbound
from mcp.shared.exceptions import MCPError
from mcp_types import METHOD_NOT_FOUND

from reasoningbank.mcp.wire import META, channel_of, connection_of, is_modern

Context = ServerRequestContext[Any, Any]
_PROGRESS = "notifications/progress"


class HostSide:
    """Pass what existing servers send to the host they are presented to.

    Args:
        context: The request with which the host opened its connection; None where each request
            stands for itself and a server can neither ask nor notify.
    """

    def __init__(self, context: Context | None) -> None:
        self._connection = None if context is None else connection_of(context)
        self._calls: list[Context] = []
        self._tokens: dict[str, tuple[Context, Any]] = {}
        self._count = 0

    @contextmanager
    def during(self, context: Context, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Give the parameters to forward, and pass on progress until the call is over.

        Several hosts may use one token, so it is replaced on the way and put back.
        """
        forwarded = dict(params)
        meta = forwarded.get(META)
        token = None
        if isinstance(meta, dict) and meta.get("progressToken") is not None:
            self._count += 1
            token = f"reasoningbank-{self._count}"
            self._tokens[token] = (context, meta["progressToken"])
            forwarded[META] = {**meta, "progressToken": token}
        self._calls.append(context)
        try:
            yield forwarded
        finally:
            self._calls.remove(context)
            if token is not None:
                del self._tokens[token]

    async def notify(self, method: str, params: Mapping[str, Any] | None) -> None:
        """Pass on a notification."""
        if method == _PROGRESS and params is not None:
            known = self._tokens.get(str(params.get("progressToken")))
            if known is not None:
                context, token = known
                await channel_of(context).notify(method, {**params, "progressToken": token})
            return
        if self._connection is not None:
            await self._channel(self._connection.outbound).notify(method, params)

    async def request(self, method: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """Pass on a request of a server, and give the host's answer.

        Raises:
            MCPError: What the host answered, or that it cannot be asked.
        """
        if method == "ping":
            return {}
        if self._connection is None:
            raise MCPError(METHOD_NOT_FOUND, "this host cannot be asked", method)
        # A host may be asked once it has said that it is ready, and the servers are so before.
        await self._connection.initialized.wait()
        return await self._channel(self._connection.outbound).send_raw_request(method, params)

    def _channel(self, standing: Outbound) -> Outbound:
        """Give the channel of the latest running call, since over HTTP there may be no other."""
        calls = [context for context in self._calls if not is_modern(context)]
        return channel_of(calls[-1]) if calls else standing
