"""Whatever goes wrong, a hook ends with status 0, says nothing, and leaves a line in its log."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import apsw
import pytest

from reasoningbank import ReasoningBank
from reasoningbank.hooks import deadline
from tests.hooks.host import PROGRAM, WITHOUT_HURRY, recorded

EVENTS = ["UserPromptSubmit", "PostToolUse-Bash", "PostToolUseFailure-Bash", "Stop", "SubagentStop"]
NOBODY = 65_534


def sent(name, home, **changes):
    return json.dumps(recorded(name, cwd=str(home / "work"), **changes)).encode()


def log_of(state):
    path = state / "hooks.log"
    return path.read_text("utf-8") if path.exists() else ""


def a_task_was_done(process, home):
    for name in (
        "UserPromptSubmit",
        "PostToolUseFailure-Bash",
        "PostToolUse-Edit",
        "PostToolUse-Bash",
    ):
        process(name.partition("-")[0], stdin=sent(name, home))


@pytest.mark.parametrize("event", ["UserPromptSubmit", "PostToolUse", "Stop"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b'{"session_id": 7}',
        b'{"session_id": ""}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"session_id": "s", "prompt": "' + b"\\u0000" * 10 + b'"',
    ],
    ids=[
        "empty",
        "cut",
        "list",
        "null",
        "text",
        "nothing",
        "number",
        "unnamed",
        "bytes",
        "deep",
        "end",
    ],
)
def test_malformed_json(process, state, event, content):
    assert process(event, stdin=content) == (0, "", "")
    assert f" {event}: ValueError: the input " in log_of(state)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("NoSuchEvent",),
        ("Stop", "--no-such-option"),
        ("Stop", "Stop"),
        ("Stop", "--db"),
        ("Stop", "--host", "emacs"),
        ("Stop", "--distil=nobody"),
        ("Stop", "--namespace", ""),
    ],
)
def test_wrong_usage_stops_no_agent(process, home, state, arguments):
    assert process(*arguments, stdin=sent("Stop", home)) == (0, "", "")


def test_wrong_usage_is_in_the_log(process, state):
    process("NoSuchEvent", stdin=b"")

    assert "hook: unknown event 'NoSuchEvent'" in log_of(state)


def test_help_is_for_people(process):
    done = process("--help")

    assert done.status == 0
    assert "UserPromptSubmit" in done.stdout


@pytest.mark.parametrize("name", EVENTS)
def test_a_missing_bank(process, home, state, name):
    assert process(name.partition("-")[0], stdin=sent(name, home)) == (0, "", "")
    assert log_of(state) == ""


def test_a_bank_that_another_process_holds(process, home, state, known):
    a_task_was_done(process, home)
    holder = apsw.Connection(str(known))
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    try:
        for name in ("UserPromptSubmit", "Stop"):
            assert process(name, stdin=sent(name, home)) == (0, "", "")
    finally:
        holder.close()

    log = log_of(state)
    assert " UserPromptSubmit: " in log
    assert " Stop: " in log


def test_what_could_not_be_kept_is_kept_the_next_time(process, home, state, known):
    a_task_was_done(process, home)
    holder = apsw.Connection(str(known))
    holder.execute("BEGIN IMMEDIATE")
    try:
        assert process("Stop", "--distil", "rules", stdin=sent("Stop", home)) == (0, "", "")
    finally:
        holder.close()
    assert " Stop: Busy: " in log_of(state)
    process("Stop", "--distil", "rules", stdin=sent("Stop", home))

    with ReasoningBank.open(known) as bank:
        [kept] = bank.trajectories()
    assert kept.verdict.source == "test"


def test_warnings_of_the_bank_go_to_the_log(process, home, state):
    a_task_was_done(process, home)

    done = process("Stop", stdin=sent("Stop", home))

    assert done.stderr == ""
    assert " Stop: took 1 x user_name out of an experience before storing" in log_of(state)


def test_a_writer_does_not_keep_an_agent_from_what_is_known(process, home, known):
    holder = apsw.Connection(str(known))
    holder.execute("BEGIN IMMEDIATE")
    try:
        done = process("UserPromptSubmit", stdin=sent("UserPromptSubmit", home))
    finally:
        holder.close()

    assert done.status == 0
    assert "Read the first assertion" in done.json["hookSpecificOutput"]["additionalContext"]


@pytest.mark.parametrize(
    "content", [b"not a database" * 100, b"\0" * 8192, b"SQLite format 3\0" * 600]
)
def test_a_damaged_bank(process, home, state, bank_path, content):
    bank_path.parent.mkdir(parents=True)
    bank_path.write_bytes(content)
    a_task_was_done(process, home)

    assert process("Stop", stdin=sent("Stop", home)) == (0, "", "")
    assert bank_path.read_bytes() == content
    assert " Stop: " in log_of(state)


def test_a_bank_of_another_program(process, home, state, bank_path):
    bank_path.parent.mkdir(parents=True)
    with apsw.Connection(str(bank_path)) as other:
        other.execute("CREATE TABLE patterns (id TEXT, type TEXT, pattern_data TEXT)")
    other.close()

    assert process("UserPromptSubmit", stdin=sent("UserPromptSubmit", home)) == (0, "", "")
    assert "ForeignDatabase" in log_of(state)


def test_an_engine_that_is_not_there(process, home, state):
    environment = {"REASONINGBANK_URL": "nosuch://somewhere"}
    given = sent("UserPromptSubmit", home)

    assert process("UserPromptSubmit", stdin=given, environment=environment) == (0, "", "")
    assert "InvalidInput" in log_of(state)


def test_input_far_too_long(process, state):
    content = b'{"session_id": "s", "prompt": "' + b"x" * 40_000_000 + b'"}'

    assert process("UserPromptSubmit", stdin=content) == (0, "", "")
    assert "the input is longer than" in log_of(state)


def test_a_long_output_of_a_tool_is_cut(process, home, state):
    long = "line\n" * 400_000 + "3 passed in 0.11s"
    response = {"stdout": long, "stderr": "", "interrupted": False}
    given = sent("PostToolUse-Bash", home, tool_response=response)

    assert process("PostToolUse", stdin=given) == (0, "", "")
    [step] = state.rglob("step-*")
    assert step.stat().st_size < 40_000
    assert "3 passed in 0.11s" in step.read_text("utf-8")


def test_a_host_that_never_closes_the_input_is_given_up_on(home, state):
    with subprocess.Popen(
        [*PROGRAM, "hook", "UserPromptSubmit"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as waiting:
        waiting.stdin.write(b'{"session_id"')
        waiting.stdin.flush()
        # Far beyond the deadline that is looked for in the log: this only keeps the test from hanging.
        assert waiting.wait(60) == 0
        assert waiting.stdout.read() == b""

    assert f"gave up after {deadline.LIMIT_SECONDS} seconds" in log_of(state)


def test_the_limits_leave_room_within_two_seconds():
    assert deadline.LIMIT_SECONDS < 2
    assert deadline.BUSY_SECONDS < deadline.LIMIT_SECONDS


def test_closed_streams(home, known):
    program = "import os; os.close(0); os.close(1); os.close(2); " + PROGRAM[2]
    done = subprocess.run([sys.executable, "-c", program, "hook", "Stop"], check=False, timeout=60)

    assert done.returncode == 0


def test_a_host_that_is_gone_before_the_answer(home, known):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, "hook", "UserPromptSubmit"],
        input=sent("UserPromptSubmit", home),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


def test_a_user_without_a_home(process, home):
    nothing = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), "")

    assert process("Stop", stdin=sent("Stop", home), environment=nothing) == (0, "", "")


AS_NOBODY = f"""
{WITHOUT_HURRY}
import logging, os, sys
from reasoningbank import ReasoningBank
import reasoningbank.hooks.prompting, reasoningbank.hooks.recording, reasoningbank.hooks.evidence
import reasoningbank.hooks.running, reasoningbank.hooks.tool_steps, reasoningbank.hooks.transcript
with ReasoningBank.open("memory:") as bank:  # loads what is loaded when it is needed
    bank.store_pattern(task_description="t", task_category="c", strategy="s")
    bank.recall("t")
