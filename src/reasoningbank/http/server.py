"""Serving a bank until the process is told to stop."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Mapping
from typing import Final

import msgspec
import uvicorn

from reasoningbank import AsyncReasoningBank
from reasoningbank.bank.observing import instrument, log_operations
from reasoningbank.http.application import LOGGER, bank_application
from reasoningbank.http.bank_endpoints import HEALTHY
from reasoningbank.http.openapi import PATH as DOCUMENT_PATH
from reasoningbank.http.options import ServeOptions
from reasoningbank.serving.listening import announce, base_url, listening, say, uvicorn_server
from reasoningbank.serving.options import ListenOptions
from reasoningbank.serving.token import FOR_PROGRAMS, resolve_token

ACTOR: Final = "http"
"""Who is noted in the histories of what requests change."""


def serve(
    options: ServeOptions,
    listen: ListenOptions,
    *,
    environment: Mapping[str, str],
    as_json: bool = False,
    telemetry: bool = False,
) -> None:
    """Serve clients over HTTP until the process is told to stop; what runs then is finished first.

    Args:
        options: Which bank, and what a request may do.
        listen: Where, for whom, and the limits.
        environment: Where the token may stand.
        as_json: Whether the line that says where it listens is JSON.
        telemetry: Whether OpenTelemetry is told of every operation.

    Raises:
        ReasoningBankError: When the bank cannot be opened, the port is taken, or there is no token.
    """
    _log_to_standard_error()
    token = resolve_token(listen.token_file, environment, FOR_PROGRAMS)

    async def main() -> None:
        bank = await _opened(options, telemetry=telemetry)
        server: uvicorn.Server | None = None
        try:
            app = bank_application(
                bank,
                options,
                listen,
                token.value,
                stopping=lambda: server is not None and server.should_exit,
            )
            listener = listening(listen)
            server = uvicorn_server(app, listen)
            if as_json:
                _tell(listener, token.origin)
            else:
                announce(base_url(listener) + DOCUMENT_PATH, token)
            await server.serve(sockets=[listener])
        finally:
            await bank.close()

    asyncio.run(main())


async def _opened(options: ServeOptions, *, telemetry: bool) -> AsyncReasoningBank:
    embedder = None
    if options.embedder is not None:
        from reasoningbank.embedding import embedder_from_name

        embedder = embedder_from_name(options.embedder)
    bank = await AsyncReasoningBank.open(
        options.target, namespace=options.namespace, embedder=embedder, actor=ACTOR
    )
    if options.log:
        log_operations(bank, sys.stderr)
    if telemetry:
        instrument(bank)
    return bank


def _tell(listener: socket.socket, origin: str) -> None:
    base = base_url(listener)
    told = {
        "url": base,
        "document": base + DOCUMENT_PATH,
        "health": base + HEALTHY,
        "token": origin,
    }
    say([msgspec.json.encode(told).decode()])


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("reasoningbank serve: %(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
