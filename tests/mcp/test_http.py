"""The server over HTTP: who is answered, how much is read, how long is waited for."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from reasoningbank import InvalidInput, Unavailable
from reasoningbank.serving.token import FOR_AGENTS, resolve_token
from tests.mcp.servers import PROGRAM, json_of, pattern, run, serving_http

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"accept": "application/json, text/event-stream"}


def limited(**limits):
    """The same program with limits that a test can reach or wait for."""
    fields = "".join(f"    {name}: float = {value}\n" for name, value in limits.items())
    program = (
        "from reasoningbank.mcp import options\n"
        f"class Limited(options.HttpOptions, frozen=True, kw_only=True):\n{fields}"
        "options.HttpOptions = Limited\n"
        "from reasoningbank.cli import main; main()"
    )
    return [sys.executable, "-c", program]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    program = limited(head_seconds=0.4, body_seconds=0.4)
    with serving_http(tmp_path_factory.mktemp("http") / "bank.db", program=program) as one:
        yield one


def post(server, headers=None, **options):
    given = {**ACCEPT, **server.headers, **(headers or {})}
    given = {name: value for name, value in given.items() if value is not None}
    return httpx2.post(server.url, headers=given, **{"json": INITIALIZE, **options})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8848",
        "127.0.0.1.evil.example",
        "localhost@evil.example",
        "[",
        "",
    ],
)
def test_a_foreign_host_is_refused(server, host):
    assert post(server, {"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://localhost.evil.example", "null", "http://[", "file://"],
)
def test_a_foreign_origin_is_refused(server, origin):
    assert post(server, {"origin": origin}).status_code == 403


def test_a_page_of_this_machine_still_needs_the_token(server):
    origin = {"origin": "http://localhost:3000"}

    assert post(server, {**origin, "authorization": None}).status_code == 401
    assert post(server, origin).status_code == 200
    assert "access-control-allow-origin" not in post(server, origin).headers


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Basic YTpi",
        "bearer a-token-of-the-tests",
        "a-token-of-the-tests",
    ],
)
def test_without_the_token_nothing_is_answered(server, given):
    answer = post(server, {"authorization": given})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "mcp-session-id" not in answer.headers


def test_a_foreign_host_is_told_nothing_about_the_token_or_the_paths(server):
    base = server.url.removesuffix("/mcp")
    evil = {"host": "evil.example"}
    answers = [
        httpx2.get(base + path, headers={**evil, **more})
        for path in ("/mcp", "/health", "/x")
        for more in ({}, server.headers)
    ]

    assert {(one.status_code, one.text) for one in answers} == {(421, "Unknown Host")}


def test_the_health_of_the_server_needs_no_token_and_tells_nothing_else(server):
    answer = httpx2.get(server.url.replace("/mcp", "/health"))

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_other_paths_are_not_there(server):
    base = server.url.removesuffix("/mcp")

    for path in ("/", "/mcp/../etc/passwd", "/%2e%2e/etc/passwd", "/docs"):
        assert httpx2.get(base + path, headers=server.headers).status_code == 404


def test_six_megabytes_are_refused_and_the_server_lives(server):
    answer = post(server, {"content-type": "application/json"}, json=None, content=b" " * 6_000_000)

    assert answer.status_code == 413
    assert post(server).status_code in {200, 503}


def test_six_megabytes_without_a_declared_length_are_refused(server):
    pieces = (b" " * 100_000 for _ in range(60))
    answer = post(server, {"content-type": "application/json"}, json=None, content=pieces)

    assert answer.status_code == 413


def raw(server, head, body=b""):
    """What comes back over a bare connection until the server closes it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + body)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
        return received


def test_a_connection_that_never_finishes_its_head_is_closed(server):
    assert raw(server, b"") == b""
    assert raw(server, b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") == b""


def test_a_head_that_comes_byte_by_byte_is_given_up(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        sent = 0
        with pytest.raises(OSError):  # noqa: PT012 - whichever send meets the closed connection
            for byte in b"POST /mcp HTTP/1.1\r\nX-Slow: " + b"y" * 400:
                connection.sendall(bytes([byte]))
                sent += 1
                time.sleep(0.02)
        assert 0 < sent < 400


def test_a_body_that_never_ends_is_given_up(server):
    head = (
        b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
        b"Content-Type: application/json\r\nAuthorization: Bearer a-token-of-the-tests\r\n\r\n"
    )

    assert raw(server, head, b"{").startswith(b"HTTP/1.1 408")


def test_a_refused_request_whose_body_never_ends_is_given_up(server):
    head = b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n"

    assert raw(server, head, b"{").startswith(b"HTTP/1.1 401")


def test_only_so_many_sessions_are_open_at_once_and_an_allowed_name_is_answered(bank):
    names = ("--allow-host", "bank.internal")
    with serving_http(bank, *names, program=limited(sessions=2)) as server:
        allowed = post(server, {"host": "bank.internal:8848", "origin": "https://bank.internal"})
        refused = post(server, {"host": "other.internal"})
        later = [post(server) for _ in range(3)]

    assert (allowed.status_code, refused.status_code) == (200, 421)
    answer = json.loads(allowed.text.split("data: ")[1])
    assert answer["result"]["serverInfo"]["name"] == "reasoningbank"
    assert [one.status_code for one in later] == [200, 503, 503]


def test_two_clients_share_one_bank(server):
    async def main():
        async with (
            httpx2.AsyncClient(headers=server.headers) as http,
            Client(streamable_http_client(server.url, http_client=http)) as one,
            Client(streamable_http_client(server.url, http_client=http), mode="legacy") as two,
        ):
            stored = json_of(await one.call_tool("reasoningbank_store_pattern", pattern()))
            found = await two.call_tool(
                "reasoningbank_get_pattern", {"pattern_id": stored["patternId"]}
            )
            return stored["patternId"], json_of(found)["id"]

    stored, found = run(main)

    assert stored == found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_server_closes_its_bank_and_ends_well(bank, number):
    with serving_http(bank) as server:
        # An open stream of events does not hold it back.
        session = post(server).headers["mcp-session-id"]
        with httpx2.stream(
            "GET",
            server.url,
            headers={**ACCEPT, **server.headers, "mcp-session-id": session},
        ):
            server.process.send_signal(number)
            server.process.wait(15)
        said = server.process.stderr.read()

    assert server.process.returncode == (0 if number == signal.SIGTERM else 130)
    assert "Traceback" not in said
    assert not bank.with_name(bank.name + "-wal").exists()


def test_a_port_that_is_taken_is_an_error_with_a_way_out(server):
    done = subprocess.run(
        [*PROGRAM, "mcp", "--http", "--db", "memory:", "--port", str(server.port)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 7
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_that_can_be_guessed_is_refused():
    with pytest.raises(InvalidInput) as refused:
        resolve_token(None, {"REASONINGBANK_MCP_TOKEN": "short"}, FOR_AGENTS)

    assert refused.value.field == "REASONINGBANK_MCP_TOKEN"
    assert "short" not in str(refused.value)


def test_a_token_file_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "token"
    file.write_text("x" * 20)
    file.chmod(0o644)

    with pytest.raises(Unavailable) as refused:
        resolve_token(str(file), {}, FOR_AGENTS)

    assert "chmod 600" in refused.value.hint


def test_a_token_is_made_once_and_kept_for_the_user_alone(home):
    first = resolve_token(None, os.environ, FOR_AGENTS)
    again = resolve_token(None, os.environ, FOR_AGENTS)

    assert first == again
    assert len(first.value) >= 40
    assert Path(first.origin).stat().st_mode & 0o077 == 0
    assert first.origin.startswith(str(home))
