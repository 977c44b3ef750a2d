"""Measure MCP servers side by side: from start to ``tools/list``, the time of a call, the memory.

    python -m benchmarks.mcp [--starts 7] [--calls 300] [--json]

Three servers over standard input and output, in turns and in one run: the SDK's own with one empty tool, this one,
and the official ``@modelcontextprotocol/server-memory`` where ``npm ci --prefix tests/mcp/npm`` has put it. The client is a
pipe and a JSON parser, so that what is measured is the server. Each server starts with nothing stored. Exits
with 1 when this one takes more than 0.25 s longer to start than the empty one.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MEMORY = ROOT / "tests" / "mcp" / "npm" / "node_modules" / ".bin" / "mcp-server-memory"
LIMIT_SECONDS = 0.25

EMPTY = """
from mcp.server.mcpserver import MCPServer
server = MCPServer("empty")
@server.tool()
def nothing() -> str:
    return ""
server.run("stdio")
"""
OURS = "from reasoningbank.cli import main; main()"
GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "benchmark", "version": "1"},
}


class Contender(NamedTuple):
    name: str
    command: list[str]
    environment: dict[str, str]
    calls: dict[str, list[dict[str, Any]]]


class Speaker:
    """A server at the other end of a pipe."""

    def __init__(self, contender: Contender) -> None:
        self.process = subprocess.Popen(
            contender.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **contender.environment},
        )
        self._number = 0

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdout is not None
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        while line := self.process.stdout.readline():
            message = json.loads(line)
            if message.get("id") == self._number:
                if "error" in message or message["result"].get("isError"):
                    raise RuntimeError(line)
                return message["result"]
        raise RuntimeError("the server ended")

    def greet(self) -> None:
        self.request("initialize", GREETING)
        self.send({"method": "notifications/initialized"})
        self.request("tools/list", {})

    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024


@contextmanager
def speaking(contender: Contender) -> Iterator[Speaker]:
    speaker = Speaker(contender)
    with speaker.process as process:
        try:
            yield speaker
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)


def pattern(number: int) -> dict[str, Any]:
    return {
        "task_description": f"Add the endpoint number {number} to the billing service",
        "task_category": "backend",
        "strategy": f"Write the failing test first, then handler {number}, then the documentation.",
        "success_score": 0.9,
    }


def entity(number: int) -> dict[str, Any]:
    task = pattern(number)
    observations = [task["task_description"], task["strategy"]]
    return {
        "entities": [{"name": f"p{number}", "entityType": "pattern", "observations": observations}]
    }


def contenders(folder: Path, calls: int) -> list[Contender]:
    """Give the servers, each with what it is asked; the kinds of calls follow one another."""
    question = {"task_description": "Add an endpoint to the billing service", "category": "backend"}
    ours = {
        "reasoningbank_store_pattern": [pattern(number) for number in range(calls)],
        "reasoningbank_find_similar": [question] * calls,
        "reasoningbank_recall": [{"task_description": question["task_description"]}] * calls,
        "reasoningbank_get_stats": [{}] * calls,
    }
    theirs = {
        "create_entities": [entity(number) for number in range(calls)],
        "search_nodes": [{"query": "billing"}] * calls,
        "open_nodes": [{"names": ["p1"]}] * calls,
    }
    found = [
        Contender(
            "SDK, one empty tool", [sys.executable, "-c", EMPTY], {}, {"nothing": [{}] * calls}
        ),
        Contender(
            "reasoningbank mcp",
            [sys.executable, "-c", OURS, "mcp", "--db", str(folder / "bank.db")],
            {},
            ours,
        ),
    ]
    if MEMORY.exists() and shutil.which("node"):
        environment = {"MEMORY_FILE_PATH": str(folder / "memory.jsonl")}
        found.append(Contender("server-memory (npm)", [str(MEMORY)], environment, theirs))
    return found


def measured(folder: Path, starts: int, calls: int) -> list[dict[str, Any]]:
    """Give the figures of each server."""
    rivals = contenders(folder, calls)
    times: dict[str, list[float]] = {one.name: [] for one in rivals}
    for turn in range(starts + 1):  # the first turn fills the disk cache and is not counted
        for one in rivals:
            began = time.perf_counter()
            with speaking(one) as speaker:
                speaker.greet()
                took = time.perf_counter() - began
            if turn:
                times[one.name].append(took)
    return [
        {
            "server": one.name,
            "start_seconds": statistics.median(times[one.name]),
            "start_fastest_seconds": min(times[one.name]),
            **_calls(one),
        }
        for one in rivals
    ]


def _calls(one: Contender) -> dict[str, Any]:
    with speaking(one) as speaker:
        speaker.greet()
        greeted = speaker.resident_mb()
        figures = {}
        for name, arguments in one.calls.items():
            took = []
            for given in arguments:
                began = time.perf_counter()
                speaker.request("tools/call", {"name": name, "arguments": given})
                took.append((time.perf_counter() - began) * 1e3)
            later = sorted(took[1:])
            figures[name] = {
                "first_ms": took[0],
                "p50_ms": statistics.median(later),
                "p95_ms": later[int(len(later) * 0.95)],
            }
        return {
            "rss_greeted_mb": greeted,
            "rss_after_calls_mb": speaker.resident_mb(),
            "calls": figures,
        }


def table(figures: list[dict[str, Any]]) -> str:
    lines = [
        "| server | start to tools/list | RSS then | RSS after the calls |",
        "|---|---:|---:|---:|",
        *(
            f"| {one['server']} | {one['start_seconds']:.2f} s | {one['rss_greeted_mb']:.0f} MB "
            f"| {one['rss_after_calls_mb']:.0f} MB |"
            for one in figures
        ),
        "",
        "| call | first | p50 | p95 |",
        "|---|---:|---:|---:|",
        *(
            f"| {one['server']}: {name} | {call['first_ms']:.1f} ms | {call['p50_ms']:.2f} ms "
            f"| {call['p95_ms']:.2f} ms |"
            for one in figures
            for name, call in one["calls"].items()
        ),
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(Path(folder), options.starts, options.calls)
    print(json.dumps(figures, indent=1) if options.json else table(figures))
    if len(figures) == 2:
        print("server-memory was left out: npm ci --prefix tests/mcp/npm", file=sys.stderr)
    over = figures[1]["start_seconds"] - figures[0]["start_seconds"]
    print(f"start above the empty server: {over:+.2f} s, limit {LIMIT_SECONDS}", file=sys.stderr)
    return int(over > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
