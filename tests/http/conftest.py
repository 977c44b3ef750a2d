"""A client of the application in this process, on a bank in a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [server] is not installed")

import anyio
import httpx

from reasoningbank import AsyncReasoningBank
from reasoningbank.http.application import bank_application
from reasoningbank.http.options import ServeOptions
from reasoningbank.serving.options import ListenOptions

TOKEN = "a-token-of-these-tests"


class Client:
    """Ask the application, each time on an event loop of its own."""

    def __init__(self, path: Path, options: ServeOptions, listen: ListenOptions) -> None:
        self.path = path
        self.options = options
        self.listen = listen

    def __call__(
        self, method: str, path: str, *, token: str | None = TOKEN, **named: object
    ) -> httpx.Response:
        headers = dict(named.pop("headers", {}))
        if token is not None:
            headers.setdefault("authorization", f"Bearer {token}")

        async def ask() -> httpx.Response:
            async with AsyncReasoningBank.open(self.path, namespace=self.options.namespace) as bank:
                app = bank_application(bank, self.options, self.listen, TOKEN)
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(
                    transport=transport, base_url="http://localhost"
                ) as client:
                    return await client.request(method, path, headers=headers, **named)

        return anyio.run(ask)


@pytest.fixture
def serving(tmp_path: Path) -> Callable[..., Client]:
    """Give a client of a server with options of your own."""

    def make(options: ServeOptions | None = None, listen: ListenOptions | None = None) -> Client:
        return Client(tmp_path / "bank.db", options or ServeOptions(), listen or ListenOptions())

    return make


@pytest.fixture
def ask(serving: Callable[..., Client]) -> Client:
    """Ask a server with the options it has when none are given."""
    return serving()
