"""The server as a process: what it prints, what it opens when, what it keeps when it is killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import AsyncExitStack

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

from mcp import Client
from mcp.shared.exceptions import MCPError

from reasoningbank import ReasoningBank
from tests.mcp.servers import PROGRAM, in_process, json_of, over_stdio, pattern, run

HANDSHAKE = [
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    },
    {"jsonrpc": "2.0", "method": "notifications/initialized"},
    {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
]


def lines(messages):
    return "".join(json.dumps(message) + "\n" for message in messages)


def call(number, name, arguments):
    params = {"name": name, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


def started(bank, *options):
    return subprocess.Popen(
        [*PROGRAM, "mcp", "--db", str(bank), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_standard_output_holds_the_protocol_and_nothing_else(bank):
    secret = pattern(strategy="Use the key AKIAIOSFODNN7EXAMPLE for the bucket")
    messages = [
        *HANDSHAKE,
        call(3, "reasoningbank_store_pattern", secret),
        call(4, "reasoningbank_store_pattern", {}),
    ]
    with started(bank) as process:
        process.stdin.write("this is no JSON\n" + lines(messages))
        process.stdin.flush()
        answered = [json.loads(process.stdout.readline()) for _ in range(4)]
        process.stdin.close()
        rest, said = process.stdout.read(), process.stderr.read()

    assert {one["id"] for one in answered} == {1, 2, 3, 4}
    assert rest == ""
    assert process.returncode == 0
    assert "warning: took" in said  # what the bank has to say goes here
    assert "Traceback" not in said


def test_the_handshake_neither_opens_nor_makes_a_bank_and_loads_no_model(bank):
    program = (
        "import sys; from reasoningbank.cli import main\n"
        "try: main()\n"
        "finally: print('numpy' in sys.modules, file=sys.stderr)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "mcp", "--db", str(bank)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        process.stdin.write(lines(HANDSHAKE))
        process.stdin.flush()
        answered = [json.loads(process.stdout.readline())["id"] for _ in range(2)]
        process.stdin.close()
        said = process.stderr.read()

    assert answered == [1, 2]
    assert said.splitlines()[-1] == "False"
    assert not bank.exists()


def test_a_missing_extra_is_named_with_the_command_that_installs_it(bank):
    program = (
        "import sys; sys.modules['mcp'] = None\n"
        "import importlib.util as util; found = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'mcp' else found(name, *more)\n"
        "from reasoningbank.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "mcp", "--db", str(bank)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 7
    assert 'pip install "agent-reasoningbank[mcp]"' in done.stderr
    assert done.stdout == ""


def test_forty_stores_at_once_through_one_server_are_all_there(bank):
    async def main():
        async with Client(over_stdio(bank)) as client:
            stored = await asyncio.gather(
                *(
                    client.call_tool("reasoningbank_store_pattern", pattern(strategy=f"way {n}"))
                    for n in range(40)
                )
            )
            return {json_of(one)["patternId"] for one in stored}

    acknowledged = run(main)

    with ReasoningBank.open(bank) as opened:
        kept = {str(one.id) for one in opened.search_by_category("backend_development", 100)}
    assert len(acknowledged) == 40
    assert kept == acknowledged


def test_eighty_stores_through_two_servers_on_one_file_are_all_there(bank):
    async def main():
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(Client(over_stdio(bank))) for _ in range(2)]
            stored = await asyncio.gather(
                *(
                    clients[n % 2].call_tool(
                        "reasoningbank_store_pattern", pattern(strategy=f"way {n}")
                    )
                    for n in range(80)
                )
            )
            counts = [
                json_of(await one.call_tool("reasoningbank_get_stats", {})) for one in clients
            ]
            return {json_of(one)["patternId"] for one in stored}, counts

    acknowledged, counts = run(main)

    with ReasoningBank.open(bank) as opened:
        kept = {str(one.id) for one in opened.search_by_category("backend_development", 100)}
    assert len(acknowledged) == 80
    assert kept == acknowledged
    assert [one["total_patterns"] for one in counts] == [80, 80]


def test_a_server_killed_while_it_stores_has_kept_all_it_acknowledged(bank):
    acknowledged = []
    with started(bank) as process:
        process.stdin.write(lines(HANDSHAKE))
        process.stdin.flush()
        for number in range(3, 203):
            message = call(number, "reasoningbank_store_pattern", pattern(strategy=f"way {number}"))
            process.stdin.write(lines([message]))
        process.stdin.flush()
        while len(acknowledged) < 25:
            answer = json.loads(process.stdout.readline())
            if answer["id"] > 2:
                acknowledged.append(answer["result"]["structuredContent"]["patternId"])
        os.kill(process.pid, signal.SIGKILL)
        # What was on its way when it died was acknowledged, too.
        acknowledged += [
            json.loads(line)["result"]["structuredContent"]["patternId"]
            for line in process.stdout
            if line.endswith("\n")
        ]

    with ReasoningBank.open(bank) as opened:
        kept = {str(one.id) for one in opened.search_by_category("backend_development", 300)}
        problems = [one for one in opened.check() if one.level == "error"]
    assert set(acknowledged) <= kept
    assert problems == []


def test_what_was_recalled_is_kept_when_the_host_closes_the_connection(bank):
    async def main():
        async with Client(over_stdio(bank)) as client:
            await client.call_tool("reasoningbank_store_pattern", pattern())
            result = await client.call_tool(
                "reasoningbank_recall", {"task_description": "Implement REST API"}
            )
            return json_of(result)["recall_id"]

    recall_id = run(main)

    with ReasoningBank.open(bank) as opened:
        [recorded] = opened.record_outcome(recall=recall_id, success=True, source="test")
    assert recorded.trust == "confirmed"


def test_a_cancelled_call_leaves_the_server_answering(bank):
    """The store waits for a writer of another process; the host gives it up, and goes on."""
    with ReasoningBank.open(bank):
        pass

    async def main():
        async with Client(over_stdio(bank)) as client:
            await client.call_tool("reasoningbank_get_stats", {})
            other = sqlite3.connect(bank, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            try:
                waiting = asyncio.ensure_future(
                    client.call_tool("reasoningbank_store_pattern", pattern())
                )
                await asyncio.sleep(0.2)
                given_up = not waiting.done()
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
                stats = await client.call_tool("reasoningbank_get_stats", {})
            finally:
                other.execute("ROLLBACK")
                other.close()
            after = await client.call_tool("reasoningbank_store_pattern", pattern(strategy="b"))
            return given_up, json_of(stats), json_of(after)

    given_up, stats, after = run(main)

    assert given_up
    assert stats["total_patterns"] == 0
    assert after["status"] == "stored"


def test_a_cancelled_request_is_not_answered_over_standard_output(bank):
    with ReasoningBank.open(bank):
        pass
    other = sqlite3.connect(bank, isolation_level=None)
    with started(bank) as process:
        other.execute("BEGIN IMMEDIATE")
        cancel = {
            "jsonrpc": "2.0",
            "method": "notifications/cancelled",
            "params": {"requestId": 3, "reason": "the user pressed Escape"},
        }
        stats = call(4, "reasoningbank_get_stats", {})
        process.stdin.write(
            lines([*HANDSHAKE, call(3, "reasoningbank_store_pattern", pattern()), cancel, stats])
        )
        process.stdin.flush()
        answered = [json.loads(process.stdout.readline())["id"] for _ in range(3)]
        other.execute("ROLLBACK")
        other.close()
        process.stdin.close()
        rest = process.stdout.read()

    assert answered == [1, 2, 4]
    assert rest == ""


def test_long_work_tells_how_far_it_is():
    heard = []

    async def main():
        async with in_process() as client:

            async def progress(done, total, message):
                heard.append((done, total, message))

            trajectory = {
                "task_description": "a",
                "task_category": "c",
                "steps": [{"action": "look"}],
                "verdict": {"kind": "success"},
            }
            await client.call_tool(
                "reasoningbank_learn", {"trajectory": trajectory}, progress_callback=progress
            )

    run(main)

    assert [message for _, _, message in heard] == [
        "opening the bank",
        "keeping the experience",
        "putting the material together",
    ]
    shares = [done / total for done, total, _ in heard]
    assert shares == sorted(shares)


def test_an_unknown_tool_is_an_error_of_the_protocol():
    async def main():
        async with in_process() as client:
            try:
                await client.call_tool("reasoningbank_forget_everything", {})
            except MCPError as error:
                return error
            return None

    assert "reasoningbank_forget_everything" in str(run(main))


@pytest.mark.skipif(sys.platform == "win32", reason="signals end a process at once on Windows")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_closes_the_bank_although_the_host_stays(bank, number, status):
    with started(bank) as process:
        stored = call(3, "reasoningbank_store_pattern", pattern())
        process.stdin.write(lines([*HANDSHAKE, stored]))
        process.stdin.flush()
        while json.loads(process.stdout.readline())["id"] != 3:
            pass
        open_before = bank.with_name(bank.name + "-wal").exists()
        process.send_signal(number)
        assert process.wait(10) == status
        said = process.stderr.read()

    assert open_before
    assert not bank.with_name(bank.name + "-wal").exists()
    assert "Traceback" not in said
