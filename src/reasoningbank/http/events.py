"""What changes in a bank, told as it happens: server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

import anyio
import msgspec
from starlette.responses import Response, StreamingResponse

from reasoningbank.http.answers import refusal
from reasoningbank.http.bank_endpoints import Overview, overview_of
from reasoningbank.http.endpoints import Call, Endpoint, Handler

EVENTS: Final = "text/event-stream"
LOOK_SECONDS: Final = 2.0
_STEP_SECONDS: Final = 0.25
_QUIET_SECONDS: Final = 15.0
_MOST: Final = 32


class Events:
    """Tell listeners of the overview whenever it changes.

    Args:
        stopping: Says whether the server is ending, which ends the streams.
    """

    def __init__(self, stopping: Callable[[], bool]) -> None:
        self._stopping = stopping
        self._listeners = 0

    async def answer(self, call: Call) -> Response:
        """Give the stream of one listener."""
        if self._listeners >= _MOST:
            return refusal(403, "Too many listen already")
        return StreamingResponse(
            self._told(call), media_type=EVENTS, headers={"cache-control": "no-store"}
        )

    async def _told(self, call: Call) -> AsyncIterator[bytes]:
        self._listeners += 1
        try:
            before: object = None
            quiet = 0.0
            while not self._stopping():
                seen = await overview_of(call)
                if (now := _what_counts(seen)) != before:
                    before, quiet = now, 0.0
                    yield b"event: overview\ndata: " + msgspec.json.encode(seen) + b"\n\n"
                elif quiet >= _QUIET_SECONDS:
                    quiet = 0.0
                    yield b": still here\n\n"
                quiet += LOOK_SECONDS
                await self._pause()
        finally:
            self._listeners -= 1

    async def _pause(self) -> None:
        waited = 0.0
        while waited < LOOK_SECONDS and not self._stopping():
            await anyio.sleep(_STEP_SECONDS)
            waited += _STEP_SECONDS


def _what_counts(seen: Overview) -> object:
    """Give what of an overview is worth telling: looking at it changes times and counts itself."""
    calls = [
        (one.name, one.calls, one.errors)
        for one in seen.today.operations
        if one.name not in {"consolidations", "get_stats", "recalls"}
    ]
    return seen.stats, seen.withheld, seen.recalls, seen.consolidations, calls


def events_endpoint(handler: Handler) -> Endpoint:
    """Give the endpoint that `handler` answers."""
    return Endpoint(
        method="GET",
        path="/v1/events",
        name="events",
        handler=handler,
        summary="Tell the overview whenever it changes, as server-sent events of the name overview.",
        answers={200: EVENTS},
    )
