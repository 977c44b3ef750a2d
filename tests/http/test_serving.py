"""`reasoningbank serve` as a process: where it listens, live events, and ending in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reasoningbank import ReasoningBank

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

TOKEN = "a-token-of-these-tests"
HEADER = {"authorization": f"Bearer {TOKEN}"}
SERVE = "from reasoningbank.cli import main; main()"
PATTERN = {
    "task_description": "Add login to the API",
    "task_category": "backend",
    "strategy": "Write the failing test first.",
}


@contextmanager
def served(path: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-c", SERVE, "serve", "--db", str(path), "--port", "0", "--json"]
    environment = {**os.environ, "REASONINGBANK_HTTP_TOKEN": TOKEN}
    with subprocess.Popen(
        [*command, *options], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield json.loads(process.stderr.readline())["url"], process
        finally:
            if process.poll() is None:
                process.terminate()


def test_it_serves_until_it_is_told_to_stop(tmp_path):
    path = tmp_path / "bank.db"
    with served(path) as (url, process):
        stored = httpx.post(f"{url}/v1/patterns", json=PATTERN, headers=HEADER)
        assert stored.status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    with ReasoningBank.open(path) as bank:
        assert bank.get_pattern(stored.json()["id"]) is not None
        assert "put" in {one.name for one in bank.metrics(last_seconds=3600).operations}


def test_a_request_that_runs_is_finished_before_it_ends(tmp_path):
    lines = "".join(
        json.dumps({**PATTERN, "strategy": f"Strategy number {number}."}) + "\n"
        for number in range(3_000)
    )
    answers = []
    with served(tmp_path / "bank.db") as (url, process):

        def ask() -> None:
            answers.append(
                httpx.post(
                    f"{url}/v1/import",
                    content=lines.encode(),
                    headers={**HEADER, "content-type": "application/x-ndjson"},
                    timeout=60,
                )
            )

        asking = threading.Thread(target=ask)
        asking.start()
        begun = threading.Event()

        def watch() -> None:
            while httpx.get(f"{url}/v1/stats", headers=HEADER).json()["total_patterns"] == 0:
                pass
            begun.set()

        threading.Thread(target=watch).start()
        assert begun.wait(60)
        process.send_signal(signal.SIGTERM)
        asking.join(60)
        assert process.wait(60) == 0

    assert answers[0].json()["created"] == 3_000


def test_changes_are_told_as_they_happen_and_the_stream_ends_with_the_server(tmp_path):
    path = tmp_path / "bank.db"
    totals = []
    with served(path) as (url, process):
        with httpx.stream("GET", f"{url}/v1/events", headers=HEADER, timeout=60) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                if not line.startswith("data: "):
                    continue
                totals.append(json.loads(line[6:])["stats"]["total_patterns"])
                if totals == [0]:
                    httpx.post(f"{url}/v1/patterns", json=PATTERN, headers=HEADER)
                if totals[-1] == 1 and process.poll() is None:
                    process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    assert totals[0] == 0
    assert 1 in totals


def test_every_operation_is_a_line_of_the_log_where_it_is_wanted(tmp_path):
    with served(tmp_path / "bank.db", "--log-json") as (url, process):
        httpx.post(f"{url}/v1/patterns", json=PATTERN, headers=HEADER)
        line = json.loads(process.stderr.readline())

    assert (line["event"], line["operation"], line["level"]) == ("operation", "put", "info")
    assert "login" not in json.dumps(line)


def test_a_port_that_is_taken_is_said(tmp_path):
    with served(tmp_path / "bank.db") as (url, _):
        port = url.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-c", SERVE, "serve", "--db", str(tmp_path / "b.db"), "--port", port],
            capture_output=True,
            text=True,
            env={**os.environ, "REASONINGBANK_HTTP_TOKEN": TOKEN},
            timeout=60,
            check=False,
        )

    assert second.returncode == 7
    assert "cannot be listened on" in second.stderr
