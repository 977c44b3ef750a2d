"""An existing server as the gateway meets it: raw JSON lines, fields that no model knows, explicit nulls.

Run as a program, with a name that its tools begin with; `--log FILE` keeps what it was told.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

PREFIX = sys.argv[1]
LOG = sys.argv[sys.argv.index("--log") + 1] if "--log" in sys.argv else None
TOOLS = [
    {
        "name": f"{PREFIX}_{name}",
        "title": None,
        "description": f"Does {name}.",
        "inputSchema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"n": {"type": ["integer", "null"], "default": None, "x-unit": "m"}},
            "additionalProperties": True,
            "x-order": ["n"],
        },
        "annotations": {"readOnlyHint": None, "vendorHint": {"cost": 1.0}},
        "_meta": {"vendor/level": 3, "vendor/none": None},
        "vendorField": [1, None, {"a": None}],
    }
    for name in ("echo", "slow", "crash", "ask", "fail", "notify")
]
RESULT = {
    "content": [
        {"type": "text", "text": 'ä\u2028 "quoted"', "annotations": None, "vendor": {"x": None}},
        {"type": "hologram", "beam": [0.1, 1e-7, 12345678901234567890]},
    ],
    "structuredContent": {"value": None, "nested": {"list": [None, [], {}]}},
    "isError": False,
    "vendorResult": {"kept": None},
    "_meta": {"vendor/trace": "abc", "vendor/none": None},
}
writing = threading.Lock()
waiting = {}
cancelled = set()
state = {"ready": False, "asked": 0}


def send(message):
    with writing:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def keep(message):
    if LOG:
        with Path(LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(message) + "\n")


def answer(number, result):
    send({"jsonrpc": "2.0", "id": number, "result": result})


def ask(method, params):
    """Ask the host, and give its answer."""
    state["asked"] += 1
    number = f"{PREFIX}-{state['asked']}"
    arrived = threading.Event()
    waiting[number] = [arrived, None]
    send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    arrived.wait(10)
    return waiting.pop(number)[1]


def call(number, params):
    name = params["name"].removeprefix(f"{PREFIX}_")
    if name == "crash":
        os._exit(9)
    if name == "fail":
        error = {"code": -32050, "message": "no", "data": {"why": None, "list": [1]}}
        send({"jsonrpc": "2.0", "id": number, "error": error})
        return
    if name == "slow":
        token = params.get("_meta", {}).get("progressToken")
        for step in range(40):
            if token is not None and step < 3:
                progress = {"progressToken": token, "progress": step, "vendor": None}
                send({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})
            time.sleep(0.05)
            if number in cancelled or (token is not None and step == 3):
                break
        if number in cancelled:
            return
        answer(number, {"content": [{"type": "text", "text": "done"}]})
        return
    if name == "notify":
        told = {"level": "info", "data": {"a": None}, "vendor": 1}
        send({"jsonrpc": "2.0", "method": "notifications/message", "params": told})
        send({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
    if name == "ask":
        heard = ask("sampling/createMessage", {"messages": [], "maxTokens": 5, "vendor": None})
        answer(number, {"content": [{"type": "text", "text": json.dumps(heard, sort_keys=True)}]})
        return
    answer(number, {**RESULT, "arguments": params.get("arguments"), "process": os.getpid()})


def handle(message):  # noqa: C901 - one branch for each method is the plainest fake
    method, number, params = message.get("method"), message.get("id"), message.get("params") or {}
    keep(message)
    if method is None:
        waiting[number][1] = message.get("result", message.get("error"))
        waiting[number][0].set()
    elif method == "initialize":
        capabilities = {
            "tools": {"listChanged": True, "vendor": None},
            "prompts": {},
            "resources": {"subscribe": True},
            "logging": {},
            "completions": {},
            "experimental": {"vendor": {"x": 1}},
        }
        answer(
            number,
            {
                "protocolVersion": params["protocolVersion"],
                "capabilities": capabilities,
                "serverInfo": {"name": PREFIX, "version": "9"},
                "instructions": f"Use {PREFIX} with care.",
            },
        )
    elif method == "notifications/cancelled":
        cancelled.add(params["requestId"])
    elif method == "tools/list":
        if "--mute" in sys.argv:
            error = {"code": -32000, "message": "not today"}
            send({"jsonrpc": "2.0", "id": number, "error": error})
        elif "cursor" in params:
            answer(number, {"tools": TOOLS[4:], "vendorPage": None})
        else:
            answer(number, {"tools": TOOLS[:4], "nextCursor": "more", "vendorPage": 1})
    elif method == "tools/call":
        threading.Thread(target=call, args=(number, params), daemon=True).start()
    elif method == "prompts/list":
        answer(number, {"prompts": [{"name": f"{PREFIX}_prompt", "vendor": None}]})
    elif method == "prompts/get":
        content = {"type": "text", "text": params["name"], "vendor": None}
        answer(number, {"messages": [{"role": "user", "content": content}]})
    elif method == "resources/list":
        answer(number, {"resources": [{"uri": f"{PREFIX}://one", "name": "one", "vendor": None}]})
    elif method == "resources/templates/list":
        answer(number, {"resourceTemplates": [{"uriTemplate": f"{PREFIX}://{{x}}", "name": "x"}]})
    elif method == "resources/read":
        if not params["uri"].startswith(PREFIX):
            error = {"code": -32002, "message": "not found"}
            send({"jsonrpc": "2.0", "id": number, "error": error})
        else:
            answer(number, {"contents": [{"uri": params["uri"], "text": PREFIX, "vendor": None}]})
    elif method == "completion/complete":
        answer(number, {"completion": {"values": [PREFIX], "vendor": None}})
    elif method in {"logging/setLevel", "resources/subscribe", "vendor/extra"}:
        answer(number, {"vendor": None})
    elif number is not None:
        error = {"code": -32601, "message": "Method not found"}
        send({"jsonrpc": "2.0", "id": number, "error": error})


if "--never" in sys.argv:
    sys.exit(4)
for line in sys.stdin:
    handle(json.loads(line))
