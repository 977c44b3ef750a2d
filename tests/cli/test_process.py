"""The installed program in a process of its own: pipes, locales, signals, completion, what it loads."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank

PROGRAM = Path(sys.executable).with_name("reasoningbank")
STORE = ("store", "--task", "Größe prüfen 😀", "--category", "c", "--strategy", "messen")


def shell(line: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which `reasoningbank` is the installed program."""
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", **variables},
    )


def test_what_one_process_stores_another_finds(command, tmp_path):
    database = ("--db", tmp_path / "b.db")
    stored = command(*STORE, *database, "--json")

    assert (stored.status, stored.stderr) == (0, "")
    assert (
        command("similar", "Größe prüfen 😀", *database, "--json").json[0]["id"]
        == stored.json["id"]
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "0198c6f2-7c1e-7e0a-b2a3-0c5d6e7f8a9b"),
        ("get", "x"),
        ("nonsense",),
        ("export", "/none/x"),
    ],
)
def test_an_error_is_one_line_on_standard_error_and_never_a_traceback(command, tmp_path, arguments):
    ended = command(*arguments, "--db", tmp_path / "b.db", "--json")

    assert ended.status not in {0, 70}
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert ended.error["code"]


@pytest.mark.parametrize(
    "locale",
    [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "ascii"}],
    ids=str,
)
def test_text_survives_every_locale(command, tmp_path, locale):
    database = ("--db", tmp_path / "b.db")
    assert command(*STORE, *database).status == 0

    told = command("search", "c", *database, "--json", environment=locale)
    shown = command("search", "c", *database, environment=locale)
    exported = command("export", *database, environment=locale)
    assert told.json[0]["task_description"] == "Größe prüfen 😀"
    assert (shown.status, shown.stderr) == (0, "")
    assert "😀" in exported.stdout


@pytest.mark.parametrize(
    "line",
    [
        "reasoningbank demo | head -n 3",
        "reasoningbank --help | true",
        "reasoningbank search backend --db $DB --limit 10000 | true",
        "reasoningbank export --db $DB | head -n 1",
        "reasoningbank search backend --db $DB --json | true",
    ],
)
def test_a_reader_that_goes_away_ends_the_program_quietly(tmp_path, line):
    with ReasoningBank.open(tmp_path / "b.db") as bank:
        bank.store_patterns(
            {"task_description": f"task {n}", "task_category": "backend", "strategy": "x" * 2000}
            for n in range(300)
        )

    ended = shell(f"{line}; exit ${{PIPESTATUS[0]}}", DB=str(tmp_path / "b.db"))
    assert ended.stderr == ""
    assert ended.returncode in {0, 141}  # 0 when everything was written before the reader left


def test_output_that_cannot_be_written_is_an_error(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("this platform has no /dev/full")

    ended = shell("reasoningbank stats --db $DB > /dev/full", DB=str(tmp_path / "b.db"))
    assert ended.returncode == 7
    assert "No space left" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("reasoningbank import - --db $DB <&-", 2),
        ("reasoningbank similar - --db $DB <&-", 2),
        ("reasoningbank stats --db $DB >&-", 0),
        ("reasoningbank stats --db $DB --json >&-", 0),
        ("reasoningbank get x --db $DB 2>&-", 2),
    ],
)
def test_a_closed_stream_is_no_defect(tmp_path, line, status):
    ended = shell(line, DB=str(tmp_path / "b.db"))

    assert "Traceback" not in ended.stderr
    assert ended.returncode == status


def test_a_directory_whose_name_is_no_text_is_shown_as_an_escape(tmp_path):
    begin = "cd $DIR && mkdir $'\\xff' && cd $'\\xff' && reasoningbank doctor --db none.db"
    shown = shell(begin, DIR=str(tmp_path)).stdout
    (tmp_path / os.fsdecode(b"\xff")).rmdir()
    told = json.loads(shell(f"{begin} --json", DIR=str(tmp_path)).stdout)

    assert shown.splitlines()[0] == f"{tmp_path}/\\udcff/none.db"
    assert told["path"] == f"{tmp_path}/\\udcff/none.db"


