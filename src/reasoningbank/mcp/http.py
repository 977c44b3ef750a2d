"""A server over streamable HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse, PlainTextResponse

from reasoningbank.mcp.answers import json_text
from reasoningbank.mcp.log import log_to_standard_error
from reasoningbank.mcp.options import HttpOptions, ServerOptions
from reasoningbank.mcp.starting import presenting_server, started_server
from reasoningbank.serving.guard import LOOPBACK, Guard
from reasoningbank.serving.listening import announce, base_url, listening, say, uvicorn_server
from reasoningbank.serving.token import FOR_AGENTS, resolve_token

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from reasoningbank.mcp.gateway import Gateway
    from reasoningbank.mcp.server import BankServer

PATH: Final = "/mcp"
HEALTH_PATH: Final = "/health"


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
    token = resolve_token(http.token_file, environment, FOR_AGENTS)
    listener = listening(http)
    server = uvicorn_server(http_app(bank_or_both, http, token.value), http)
    base = base_url(listener)
    if as_json:
        told = {"url": base + PATH, "health": base + HEALTH_PATH, "token": token.origin}
        say([json_text(told)])
    else:
        announce(base + PATH, token)
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
    return Guard(_routed(app), token, http, open_paths=(HEALTH_PATH,))


def _server(options: ServerOptions) -> tuple[BankServer, Gateway | None]:
    if options.commands:
        return presenting_server(options, at_once=True)
    return started_server(options), None


def _routed(app: ASGIApp) -> ASGIApp:
    """Give an application that also says whether it is there, and knows no other path."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == PATH:
            await app(scope, receive, send)
        elif scope["path"] == HEALTH_PATH:
            await JSONResponse({"status": "ok"})(scope, receive, send)
        else:
            await PlainTextResponse("Not found", 404)(scope, receive, send)

    return answer
