"""The gateway: existing servers presented unchanged beside the bank.

It stands before the SDK's own handling and sees each message raw. What concerns the bank goes on to it; what
concerns an existing server goes there as it came, and its answer comes back as it came: names,
schemas and results with the fields no model here knows, explicit nulls included. Lists are put together.

Each connection with a handshake has servers of its own, greeted with the host's own words, so that
they offer what they would offer to that host. Requests of the newer protocol, which stand
for themselves, share one set that is greeted without capabilities.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS
from mcp_types.version import LATEST_HANDSHAKE_VERSION
from pydantic import BaseModel

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.mcp.host_side import HostSide
from reasoningbank.mcp.resources import SCHEME
from reasoningbank.mcp.upstream import Upstream
from reasoningbank.mcp.upstream_group import (
    LISTINGS,
    PROMPTS,
    RESOURCES,
    TEMPLATES,
    TOOLS,
    Listing,
    UpstreamGroup,
)
from reasoningbank.mcp.wire import connection_of, is_modern, without_envelope

Context = ServerRequestContext[Any, Any]
Result = dict[str, Any]

_STATE: Final = "reasoningbank.existing"
_OWN_BUSINESS: Final = frozenset({"ping", "subscriptions/listen"})
_GREETING: Final = {"name": "reasoningbank", "version": "1"}


class Gateway:
    """Route messages between a host, the bank, and existing servers.

    Args:
        commands: Command lines of the existing servers.
        own: By the method of a list, the names the bank's own server has.
    """

    def __init__(self, commands: tuple[str, ...], own: Mapping[str, frozenset[str]]) -> None:
        self.failure: ReasoningBankError | None = None
        self._commands = commands
        self._own = own
        self._tasks: TaskGroup | None = None
        self._shared: UpstreamGroup | None = None
        self._sharing = anyio.Lock()
        self._on_failure: Callable[[], None] | None = None
        self._routes: dict[str, Callable[[Context, UpstreamGroup, CallNext], Awaitable[Any]]] = {
            "initialize": self._greet,
            "server/discover": self._discover,
            "tools/call": self._call_tool,
            "prompts/get": self._get_prompt,
            "resources/read": self._about_resource,
            "resources/subscribe": self._about_resource,
            "resources/unsubscribe": self._about_resource,
            "completion/complete": self._complete,
            "logging/setLevel": self._set_level,
            **dict.fromkeys(LISTINGS, self._list),
        }

    def hold(self, tasks: TaskGroup, on_failure: Callable[[], None] | None = None) -> None:
        """Take the task group the existing servers live in.

        Args:
            tasks: The task group.
            on_failure: Called when servers refused to be presented, once the host was told.
        """
        self._tasks = tasks
        self._on_failure = on_failure

    async def start_shared(self) -> UpstreamGroup:
        """Start the servers that requests without a handshake share, and give them.

        Raises:
            ReasoningBankError: When they cannot be presented.
        """
        async with self._sharing:
            if self._shared is None:
                greeting = {
                    "protocolVersion": LATEST_HANDSHAKE_VERSION,
                    "capabilities": {},
                    "clientInfo": _GREETING,
                }
                try:
                    self._shared = await self._started(greeting, HostSide(None))
                except ReasoningBankError as error:
                    self.failure = error
                    raise
            return self._shared

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Handle one message of the host."""
        if ctx.request_id is None:
            return await self._notification(ctx, call_next)
        if ctx.method in _OWN_BUSINESS:
            return await call_next(ctx)
        try:
            group = await self._group(ctx)
        except ReasoningBankError as error:
            self._fail(error)
            raise MCPError(INTERNAL_ERROR, str(error)) from error
        if group is None:
            return await call_next(ctx)
        route = self._routes.get(ctx.method, self._forward)
        result: HandlerResult = await route(ctx, group, call_next)
        if is_modern(ctx) and isinstance(result, dict):
            return {"resultType": "complete", **result}
        return result

    async def _group(self, context: Context) -> UpstreamGroup | None:
        """Give the servers of a connection; none before its handshake."""
        if is_modern(context):
            return await self.start_shared()
        connection = connection_of(context)
        if context.method == "initialize":
            greeting = dict(context.params or {})
            group = await self._started(greeting, HostSide(context))
            connection.state[_STATE] = group
            connection.exit_stack.push_async_callback(group.stop)
        return connection.state.get(_STATE)

    async def _started(self, greeting: Mapping[str, Any], host: HostSide) -> UpstreamGroup:
        assert self._tasks is not None, "hold() comes first"
        group = UpstreamGroup(self._commands, greeting, host, self._own)
        await group.start(self._tasks)
        return group

    def _fail(self, error: ReasoningBankError) -> None:
        self.failure = self.failure or error
        if self._on_failure is not None:
            self._on_failure()

    async def _notification(self, context: Context, call_next: CallNext) -> HandlerResult:
        group = connection_of(context).state.get(_STATE)
        # The servers were told at once that the host is ready, and what is cancelled here is cancelled there.
        known_here = {"notifications/initialized", "notifications/cancelled"}
        if group is not None and context.method not in known_here:
            await group.tell_all(context.method, context.params)
        return await call_next(context)

    # -------------------------------------------------------------------------------- requests

    async def _greet(self, context: Context, group: UpstreamGroup, call_next: CallNext) -> Result:
        return _introduced(_plain(await call_next(context)), group)

    async def _discover(
        self, context: Context, group: UpstreamGroup, call_next: CallNext
    ) -> Result:
        return _introduced(_plain(await call_next(context)), group)

    async def _list(self, context: Context, group: UpstreamGroup, call_next: CallNext) -> Result:
        listing = LISTINGS[context.method]
        if (context.params or {}).get("cursor") is not None:
            raise MCPError(INVALID_PARAMS, "there is one page only")
        own = _plain(await call_next(context))
        entries, around = await group.entries(listing)
        merged = {**around, **own, listing.items: [*entries, *own[listing.items]]}
        if "ttlMs" in own:  # what an existing server has may change at any time
            merged.update(ttlMs=0, cacheScope="private")
        return merged

    async def _call_tool(self, context: Context, group: UpstreamGroup, call_next: CallNext) -> Any:
        return await self._to_owner(context, group, call_next, TOOLS)

    async def _get_prompt(self, context: Context, group: UpstreamGroup, call_next: CallNext) -> Any:
        return await self._to_owner(context, group, call_next, PROMPTS)

    async def _to_owner(
        self, context: Context, group: UpstreamGroup, call_next: CallNext, listing: Listing
    ) -> Any:
        name = str((context.params or {}).get("name"))
        owner = None
        if name not in self._own[listing.method]:
            owner = await group.owner(listing, name)
        if owner is None:
            return await call_next(context)
        return await self._asked(context, group, [owner])

    async def _about_resource(
        self, context: Context, group: UpstreamGroup, call_next: CallNext
    ) -> Any:
        uri = str((context.params or {}).get("uri"))
        if uri.startswith(SCHEME):
            return await call_next(context)
        owner = await group.owner(RESOURCES, uri)
        return await self._asked(context, group, [owner] if owner else group.servers)

    async def _complete(self, context: Context, group: UpstreamGroup, call_next: CallNext) -> Any:
        reference = (context.params or {}).get("ref")
        reference = reference if isinstance(reference, dict) else {}
        if "name" in reference:
            owner = await group.owner(PROMPTS, str(reference["name"]))
        else:
            owner = await group.owner(TEMPLATES, str(reference.get("uri")))
        if owner is None:
            return await call_next(context)
        return await self._asked(context, group, [owner])

    async def _set_level(self, context: Context, group: UpstreamGroup, call_next: CallNext) -> Any:
        listening = [server for server in group.servers if "logging" in server.capabilities]
        if not listening:
            return await call_next(context)
        answers = [await self._asked(context, group, [server]) for server in listening]
        return answers[0]

    async def _forward(self, context: Context, group: UpstreamGroup, _: CallNext) -> Any:
        """Pass on what the bank's server knows nothing of."""
        return await self._asked(context, group, group.servers)

    async def _asked(
        self, context: Context, group: UpstreamGroup, servers: list[Upstream]
    ) -> Result:
        params = without_envelope(dict(context.params or {}))
        with group.host.during(context, params) as forwarded:
            return await group.first_that_can(context.method, forwarded, servers)


def _introduced(own: Result, group: UpstreamGroup) -> Result:
    """Give what a server says of itself with what the others say added."""
    capabilities = own.get("capabilities") or {}
    instructions = [own["instructions"]] if own.get("instructions") else []
    for server in group.servers:
        capabilities = _both(capabilities, server.capabilities)
        said = server.initialized.get("instructions")
        if isinstance(said, str) and said:
            instructions.append(said)
    return {**own, "capabilities": capabilities, "instructions": "\n\n".join(instructions)}


def _both(first: Any, second: Any) -> Any:
    """Give what either can: objects joined, true before false."""
    if isinstance(first, dict) and isinstance(second, dict):
        return {
            name: _both(first[name], second[name])
            if name in first and name in second
            else first.get(name, second.get(name))
            for name in {**first, **second}
        }
    return first or second


def _plain(result: HandlerResult) -> Result:
    if isinstance(result, BaseModel):
        return result.model_dump(by_alias=True, mode="json", exclude_none=True)
    return result or {}
