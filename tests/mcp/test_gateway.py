"""Existing servers behind the gateway: what they say and are told stays what it was."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="needs the extra mcp")

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CreateMessageResult, TextContent

from reasoningbank import InvalidInput
from reasoningbank.mcp.upstream import command_parts
from tests.mcp.servers import PROGRAM, json_of, over_stdio, pattern, run, serving_http, text_of

HERE = Path(__file__).resolve().parent
NPM = HERE / "npm" / "node_modules" / ".bin"
LISTS = {
    "tools/list": "tools",
    "prompts/list": "prompts",
    "resources/list": "resources",
    "resources/templates/list": "resourceTemplates",
}


def fake(prefix, *options):
    return [sys.executable, str(HERE / "fake_server.py"), prefix, *map(str, options)]


def gateway(bank, *commands):
    return [
        *PROGRAM,
        *("mcp", "--db", str(bank)),
        *(part for command in commands for part in ("--with", shlex.join(command))),
    ]


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


class Host:
    """A host without models: what it sends and hears is JSON."""

    def __init__(self, command, capabilities):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.heard = []
        self.answers = {}
        self._number = 0
        self.greeted = self.request(
            "initialize",
            {
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities,
                "clientInfo": {"name": "host", "version": "1", "vendor": None},
            },
        )
        self.notify("notifications/initialized")

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.process.stdin.flush()

    def notify(self, method, params=None):
        self.send({"method": method} if params is None else {"method": method, "params": params})

    def begin(self, method, params=None):
        self._number += 1
        message = {"id": self._number, "method": method}
        self.send(message if params is None else {**message, "params": params})
        return self._number

    def wait(self, number):
        """The answer to a request; what comes before it is kept in `heard`."""
        while line := self.process.stdout.readline():
            message = json.loads(line)
            if "method" not in message:
                if message["id"] == number:
                    return {name: message[name] for name in message if name != "id"}
                continue
            self.heard.append(message)
            if "id" in message:
                self.send({"id": message["id"], "result": self.answers[message["method"]]})
        raise AssertionError(self.process.stderr.read())

    def request(self, method, params=None):
        return self.wait(self.begin(method, params))

    def call(self, name, **arguments):
        return self.request("tools/call", {"name": name, "arguments": arguments})


@contextmanager
def host(command, capabilities=None):
    one = Host(command, {} if capabilities is None else capabilities)
    with one.process:
        try:
            yield one
        finally:
            one.process.stdin.close()
            try:
                one.process.wait(10)
            except subprocess.TimeoutExpired:
                one.process.kill()


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory):
    """The same server spoken to directly and through the gateway."""
    folder = tmp_path_factory.mktemp("gateway")
    command = fake("fake", "--log", folder / "told.jsonl")
    with host(fake("fake")) as direct, host(gateway(folder / "bank.db", command)) as through:
        through.log = folder / "told.jsonl"
        yield direct, through


def test_names_and_schemas_stay_equal_and_ours_stand_beside_them(side_by_side):
    direct, through = side_by_side

    for method, items in LISTS.items():
        theirs = direct.request(method)["result"][items]
        if method == "tools/list":
            theirs += direct.request(method, {"cursor": "more"})["result"][items]
        both = through.request(method)["result"]
        assert canonical(both[items][: len(theirs)]) == canonical(theirs)
        assert len(both[items]) > len(theirs)
        assert "nextCursor" not in both
    ours = [tool["name"] for tool in through.request("tools/list")["result"]["tools"]][-8:]
    assert all(name.startswith("reasoningbank_") for name in ours)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "fake_fail", "arguments": {}}),
        ("prompts/get", {"name": "fake_prompt", "arguments": {"a": "b"}}),
        ("resources/read", {"uri": "fake://one"}),
        ("resources/read", {"uri": "fake://made/of/a/template"}),
        ("resources/read", {"uri": "nobody://has/this"}),
        ("resources/subscribe", {"uri": "fake://one"}),
        ("completion/complete", {"ref": {"type": "ref/prompt", "name": "fake_prompt"}, "argument": {"name": "a", "value": ""}}),
        ("completion/complete", {"ref": {"type": "ref/resource", "uri": "fake://{x}"}, "argument": {"name": "x", "value": ""}}),
        ("logging/setLevel", {"level": "debug"}),
        ("vendor/extra", {"a": None, "b": 1.0}),
        ("vendor/unknown", {}),
    ],
)  # fmt: skip
def test_an_answer_comes_back_as_it_was(side_by_side, method, params):
    direct, through = side_by_side

    assert canonical(through.request(method, params)) == canonical(direct.request(method, params))


def test_a_result_keeps_unknown_fields_and_explicit_nulls(side_by_side):
    arguments = {"n": None, "text": "ä\u2028", "deep": {"list": [None, 1.0, 1, {}]}}

    results = [one.call("fake_echo", **arguments)["result"] for one in side_by_side]
    for result in results:
        result.pop("process")

    assert canonical(results[0]) == canonical(results[1])
    assert results[1]["arguments"] == arguments
    assert results[1]["vendorResult"] == {"kept": None}
    assert results[1]["content"][1]["beam"] == [0.1, 1e-7, 12345678901234567890]


def test_the_existing_server_is_greeted_with_the_words_of_the_host(side_by_side):
    _, through = side_by_side
    first = json.loads(through.log.read_text().splitlines()[0])

    assert first["method"] == "initialize"
    assert first["params"]["clientInfo"] == {"name": "host", "version": "1", "vendor": None}


def test_what_both_can_is_said_at_the_handshake(side_by_side):
    result = side_by_side[1].greeted["result"]

    assert result["serverInfo"]["name"] == "reasoningbank"
    assert result["capabilities"]["tools"] == {"listChanged": True, "vendor": None}
    assert result["capabilities"]["experimental"] == {"vendor": {"x": 1}}
    assert "reasoningbank_recall" in result["instructions"]
    assert "Use fake with care." in result["instructions"]


def test_our_own_tools_answer_beside_theirs(side_by_side):
    _, through = side_by_side
    stored = through.call("reasoningbank_store_pattern", **pattern())["result"]["structuredContent"]
    uri = f"reasoningbank://patterns/{stored['patternId']}"

    read = through.request("resources/read", {"uri": uri})["result"]["contents"][0]["text"]

    assert json.loads(read)["strategy"] == "test_driven_development"
    assert through.request("prompts/get", {"name": "after_a_task"})["result"]["messages"]


def test_progress_comes_with_the_token_of_the_host(side_by_side):
    _, through = side_by_side
    through.heard.clear()

    params = {"name": "fake_slow", "arguments": {}, "_meta": {"progressToken": "mine"}}
    assert "result" in through.request("tools/call", params)

    told = [one["params"] for one in through.heard if one["method"] == "notifications/progress"]
    assert told == [{"progressToken": "mine", "progress": n, "vendor": None} for n in range(3)]


def test_a_cancelled_call_is_cancelled_at_the_existing_server(side_by_side):
    _, through = side_by_side
    number = through.begin("tools/call", {"name": "fake_slow", "arguments": {}})
    time.sleep(0.2)
    through.notify("notifications/cancelled", {"requestId": number, "reason": "enough"})

    assert "result" in through.call("fake_echo")  # the next one is answered, and the other is not
    told = [json.loads(line) for line in through.log.read_text().splitlines()]
    [slow] = [
        one
        for one in told
        if one["method"] == "tools/call"
        and one["params"]["name"] == "fake_slow"
        and "_meta" not in one["params"]
    ]
    assert slow["id"] in [
        one["params"]["requestId"] for one in told if one["method"] == "notifications/cancelled"
    ]


def test_notifications_pass_in_both_directions(side_by_side):
    _, through = side_by_side
    through.heard.clear()
    through.notify("notifications/roots/list_changed", {"vendor": None})

    through.call("fake_notify")

    assert {one["method"]: one.get("params") for one in through.heard} == {
        "notifications/message": {"level": "info", "data": {"a": None}, "vendor": 1},
        "notifications/tools/list_changed": None,
    }
    told = [json.loads(line) for line in through.log.read_text().splitlines()]
    assert {"vendor": None} in [
        one.get("params") for one in told if one["method"] == "notifications/roots/list_changed"
    ]


def test_an_existing_server_may_ask_the_host(bank):
    heard = {
        "role": "assistant",
        "content": {"type": "text", "text": "hi"},
        "model": "m",
        "vendor": None,
    }
    with host(gateway(bank, fake("fake")), {"sampling": {}}) as through:
        through.answers["sampling/createMessage"] = heard
        answer = through.call("fake_ask")["result"]["content"][0]["text"]

    [asked] = [one for one in through.heard if "id" in one]
    assert asked["params"] == {"messages": [], "maxTokens": 5, "vendor": None}
    assert json.loads(answer) == heard


def test_a_crash_is_told_and_the_server_is_started_again(bank):
    with host(gateway(bank, fake("fake"))) as through:
        before = through.call("fake_echo")["result"]["process"]
        crashed = through.call("fake_crash")
        after = through.call("fake_echo")["result"]["process"]
        ours = through.call("reasoningbank_get_stats")
        through.process.stdin.close()
        said = through.process.stderr.read()

    assert "fake_server.py" in crashed["error"]["message"]
    assert "ended while it worked on this" in crashed["error"]["message"]
    assert before != after
    assert "result" in ours
    assert "restarting it" in said
    assert "notifications/tools/list_changed" in [one["method"] for one in through.heard]


def test_two_existing_servers_stand_beside_each_other(bank):
    with host(gateway(bank, fake("one"), fake("two"))) as through:
        names = [tool["name"] for tool in through.request("tools/list")["result"]["tools"]]
        processes = [through.call(f"{one}_echo")["result"]["process"] for one in ("one", "two")]
        read = through.request("resources/read", {"uri": "two://deep"})["result"]["contents"][0]

    assert len(names) == len(set(names)) == 6 + 6 + 8
    assert processes[0] != processes[1]
    assert read["text"] == "two"


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "host", "version": "1"},
    },
}


def refused(command):
    """What a host hears that stays while the server refuses, how that ends, and what is printed."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        process.stdin.write(json.dumps(INITIALIZE) + "\n")
        process.stdin.flush()
        heard = json.loads(process.stdout.readline())
        status = process.wait(20)
        return heard["error"]["message"], status, process.stderr.read()


