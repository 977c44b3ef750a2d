"""Whether a server answers: it is started as a host would start it, and asked for its tools."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from reasoningbank.domain.errors import Unavailable
from reasoningbank.hosts.json_rpc import ServerSession

NEEDED_TOOL: Final = "reasoningbank_recall"


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """What a server said.

    Args:
        server: Its name.
        protocol: The version of the protocol that was agreed on.
        tools: The names of its tools.
        seconds: How long it took from the start of the process to the list.
    """

    server: str
    protocol: str
    tools: tuple[str, ...]
    seconds: float


def shake_hands(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Handshake:
    """Start a server, shake hands, list its tools and end it.

    Raises:
        Unavailable: When it does not answer as a bank does.
    """
    begun = time.perf_counter()
    with ServerSession(command, environment) as session:
        told = session.initialise()
        listed = session.ask("tools/list").get("tools")
        seconds = time.perf_counter() - begun
    tools = (
        [one.get("name") for one in listed if isinstance(one, dict)]
        if isinstance(listed, list)
        else []
    )
    if NEEDED_TOOL not in tools:
        raise Unavailable("answered, but has not the tools of a bank", path=" ".join(command)[:200])
    info = told.get("serverInfo")
    return Handshake(
        server=str(info.get("name")) if isinstance(info, dict) else "",
        protocol=str(told.get("protocolVersion")),
        tools=tuple(str(tool) for tool in tools),
        seconds=round(seconds, 3),
    )
