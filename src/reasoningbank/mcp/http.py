"""A server over streamable HTTP."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings

from reasoningbank.domain.errors import Unavailable
from reasoningbank.mcp.answers import json_text
from reasoningbank.mcp.http_connection import impatient
from reasoningbank.mcp.http_guard import HEALTH_PATH, LOOPBACK, PATH, Guard
from reasoningbank.mcp.log import log_to_standard_error
from reasoningbank.mcp.options import HttpOptions, ServerOptions
from reasoningbank.mcp.starting import presenting_server, started_server
from reasoningbank.mcp.token import Token, resolve_token

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from reasoningbank.mcp.gateway import Gateway
    from reasoningbank.mcp.server import BankServer


def serve_http(
    options: ServerOptions,
    http: HttpOptions,
    *,
    environment: Mapping[str, str],
    as_json: bool = False,
) -> None:
    """Serve clients over HTTP until the process is told to stop.

    Args:
        options: Which bank, and what a call may do.
        http: Where, for whom, and the limits.
        environment: Where the token may stand.
        as_json: Whether the line that says where it listens is JSON.

    Raises:
        Unavailable: When the port is taken, or there is no token to be had.
    """
    log_to_standard_error()
    bank_or_both, gateway = _server(options)
    token = resolve_token(http.token_file, environment)
    listener = _listening(http)
    server = uvicorn.Server(
        uvicorn.Config(
            http_app(bank_or_both, http, token.value),
            http=impatient(http.head_seconds),  # type: ignore[arg-type]  # any callable will do
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=http.connections,
            timeout_keep_alive=int(max(http.head_seconds, 1)),
            timeout_graceful_shutdown=http.shutdown_seconds,
        )
    )
    # uvicorn raises the signal again when everything is closed; that shall end nothing by force.
    signal.signal(signal.SIGTERM, lambda *_: None)
    _announce(listener, token, as_json=as_json)
    try:
        server.run(sockets=[listener])
    except SystemExit:
        # uvicorn ends so when what surrounds the server could not be started.
        if gateway is None or gateway.failure is None:
            raise
        raise gateway.failure from None


def http_app(server: BankServer, http: HttpOptions, token: str) -> ASGIApp:
    """Give the application: the protocol at ``/mcp``, ``/health``, and the guard before both."""
    names = sorted(LOOPBACK | set(http.allowed_hosts))
    hosts = [f"[{name}]" if ":" in name else name for name in names]
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        max_request_body_size=http.body_bytes,
        session_idle_timeout=http.session_idle_seconds,
        max_sessions=http.sessions,
        # The guard has checked them before; the SDK does so once more.
        transport_security=TransportSecuritySettings(
            allowed_hosts=[*hosts, *(f"{host}:*" for host in hosts)],
            allowed_origins=[
                f"{scheme}://{host}{port}"
                for scheme in ("http", "https")
                for host in hosts
                for port in ("", ":*")
            ],
        ),
    )
    return Guard(app, token, http)


def _server(options: ServerOptions) -> tuple[BankServer, Gateway | None]:
    if options.commands:
        return presenting_server(options, at_once=True)
    return started_server(options), None


def _listening(http: HttpOptions) -> socket.socket:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    try:
        return socket.create_server((http.host, http.port), family=family, backlog=128)
    except OSError as error:
        raise Unavailable(
            f"cannot be listened on: {error.strerror or error}",
            path=f"{http.host}:{http.port}",
            hint="Choose another --port or --host.",
        ) from error


def _announce(listener: socket.socket, token: Token, *, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    # The token itself goes to a person at a terminal, never into a file that collects the log.
    shown = token.value if sys.stderr.isatty() else "TOKEN"
    told = [
        f"listening at {base}{PATH}",
        f"clients send the header  Authorization: Bearer {shown}",
        f"the token is in {token.origin}",
    ]
    if as_json:
        told = [
            json_text({"url": base + PATH, "health": base + HEALTH_PATH, "token": token.origin})
        ]
    sys.stderr.write("\n".join(told) + "\n")
    sys.stderr.flush()
