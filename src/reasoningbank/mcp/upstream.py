"""One existing server: started as a child process, spoken to in raw messages, restarted when it ends."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import anyio
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.dispatcher import DispatchContext
from mcp.shared.exceptions import MCPError
from mcp.shared.jsonrpc_dispatcher import JSONRPCDispatcher
from mcp_types import CONNECTION_CLOSED, INTERNAL_ERROR

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.mcp.host_side import HostSide
from reasoningbank.mcp.log import LOGGER

if TYPE_CHECKING:
    from anyio.abc import TaskStatus
    from mcp.shared.transport_context import TransportContext

START_SECONDS: Final = 60.0
"""How long a server may take for its first answer; `npx` may have to download it first."""

_RESTART_SECONDS: Final = 30.0
_PAUSES: Final = (0.0, 0.5, 2.0, 5.0)
"""Before each restart in a row; after the last, the server is left alone."""

_STEADY_SECONDS: Final = 60.0
"""A server that ran so long begins a new row."""

_LIST_CHANGES: Final = {
    "tools": "notifications/tools/list_changed",
    "resources": "notifications/resources/list_changed",
    "prompts": "notifications/prompts/list_changed",
}


def command_parts(command: str) -> list[str]:
    """Give the parts of a command line, the program as it is found.

    Raises:
        InvalidInput: When there is no such program, or the line cannot be taken apart.
    """
    try:
        parts = shlex.split(command)
    except ValueError as error:
        raise InvalidInput(f"cannot be taken apart: {error}", field="with") from error
    found = shutil.which(parts[0]) if parts else None
    if found is None:
        raise InvalidInput(f"names no program: {command!r}", field="with")
    return [found, *parts[1:]]


class Upstream:
    """Keep an existing server running and speak with it.

    Args:
        command: Its command line.
        greeting: What `initialize` tells it: the host's own words.
        host: What it may ask and notify.
    """

    def __init__(self, command: str, greeting: Mapping[str, Any], host: HostSide) -> None:
        self.command = command
        self.initialized: dict[str, Any] = {}
        self._parts = command_parts(command)
        self._greeting = dict(greeting)
        self._host = host
        self._speaking: JSONRPCDispatcher[TransportContext] | None = None
        self._ready = anyio.Event()
        self._started = False
        self._given_up = False

    @property
    def capabilities(self) -> dict[str, Any]:
        """What the server said it can do."""
        capabilities = self.initialized.get("capabilities")
        return capabilities if isinstance(capabilities, dict) else {}

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Start the server and keep it running until cancelled.

        Raises:
            Unavailable: When it does not start the first time.
        """
        row = 0
        while True:
            began = anyio.current_time()
            first = not self._started
            try:
                await self._one_life(task_status if first else None)
                reason = "ended"
            except Exception as error:  # noqa: BLE001 - whatever it is, the server is not running
                reason = f"did not start: {_cause(error)}"
            if not self._started:
                raise Unavailable(
                    f"{reason} ({self.command})",
                    field="with",
                    hint="Its own messages are on standard error.",
                )
            row = 0 if anyio.current_time() - began > _STEADY_SECONDS else row
            if row == len(_PAUSES):
                self._given_up = True
                self._ready.set()
                LOGGER.error("`%s` %s; given up after %d restarts", self.command, reason, row)
                return
            LOGGER.warning("`%s` %s; restarting it", self.command, reason)
            await anyio.sleep(_PAUSES[row])
            row += 1

    async def request(self, method: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """Ask the server and give its answer as it came.

        Raises:
            MCPError: What it answered, or that it ended meanwhile.
        """
        with anyio.move_on_after(_RESTART_SECONDS):
            await self._ready.wait()
        speaking = self._speaking
        if speaking is None or self._given_up:
            raise MCPError(INTERNAL_ERROR, f"the server `{self.command}` is not running")
        try:
            return await speaking.send_raw_request(method, params)
        except MCPError as error:
            if error.code == CONNECTION_CLOSED and error.message == "Connection closed":
                self._lost(speaking)
                raise MCPError(
                    INTERNAL_ERROR,
                    f"the server `{self.command}` ended while it worked on this and is being "
                    "restarted; whether it was done is not known",
                ) from error
            raise

    async def notify(self, method: str, params: Mapping[str, Any] | None) -> None:
        """Tell the server something; while it is not running, nobody hears it."""
        if self._speaking is not None:
            await self._speaking.notify(method, params)

    def _lost(self, speaking: JSONRPCDispatcher[TransportContext]) -> None:
        """Let calls wait for the next start, from the moment that this one is known to be over."""
        if self._speaking is speaking:
            self._speaking = None
            self._ready = anyio.Event()

    async def _one_life(self, task_status: TaskStatus[None] | None) -> None:
        """Start the server, say that it is ready, and return when it has ended."""
        parameters = StdioServerParameters(
            command=self._parts[0], args=self._parts[1:], env=dict(os.environ)
        )
        async with stdio_client(parameters) as (incoming, outgoing):
            speaking: JSONRPCDispatcher[TransportContext] = JSONRPCDispatcher(incoming, outgoing)
            ended = anyio.Event()

            async def listen(*, task_status: TaskStatus[None]) -> None:
                try:
                    await speaking.run(self._asked, self._told, task_status=task_status)
                finally:
                    self._lost(speaking)
                    ended.set()

            async with anyio.create_task_group() as tasks:
                try:
                    await tasks.start(listen)
                    self.initialized = await speaking.send_raw_request(
                        "initialize",
                        self._greeting,
                        {"timeout": START_SECONDS, "cancel_on_abandon": False},
                    )
                    await speaking.notify("notifications/initialized", None)
                    self._speaking = speaking
                    self._started = True
                    self._ready.set()
                    if task_status is not None:
                        task_status.started()
                    else:
                        await self._tell_of_restart()
                    await ended.wait()
                finally:
                    self._lost(speaking)
                    tasks.cancel_scope.cancel()

    async def _tell_of_restart(self) -> None:
        """Let the host look again at what there is."""
        for capability, method in _LIST_CHANGES.items():
            if capability in self.capabilities:
                await self._host.notify(method, None)

    async def _asked(
        self, _: DispatchContext[TransportContext], method: str, params: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        return await self._host.request(method, params)

    async def _told(
        self, _: DispatchContext[TransportContext], method: str, params: Mapping[str, Any] | None
    ) -> None:
        await self._host.notify(method, params)


def _cause(error: BaseException) -> BaseException:
    """Give the first error inside the groups that task groups make."""
    while getattr(error, "exceptions", ()):
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return error
