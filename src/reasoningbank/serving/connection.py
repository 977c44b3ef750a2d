"""A connection that waits only so long for the head of a request, and for the rest of a refused one.

uvicorn limits how long a connection may idle between requests, and nothing else: one that is opened and
sends a byte a minute would be kept for ever. What an application reads is limited by `Guard`.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class ImpatientConnection(H11Protocol):
    """Close a connection on which something that is waited for takes too long.

    Args:
        head_seconds: How long it may take from the connection, or from the first byte of a later
            request, to the end of the head; and from an answer to the end of a body that nobody
            reads any more.
    """

    def __init__(self, *arguments: Any, head_seconds: float, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_seconds = head_seconds
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take bytes; go on waiting while they are no whole head, or the rest of a refused body."""
        super().data_received(data)
        if self._is_owed:
            self._wait()
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """Wait for the end of a body that was answered before it was there."""
        super().on_response_complete()
        if self.conn.their_state is h11.SEND_BODY:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._stop_waiting()
        super().connection_lost(exc)

    @property
    def _is_owed(self) -> bool:
        """Whether the client is to send something that no application waits for."""
        state = self.conn.their_state
        return state is h11.IDLE or (state is h11.SEND_BODY and self.conn.our_state is h11.DONE)

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self._head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        deadline, self._deadline = self._deadline, None
        if deadline is not None:
            deadline.cancel()

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_owed and not self.transport.is_closing():
            self.transport.close()


def impatient(head_seconds: float) -> partial[ImpatientConnection]:
    """Give what makes such connections."""
    return partial(ImpatientConnection, head_seconds=head_seconds)
