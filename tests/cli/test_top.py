"""`reasoningbank top`: the essentials on one screen, live in a terminal and once through a pipe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank

PROGRAM = Path(sys.executable).with_name("reasoningbank")


@pytest.fixture
def used(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        pattern_id = bank.store_pattern(
            task_description="Add login to the API", task_category="backend", strategy="Test first."
        )
        recall = bank.recall("add a login")
        bank.record_outcome(recall=recall.id, success=True, source="test")
        bank.recall("zzz qqq xyxyx")
        bank.update_pattern(pattern_id, state="quarantined")
    return path


def test_it_shows_the_essentials_once(call, used):
    shown = call("top", "--db", used, "--once")

    assert shown.status == 0
    lines = shown.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "1, 1 withheld" in shown.stdout
    assert "backend 1" in shown.stdout
    assert "100 % of 1 outcomes in 24 hours (test 1)" in shown.stdout
    assert "2, of which 1 abstained (50%)" in shown.stdout
    assert re.search(r"none +zzz qqq xyxyx", shown.stdout)
    assert re.search(r"1 +add a login", shown.stdout)


def test_a_new_bank_is_shown_as_well(call, tmp_path):
    shown = call("top", "--db", tmp_path / "new.db", "--once")

    assert "Nothing was asked in the last 15 minutes." in shown.stdout
    assert "No recall is kept yet." in shown.stdout


def test_many_operations_and_recalls_fit_one_screen(call, tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_patterns(
            {"task_description": f"Task {n}", "task_category": f"category-{n}", "strategy": "Do."}
            for n in range(40)
        )
        for number in range(30):
            bank.recall(f"a task with a description that is much too long for a line, {number}")
        for ask in (bank.get_stats, bank.patterns, bank.recalls, bank.consolidate, bank.check):
            ask()
        for ask in (bank.trajectories, bank.retry_pending, bank.reembed, bank.consolidations):
            ask()

    lines = call("top", "--db", path, "--once").stdout.splitlines()

    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("Categories  category-") for line in lines)


def test_json_holds_the_same(call, used):
    seen = call("top", "--db", used, "--json").json

    assert seen["stats"]["total_patterns"] == 1
    assert seen["today"]["recalls"]["abstained"] == 1
    assert [len(one["advice"]) for one in seen["recalls"]] == [0, 1]


def test_in_a_terminal_it_is_drawn_again_until_q(used):
    fcntl = pytest.importorskip("fcntl", reason="pseudo-terminals are a thing of POSIX")
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")  # 24 rows of 80
    received = bytearray()
    drawn_twice = threading.Event()

    def read() -> None:
        while True:
            try:
                chunk = os.read(master, 65_536)
            except OSError:
                return
            received.extend(chunk)
            if received.count(b"Patterns") >= 2:
                drawn_twice.set()

    with subprocess.Popen(
        [str(PROGRAM), "top", "--db", str(used), "--every", "0.2"],
        stdin=slave, stdout=slave, stderr=slave,
        env={**os.environ, "TERM": "xterm-256color"},
    ) as running:  # fmt: skip
        os.close(slave)
        reader = threading.Thread(target=read)
        reader.start()
        assert drawn_twice.wait(60)
        os.write(master, b"q")
        status = running.wait(60)
        reader.join(60)
    os.close(master)

    screen = received.decode("utf-8", "replace")
    assert status == 0
    assert "\x1b[?1049h" in screen  # a screen of its own,
    assert "\x1b[?1049l" in screen  # and the old one again
    assert "q ends it" in screen