def test_a_name_that_two_existing_servers_have_is_refused_at_the_start(bank):
    heard, status, said = refused(gateway(bank, fake("one"), fake("one")))

    assert "of two servers have the name 'one_echo'" in heard
    assert status == 3
    assert heard in said


def test_a_name_that_is_one_of_ours_is_refused_at_the_start(bank):
    source = (HERE / "fake_server.py").read_text().replace('f"{PREFIX}_{name}"', "PREFIX", 1)
    program = bank.with_name("same.py")
    program.write_text(source)

    heard, status, _ = refused(
        gateway(bank, [sys.executable, str(program), "reasoningbank_recall"])
    )

    assert "of two servers have the name 'reasoningbank_recall'" in heard
    assert status == 3


def test_a_server_that_does_not_start_is_named(bank):
    heard, status, _ = refused(gateway(bank, fake("one", "--never")))

    assert "fake_server.py" in heard
    assert status == 7


def test_a_server_that_does_not_list_its_tools_is_refused(bank):
    heard, status, _ = refused(gateway(bank, fake("one", "--mute")))

    assert "not today" in heard
    assert status == 7


def test_a_command_that_cannot_be_run_is_refused_before_anything_is_served(bank):
    done = subprocess.run(
        [*PROGRAM, "mcp", "--db", str(bank), "--with", "no-such-program-anywhere"],
        input="",
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 2
    assert "names no program" in done.stderr


@pytest.mark.parametrize("command", ["", "   ", "'unclosed"])
def test_a_command_line_that_is_none_is_refused(command):
    with pytest.raises(InvalidInput) as error:
        command_parts(command)

    assert error.value.field == "with"


def test_the_sdks_client_sees_both_in_the_newer_protocol(bank):
    command = shlex.join(fake("fake"))

    async def main():
        async with Client(over_stdio(bank, "--with", command)) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            prompt = await client.get_prompt("fake_prompt")
            stats = json_of(await client.call_tool("reasoningbank_get_stats", {}))
            return client.protocol_version, names, prompt.messages[0].content.text, stats

    version, names, prompt, stats = run(main)

    assert version >= "2026"
    assert {"fake_echo", "reasoningbank_recall"} <= names
    assert prompt == "fake_prompt"
    assert stats["total_patterns"] == 0


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http_calls_progress_and_questions_pass_as_well(bank, mode):
    """Both go over the stream of the call that they belong to; the newer protocol has no questions."""
    heard = []

    async def answer(_, params):
        content = TextContent(type="text", text=f"{params.max_tokens} tokens")
        return CreateMessageResult(role="assistant", content=content, model="m")

    async def progress(done, _total, _message):
        heard.append(done)

    async def main(server):
        async with (
            httpx2.AsyncClient(headers=server.headers) as http,
            Client(
                streamable_http_client(server.url, http_client=http),
                mode=mode,
                sampling_callback=answer,
            ) as client,
        ):
            names = {tool.name for tool in (await client.list_tools()).tools}
            prompt = await client.get_prompt("fake_prompt")
            done = await client.call_tool("fake_slow", {}, progress_callback=progress)
            asked = await client.call_tool("fake_ask", {})
            stats = await client.call_tool("reasoningbank_get_stats", {})
            return names, prompt.messages, text_of(done), text_of(asked), json_of(stats)

    with serving_http(bank, "--with", shlex.join(fake("fake"))) as server:
        names, messages, done, asked, stats = run(lambda: main(server))

    assert {"fake_echo", "reasoningbank_recall"} <= names
    assert messages
    assert (done, heard) == ("done", [0.0, 1.0, 2.0])
    assert ("5 tokens" if mode == "legacy" else "cannot be asked") in asked
    assert stats["total_patterns"] == 0


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_over_http_a_collision_is_refused_before_a_request_comes(bank):
    done = subprocess.run(
        [*gateway(bank, fake("one"), fake("one")), "--http", "--port", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, "REASONINGBANK_MCP_TOKEN": "x" * 20},
    )

    assert done.returncode == 3
    assert "of two servers have the name" in done.stderr


# ------------------------------------------------------------------------------------ real servers

REAL = {
    "mcp-server-memory": [
        (
            "create_entities",
            {"entities": [{"name": "a", "entityType": "t", "observations": ["o"]}]},
        ),
        ("read_graph", {}),
        ("search_nodes", {"query": "a"}),
        ("open_nodes", {"names": ["a"]}),
        ("create_entities", {"entities": [{"name": 1}]}),
    ],
    "mcp-server-everything": [
        ("echo", {"message": "hello \u2028"}),
        ("get-sum", {"a": 1, "b": 2.5}),
        ("get-tiny-image", {}),
        ("get-structured-content", {"location": "New York"}),
        ("get-annotated-message", {"messageType": "error", "includeImage": True}),
        ("get-resource-links", {"count": 2}),
        ("trigger-long-running-operation", {"duration": 0.2, "steps": 2}),
        ("echo", {}),
    ],
}


@pytest.mark.parametrize("name", REAL)
def test_a_real_server_is_the_same_through_the_gateway(name, tmp_path):
    program = NPM / name
    if not program.exists():
        pytest.skip(f"{name} is not installed; run: npm ci --prefix tests/mcp/npm")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    capabilities = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {}}
    with ExitStack() as stack:
        direct, through = (
            stack.enter_context(
                host(["env", f"MEMORY_FILE_PATH={tmp_path / memory}", *command], capabilities)
            )
            for memory, command in (
                ("direct.jsonl", [str(program)]),
                ("through.jsonl", gateway(tmp_path / "bank.db", [str(program)])),
            )
        )
        for one in (direct, through):
            one.answers["roots/list"] = {"roots": [{"uri": "file:///work", "name": "work"}]}
            one.request("ping")
            time.sleep(0.6)  # it offers more tools once it has heard of the roots
        can = direct.greeted["result"]["capabilities"]
        for method, items in LISTS.items():
            if method.split("/")[0] not in can:
                continue
            theirs = direct.request(method, {})["result"][items]
            both = through.request(method, {})["result"][items]
            assert canonical(both[: len(theirs)]) == canonical(theirs)
        for tool, arguments in REAL[name]:
            answers = [one.call(tool, **arguments) for one in (direct, through)]
            assert canonical(answers[1]) == canonical(answers[0]), tool
        if name == "mcp-server-everything":
            params = {"name": "simple-prompt", "arguments": {}}
            assert canonical(through.request("prompts/get", params)) == canonical(
                direct.request("prompts/get", params)
            )
