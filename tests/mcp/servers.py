"""Servers for the tests: in this process, over standard input and output, over HTTP."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client, StdioServerParameters

from reasoningbank.mcp.options import ServerOptions
from reasoningbank.mcp.server import bank_server

PROGRAM = [sys.executable, "-c", "from reasoningbank.cli import main; main()"]


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    """Run a test's coroutine, and fail rather than hang."""

    async def limited() -> Any:
        return await asyncio.wait_for(main(), 50)

    return asyncio.run(limited())


def in_process(**options: Any) -> Client:
    """A client of a server in this process, over a bank in memory."""
    return Client(bank_server(ServerOptions(**{"target": "memory:", **options})))


def over_stdio(bank: Path | str, *options: str) -> StdioServerParameters:
    """How to start a server as a host does."""
    arguments = [*PROGRAM[1:], "mcp", "--db", str(bank), *options]
    return StdioServerParameters(command=PROGRAM[0], args=arguments, env=dict(os.environ))


@dataclass
class HttpServer:
    url: str
    token: str
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].split("/")[0])

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@contextmanager
def serving_http(
    bank: Path | str, *options: str, program: list[str] | None = None
) -> Iterator[HttpServer]:
    """A server in a process of its own, on a free port, stopped in the end."""
    token = "a-token-of-the-tests"
    process = subprocess.Popen(
        [
            *(program or PROGRAM),
            *("mcp", "--db", str(bank), "--http", "--port", "0", "--json", *options),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "REASONINGBANK_MCP_TOKEN": token},
    )
    try:
        told = process.stderr.readline()
        assert told.startswith("{"), told + process.stderr.read()
        yield HttpServer(json.loads(told)["url"], token, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()


def pattern(**changes: Any) -> dict[str, Any]:
    """What reasoningbank_store_pattern takes."""
    return {
        "task_description": "Implement REST API",
        "task_category": "backend_development",
        "strategy": "test_driven_development",
        "success_score": 0.95,
        **changes,
    }


def text_of(result: Any) -> str:
    return result.content[0].text


def json_of(result: Any) -> Any:
    assert not result.is_error, text_of(result)
    return json.loads(text_of(result))
