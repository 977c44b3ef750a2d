"""What a request has to pass before the protocol sees it: Host, Origin, token, size, time.

In this order, so that a page that found the port learns nothing: a foreign name gets 421, a foreign
origin 403, a wrong token 401, and only then is the body read, as far as its limits go.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reasoningbank.serving.options import ListenOptions

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Refuse: TypeAlias = Callable[[int, str], Response]


def plain_refusal(status: int, said: str) -> Response:
    """Give a refusal as plain text."""
    return PlainTextResponse(said, status)


class Guard:
    """Let only what may pass reach the application.

    Args:
        app: The application.
        token: What a request has to show.
        options: Whose names are answered to, and the limits.
        open_paths: What may be asked without a token.
        streamed_paths: Where the application reads the body itself, and sets its own limits.
        refuse: Makes the answer to a request that goes no further.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        options: ListenOptions,
        *,
        open_paths: Collection[str] = (),
        streamed_paths: Collection[str] = (),
        refuse: Refuse = plain_refusal,
    ) -> None:
        self._app = app
        self._open_paths = frozenset(open_paths)
        self._streamed_paths = frozenset(streamed_paths)
        self._refuse = refuse
        self._token = f"Bearer {token}".encode()
        self._names = LOOPBACK | {name.lower() for name in options.allowed_hosts}
        self._body_bytes = options.body_bytes
        self._body_seconds = options.body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if scope["path"] in self._streamed_paths:
            await self._app(scope, receive, send)
            return
        body = await self._body(Headers(scope=scope), receive)
        if isinstance(body, Response):
            await body(scope, receive, send)
            return
        await self._app(scope, _replaying(body, receive), send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Give the answer to a request that goes no further, or None."""
        headers = Headers(scope=scope)
        if len(headers.getlist("host")) != 1 or self._foreign(f"//{headers['host']}"):
            return self._refuse(421, "Unknown Host")
        origin = headers.get("origin")
        if origin is not None and self._foreign(origin):
            return self._refuse(403, "Origin not allowed")
        if scope["path"] in self._open_paths:
            return None
        given = headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._token):
            refusal = self._refuse(401, "A bearer token is required")
            refusal.headers["www-authenticate"] = 'Bearer realm="reasoningbank"'
            return refusal
        return None

    def _foreign(self, address: str) -> bool:
        try:
            return urlsplit(address).hostname not in self._names
        except ValueError:
            return True

    async def _body(self, headers: Headers, receive: Receive) -> bytes | Response:
        """Give the whole body, or the answer to one that is too long or comes too slowly."""
        too_long = self._refuse(413, "The body is too long")
        declared = headers.get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._body_bytes:
            return too_long
        body = bytearray()
        with anyio.move_on_after(self._body_seconds):
            while True:
                message = await receive()
                if message["type"] != "http.request":  # the client went away
                    return PlainTextResponse("", 400)
                body += message.get("body", b"")
                if len(body) > self._body_bytes:
                    return too_long
                if not message.get("more_body", False):
                    return bytes(body)
        too_slow = self._refuse(408, "The body came too slowly")
        too_slow.headers["connection"] = "close"
        return too_slow


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Give what the application receives: the body at once, then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
