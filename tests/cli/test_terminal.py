"""What a person at a terminal sees: the program runs on a pseudo-terminal of 80 columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

fcntl = pytest.importorskip("fcntl", reason="pseudo-terminals are a thing of POSIX")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

PROGRAM = Path(sys.executable).with_name("reasoningbank")
BAR = "\N{BOX DRAWINGS HEAVY HORIZONTAL}"


class Seen(NamedTuple):
    status: int
    screen: str  # what the terminal received, escape sequences and all
    stdout: str  # what a pipe received, if standard output was one


def at_a_terminal(*arguments: str | Path, piped: bool = False, **variables: str) -> Seen:
    """Run the program with standard error, and unless piped standard output, on a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")  # 24 rows of 80
    with subprocess.Popen(
        [str(PROGRAM), *map(str, arguments)],
        stdin=slave,
        stdout=subprocess.PIPE if piped else slave,
        stderr=slave,
        env={**os.environ, "TERM": "xterm-256color", **variables},
    ) as running:
        os.close(slave)
        # Beside one another: the program waits when either is full.
        with ThreadPoolExecutor(1) as reader:
            piped_out = reader.submit(running.stdout.read) if running.stdout is not None else None
            received = read_to_the_end(master)
        stdout = b"" if piped_out is None else piped_out.result()
    os.close(master)
    return Seen(running.returncode, received.decode().replace("\r\n", "\n"), stdout.decode())


def read_to_the_end(master: int) -> bytes:
    received = b""
    while True:
        try:
            chunk = os.read(master, 65_536)
        except OSError:  # how Linux says that nobody holds the other end any more
            return received
        if not chunk:
            return received
        received += chunk


def plain(screen: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen)


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_bytes(
        b"\n".join(
            msgspec.json.encode(
                {"task_description": f"task {n}", "task_category": "c", "strategy": f"do {n}"}
            )
            for n in range(600)
        )
    )
    return path


def test_tables_fit_the_terminal(filled):
    seen = at_a_terminal("similar", "log in to the API", "--db", filled)

    assert seen.status == 0
    assert max(map(len, plain(seen.screen).splitlines())) <= 80
    assert "\x1b[1m" in seen.screen


def test_colour_is_left_out_where_it_is_not_wanted(filled):
    coloured = at_a_terminal("search", "backend", "--db", filled)
    plain_one = at_a_terminal("search", "backend", "--db", filled, NO_COLOR="1")

    assert re.search(r"\x1b\[3\dm", coloured.screen)
    assert not re.search(r"\x1b\[[34]\dm", plain_one.screen)


def test_a_dumb_terminal_gets_text_alone(filled):
    assert "\x1b" not in at_a_terminal("search", "backend", "--db", filled, TERM="dumb").screen


def test_json_is_indented_for_a_person(filled):
    seen = at_a_terminal("stats", "--db", filled, "--json")

    assert '\n  "total_patterns": 3,' in seen.screen
    assert msgspec.json.decode(seen.screen)["total_patterns"] == 3


def test_long_work_shows_progress_and_leaves_no_trace_of_it(many, tmp_path):
    seen = at_a_terminal("import", many, "--db", tmp_path / "b.db")

    assert BAR in seen.screen
    assert "lines" in seen.screen
    last = plain(seen.screen.rpartition("\x1b[2K")[2])
    assert last.strip() == "read 600 lines: 600 created, 0 merged"
    assert seen.screen.count("\x1b[?25l") == seen.screen.count("\x1b[?25h")  # the cursor is back


def test_progress_goes_beside_a_pipe_and_not_into_it(many, tmp_path):
    at_a_terminal("import", many, "--db", tmp_path / "b.db")

    seen = at_a_terminal("export", "--db", tmp_path / "b.db", piped=True)
    assert BAR in seen.screen
    assert len(seen.stdout.splitlines()) == 601
    assert BAR not in seen.stdout


def test_an_export_to_the_terminal_shows_no_bar_and_commands_nothing(tmp_path):
    from reasoningbank import ReasoningBank

    with ReasoningBank.open(tmp_path / "b.db") as bank:
        bank.store_pattern(task_description="t \u202e", task_category="c", strategy="s")

    seen = at_a_terminal("export", "--db", tmp_path / "b.db")
    assert BAR not in seen.screen
    assert "\u202e" not in seen.screen
    assert "t \\u202e" in seen.screen


def test_a_pipe_sees_no_progress(command, many, tmp_path):
    ended = command("import", many, "--db", tmp_path / "b.db", "--json")

    assert ended.stderr == ""
    assert ended.json["created"] == 600


def test_the_demonstration_fits_the_terminal():
    seen = at_a_terminal("demo")

    shown = plain(seen.screen.replace("\r", "\n")).splitlines()
    assert seen.status == 0
    assert max(map(len, shown)) <= 80
    assert any("similarity" in line for line in shown)