if os.getuid() == 0:
    os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
try:
    open(os.environ["HOME"] + "/probe", "w")
except OSError:
    pass
else:
    sys.exit("the home can be written")
from reasoningbank.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="users and modes of POSIX")
@pytest.mark.parametrize("with_bank", [False, True])
@pytest.mark.parametrize("name", EVENTS)
def test_a_home_that_may_only_be_read(request, home, bank_path, name, with_bank):
    if with_bank:
        request.getfixturevalue("known")
    ways = [*reversed(home.parents), home]
    opened = [path for path in ways if path.stat().st_mode & 0o005 != 0o005]
    modes = {path: path.stat().st_mode & 0o777 for path in (*opened, home, *home.rglob("*"))}
    for path in opened:
        if path.stat().st_uid == os.getuid():
            path.chmod(modes[path] | 0o005)
    for path in (*home.rglob("*"), home):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "hook", name.partition("-")[0]],
            input=sent(name, home),
            capture_output=True,
            check=False,
            timeout=60,
        )
    finally:
        for path in sorted(modes, key=lambda one: len(one.parts)):
            path.chmod(modes[path])

    assert (done.returncode, done.stderr) == (0, b"")
    told = name == "UserPromptSubmit" and with_bank
    assert bool(done.stdout) == told
    if told:
        assert "Read the first assertion" in done.stdout.decode()


def test_the_log_stays_small_and_on_one_line_each(process, state):
    state.mkdir(parents=True)
    (state / "hooks.log").write_bytes(b"x" * 1_000_001)
    process("Stop", stdin=b'{"session_id": "\x1b[31m')

    assert len(log_of(state).splitlines()) == 1
    assert (state / "hooks.log.1").stat().st_size == 1_000_001
    assert log_of(state).isprintable() or "\x1b" not in log_of(state)


@pytest.mark.parametrize("name", ["PostToolUse-Bash", "UserPromptSubmit", "SessionEnd"])
def test_what_needs_no_vector_loads_neither_numpy_nor_the_engine_nor_the_parser(home, name):
    program = (
        "import sys\nfrom reasoningbank.cli import main\n"
        "try: main()\n"
        "finally: print(*sorted({'numpy', 'apsw', 'typer', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "hook", name.partition("-")[0]],
        input=sent(name, home),
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0
    assert done.stdout.split() == []


def test_the_report_on_loaded_modules_would_show_numpy(home, known):
    program = (
        "import sys\nfrom reasoningbank.cli import main\n"
        "try: main()\n"
        "finally: print('numpy' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HURRY + "\n" + program, "hook", "UserPromptSubmit"],
        input=sent("UserPromptSubmit", home),
        capture_output=True,
        check=False,
    )

    assert done.stderr.strip() == b"True"