def test_an_interrupt_ends_the_program_quietly(tmp_path):
    running = subprocess.Popen(
        [PROGRAM, "import", "-", "--db", tmp_path / "b.db"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "b.db").exists():  # it waits for lines now
        time.sleep(0.01)
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)

    assert running.returncode == 130
    assert stdout == ""
    assert "Traceback" not in stderr


def test_no_colour_and_no_escape_reaches_a_pipe(command, filled):
    assert "\x1b" not in command("search", "backend", "--db", filled).stdout


def test_no_color_wins_over_a_terminal(command, filled):
    coloured = command("search", "backend", "--db", filled, environment={"FORCE_COLOR": "1"})
    plain = command(
        "search", "backend", "--db", filled, environment={"FORCE_COLOR": "1", "NO_COLOR": "1"}
    )

    assert re.search("\x1b\\[3\\dm", coloured.stdout)
    assert not re.search("\x1b\\[[34]\\d", plain.stdout)


def test_version_prints_the_version(command):
    assert re.fullmatch(r"reasoningbank \d+\.\d+\.\d+\S*\n", command("--version").stdout)


@pytest.mark.parametrize("columns", ["40", "80", "100", "250"])
def test_tables_keep_to_the_width(command, filled, columns):
    for arguments in (("search", "backend"), ("similar", "login"), ("stats",)):
        shown = command(*arguments, "--db", filled, environment={"COLUMNS": columns}).stdout
        lines = [line for line in shown.splitlines() if str(filled) not in line]
        assert max(map(len, lines)) <= min(int(columns), 100)


# Completion


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_program(name):
    script = shell(f"_REASONINGBANK_COMPLETE=source_{name} reasoningbank").stdout

    assert "_REASONINGBANK_COMPLETE" in script
    assert "reasoningbank" in script


def test_bash_completes_verbs_and_options():
    def completed(words: str, at: int) -> set[str]:
        return set(
            shell(
                "reasoningbank",
                _REASONINGBANK_COMPLETE="complete_bash",
                COMP_WORDS=words,
                COMP_CWORD=str(at),
            ).stdout.split()
        )

    assert completed("reasoningbank st", 1) == {"store", "stats"}
    assert {"--task", "--strategy", "--db", "--namespace", "--json"} <= completed(
        "reasoningbank store --", 2
    )


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("zsh", {}),
        ("fish", {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_zsh_and_fish_complete_verbs(name, variables):
    completed = shell(
        "reasoningbank",
        _REASONINGBANK_COMPLETE=f"complete_{name}",
        _TYPER_COMPLETE_ARGS="reasoningbank st",
        **variables,
    ).stdout

    assert "store" in completed
    assert "stats" in completed
    assert "similar" not in completed


# What it loads: every module costs time at each start.

LOADED = """
import json, sys
from reasoningbank.cli.running import run
status = run(sys.argv[1:])
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded_by(*arguments: str | Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    status, modules = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, done.stderr
    return set(modules)


def test_help_loads_neither_numpy_nor_rich_nor_pydantic_nor_the_engine():
    heavy = {"numpy", "rich", "pydantic", "asyncio", "tempfile", "apsw", "reasoningbank.bank"}
    assert loaded_by("--help") & heavy == set()
    assert loaded_by("store", "--help") & {"numpy", "rich", "apsw"} == set()


@pytest.mark.skipif(
    tuple(map(int, version("typer").split(".")[:2])) >= (0, 29),
    reason="a typer beyond those that pyproject.toml allows loads pydantic",
)
def test_no_verb_loads_pydantic(filled):
    assert "pydantic" not in loaded_by("stats", "--db", filled)


@pytest.mark.parametrize(
    "arguments",
    [("get", "ID"), ("search", "backend"), ("stats",), ("history", "ID"), ("export", "-")],
)
def test_verbs_without_vectors_load_no_numpy(filled, login_id, arguments):
    filled_in = [login_id if argument == "ID" else argument for argument in arguments]

    assert "numpy" not in loaded_by(*filled_in, "--db", filled)
    assert loaded_by(*filled_in, "--db", filled, "--json") & {"numpy", "rich"} == set()


def test_a_verb_with_vectors_loads_numpy(filled):
    assert "numpy" in loaded_by("similar", "x", "--db", filled)
