"""The existing servers behind one connection, as one: who has what, and their lists together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup, TaskStatus
from mcp.shared.exceptions import MCPError
from mcp_types import METHOD_NOT_FOUND

from reasoningbank.domain.errors import Conflict, ReasoningBankError, Unavailable
from reasoningbank.mcp.host_side import HostSide
from reasoningbank.mcp.log import LOGGER
from reasoningbank.mcp.upstream import Upstream

Entry = dict[str, Any]


class Listing:
    """One kind of list: its method, its capability, and the key that names an entry."""

    def __init__(self, method: str, capability: str, items: str, key: str) -> None:
        self.method = method
        self.capability = capability
        self.items = items
        self.key = key


TOOLS: Final = Listing("tools/list", "tools", "tools", "name")
PROMPTS: Final = Listing("prompts/list", "prompts", "prompts", "name")
RESOURCES: Final = Listing("resources/list", "resources", "resources", "uri")
TEMPLATES: Final = Listing(
    "resources/templates/list", "resources", "resourceTemplates", "uriTemplate"
)
LISTINGS: Final = {one.method: one for one in (TOOLS, PROMPTS, RESOURCES, TEMPLATES)}
_MOST_PAGES: Final = 1_000


class UpstreamGroup:
    """Ask several existing servers as if they were one.

    Args:
        commands: Their command lines.
        greeting: What `initialize` tells them.
        host: What they may ask and notify.
        own: By the method of a list, the names that are taken by the bank's own server.
    """

    def __init__(
        self,
        commands: Sequence[str],
        greeting: Mapping[str, Any],
        host: HostSide,
        own: Mapping[str, frozenset[str]],
    ) -> None:
        self.host = host
        self.servers = [Upstream(command, greeting, host) for command in commands]
        self._own = own
        self._owners: dict[str, dict[str, Upstream]] = {}
        self._scope = anyio.CancelScope()
        self._ended = anyio.Event()

    async def start(self, tasks: TaskGroup) -> None:
        """Start the servers and refuse names that two of them have.

        Raises:
            Unavailable: When one does not start, or does not list what it has.
            Conflict: Naming what two servers have.
        """
        failures: list[ReasoningBankError] = []
        await tasks.start(self._hold, failures)
        if failures:
            await self.stop()
            raise failures[0]
        try:
            for listing in LISTINGS.values():
                await self.entries(listing, refuse=True)
        except BaseException as error:
            with anyio.CancelScope(shield=True):
                await self.stop()
            if isinstance(error, MCPError):
                raise Unavailable(f"does not say what it has: {error}", field="with") from error
            raise

    async def stop(self) -> None:
        """Stop the servers and wait until they are gone."""
        self._scope.cancel()
        await self._ended.wait()

    async def entries(
        self, listing: Listing, *, refuse: bool = False
    ) -> tuple[list[Entry], dict[str, Any]]:
        """Give the entries of all servers, and what else stood in their answers.

        A name that an earlier server or the bank has is left out with a line in the log, or an
        error if `refuse` says so.
        """
        owners: dict[str, Upstream] = {}
        entries: list[Entry] = []
        around: dict[str, Any] = {}
        for server in self.servers:
            if listing.capability not in server.capabilities:
                continue
            try:
                listed, beside = await _all_pages(server, listing)
            except MCPError as error:
                if refuse:
                    raise
                # The others' entries and the bank's are still there, and calls of its own say why not.
                LOGGER.error("`%s` does not answer %s: %s", server.command, listing.method, error)
                known = self._owners.get(listing.method, {})
                owners.update({name: one for name, one in known.items() if one is server})
                continue
            around = {**beside, **around}
            for entry in listed:
                name = str(entry.get(listing.key))
                if name in owners or name in self._own.get(listing.method, ()):
                    self._collision(listing, name, server, refuse=refuse)
                    continue
                owners[name] = server
                entries.append(entry)
        self._owners[listing.method] = owners
        return entries, around

    async def owner(self, listing: Listing, name: str) -> Upstream | None:
        """Give the server that has an entry, looking again if it was not there before."""
        found = self._owners.get(listing.method, {}).get(name)
        if found is None:
            await self.entries(listing)
            found = self._owners[listing.method].get(name)
        return found

    async def first_that_can(
        self, method: str, params: Mapping[str, Any], servers: Iterable[Upstream] | None = None
    ) -> dict[str, Any]:
        """Give the answer of the first server that does not refuse.

        Raises:
            MCPError: Of the first server, when all refuse.
        """
        refusal: MCPError | None = None
        for server in self.servers if servers is None else servers:
            try:
                return await server.request(method, params)
            except MCPError as error:
                refusal = refusal or error
        raise refusal or MCPError(METHOD_NOT_FOUND, "Method not found", method)

    async def tell_all(self, method: str, params: Mapping[str, Any] | None) -> None:
        """Pass a notification of the host to every server."""
        for server in self.servers:
            await server.notify(method, params)

    def _collision(self, listing: Listing, name: str, server: Upstream, *, refuse: bool) -> None:
        message = (
            f"{listing.items} of two servers have the name {name!r}, one is `{server.command}`"
        )
        if refuse:
            raise Conflict(message, field="with", hint="Leave that server out of --with.")
        LOGGER.error("%s; it is left out", message)

    async def _hold(
        self,
        failures: list[ReasoningBankError],
        *,
        task_status: TaskStatus[None],
    ) -> None:
        """Run all servers until stopped; say so when each has started or failed."""
        try:
            with self._scope:
                async with anyio.create_task_group() as lives:
                    async with anyio.create_task_group() as starts:
                        for server in self.servers:
                            starts.start_soon(_start, lives, server, failures)
                    task_status.started()
                    await anyio.sleep_forever()
        finally:
            self._ended.set()


async def _start(lives: TaskGroup, server: Upstream, failures: list[ReasoningBankError]) -> None:
    try:
        await lives.start(server.run)
    except ReasoningBankError as error:
        failures.append(error)


async def _all_pages(server: Upstream, listing: Listing) -> tuple[list[Entry], dict[str, Any]]:
    """Give every entry a server lists, and what else stood in its answers."""
    entries: list[Entry] = []
    around: dict[str, Any] = {}
    cursor: object = None
    for _ in range(_MOST_PAGES):
        try:
            page = await server.request(
                listing.method, {} if cursor is None else {"cursor": cursor}
            )
        except MCPError as error:
            if error.code == METHOD_NOT_FOUND:  # some have resources and know no templates
                break
            raise
        listed = page.pop(listing.items, None)
        entries.extend(listed if isinstance(listed, list) else [])
        cursor = page.pop("nextCursor", None)
        around = {**page, **around}
        if cursor is None:
            break
    return entries, around
