"""The page of the console: files of the package, the same for everybody, so they need no token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER: Final = "console"
_TYPES: Final = {
    "index.html": "text/html; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_HEADERS: Final = {
    # Nothing from elsewhere, nothing inline, and no page around this one.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    # The files change with the package, under the same names.
    "cache-control": "no-cache",
}
_ADDRESSES: Final = {f"/{name}": name for name in _TYPES if name != "index.html"} | {
    "/": "index.html"
}
PATHS: Final = tuple(_ADDRESSES)
"""The addresses of the page, which are open."""


def console_routes() -> list[Route]:
    """Give the routes of the page."""
    folder = files("reasoningbank.http") / _FOLDER
    return [
        Route(path, _giving((folder / name).read_bytes(), _TYPES[name]), methods=["GET"])
        for path, name in _ADDRESSES.items()
    ]


def _giving(content: bytes, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def give(_request: Request) -> Response:
        return Response(content, media_type=media_type, headers=_HEADERS)

    return give
