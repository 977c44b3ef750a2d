"""A socket that listens, and uvicorn on it with limits."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import uvicorn

from reasoningbank.domain.errors import Unavailable
from reasoningbank.serving.connection import impatient
from reasoningbank.serving.options import ListenOptions
from reasoningbank.serving.token import Token

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def uvicorn_server(app: ASGIApp, options: ListenOptions) -> uvicorn.Server:
    """Give a server that says nothing of itself, waits for nobody for long, and ends in order."""
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=impatient(options.head_seconds),  # type: ignore[arg-type]  # any callable will do
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=options.connections,
            timeout_keep_alive=int(max(options.head_seconds, 1)),
            timeout_graceful_shutdown=options.shutdown_seconds,
        )
    )
    # uvicorn raises the signal again when everything is closed; that shall end nothing by force.
    signal.signal(signal.SIGTERM, lambda *_: None)
    return server


def listening(options: ListenOptions) -> socket.socket:
    """Give the socket to listen on.

    Raises:
        Unavailable: When it cannot be had, such as when the port is taken.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except OSError as error:
        raise Unavailable(
            f"cannot be listened on: {error.strerror or error}",
            path=f"{options.host}:{options.port}",
            hint="Choose another --port or --host.",
        ) from error


def base_url(listener: socket.socket) -> str:
    """Give the beginning of every address of a server."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def announce(url: str, token: Token) -> None:
    """Say on standard error where a server listens and what clients need."""
    # The token itself goes to a person at a terminal, never into a file that collects the log.
    shown = token.value if sys.stderr.isatty() else "TOKEN"
    say(
        [
            f"listening at {url}",
            f"clients send the header  Authorization: Bearer {shown}",
            f"the token is in {token.origin}",
        ]
    )


def say(lines: Iterable[str]) -> None:
    """Print lines on standard error, at once."""
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
