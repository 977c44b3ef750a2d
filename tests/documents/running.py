"""Runs the examples of a document as a reader would: top to bottom, in one folder, in one shell."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.documents.blocks import Block, blocks_of, followed_by

DOCTEST_FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
PRINTED_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SECONDS = 120

# What differs from run to run is compared by its kind, so that a page can show what a reader will see.
_KINDS = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d(:?\d\d([.,]\d+)?)?(\d{3})?Z?\b"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "<date>"),
]


class Shell:
    """Runs one command after the other; directory and exported variables last, as in a terminal."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._state = Path(self._folder.name, "state")
        self._state.write_text("", "utf-8")
        self._groups: list[int] = []

    def close(self) -> None:
        """End what commands have left running in the background."""
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)
        self._folder.cleanup()

    def run(self, command: str) -> tuple[int, str]:
        """Give the exit status of a command, and what it printed on both streams."""
        state = shlex.quote(str(self._state))
        script = (
            f". {state}\n{command}\nstatus_of_it=$?\n"
            f"{{ export -p; echo \"cd '$PWD'\"; }} > {state}\nexit $status_of_it\n"
        )
        # The command belongs to the interpreter that runs the tests, wherever that is.
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        with subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PATH": programs},
            start_new_session=True,
        ) as process:
            if "&" in command.replace("&&", "").replace(">&", ""):
                self._groups.append(process.pid)
            try:
                printed, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return process.returncode, printed


class Reader:
    """Follows one document: what its programs define, its shell, and what was printed last."""

    def __init__(self, run_sql: Callable[[str], object] | None = None) -> None:
        self._names: dict[str, object] = {"__name__": "__main__"}
        self._shell = Shell()
        self._printed: str | None = None
        self._run_sql = run_sql if run_sql is not None else run_on_new_bank

    def close(self) -> None:
        """End what its shell has started."""
        self._shell.close()

    def follow(self, block: Block) -> bool:
        """Do what a block says; give whether anything was run or compared."""
        if "file" in block.marks:
            path = Path(block.marks["file"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, "utf-8")
            return True
        if "prints" in block.marks:
            return self._compare(block)
        if block.reason_not_to_run is not None:
            return False
        if block.language == "python":
            self._run_python(block)
        elif block.language == "console":
            self._run_console(block)
        elif block.language == "sql":
            self._run_sql(block.text)
        else:
            # Programs in other languages run elsewhere, and what stands below them is theirs.
            self._printed = None
            return False
        return True

    def _run_python(self, block: Block) -> None:
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            if block.text.startswith(">>>"):
                _run_session(block, self._names)
            else:
                # Empty lines in front: a traceback then shows the line of the document.
                code = compile(
                    "\n" * block.line + block.text, block.document, "exec", dont_inherit=True
                )
                exec(code, self._names)
        self._printed = told.getvalue()

    def _run_console(self, block: Block) -> None:
        for command, expected in transcript(block.text):
            status, printed = self._shell.run(command)
            assert status == 0, f"{block.place}: $ {command}\nended with {status}:\n{printed}"
            if expected:
                assert_printed(expected, printed, f"{block.place}: $ {command}")
            self._printed = printed

    def _compare(self, block: Block) -> bool:
        if self._printed is None:
            return False
        assert_printed(block.text, self._printed, block.place)
        return True


def run_document(document: str, *, run_sql: Callable[[str], object] | None = None) -> int:
    """Run every example of a document in order, after those it goes on from; give how many blocks that were."""
    before = followed_by(document)
    blocks = [*(blocks_of(before) if before else []), *blocks_of(document)]
    return run_blocks(blocks, run_sql=run_sql)


def run_blocks(blocks: Sequence[Block], *, run_sql: Callable[[str], object] | None = None) -> int:
    """Run blocks as one document."""
    with contextlib.closing(Reader(run_sql)) as reader:
        return sum(reader.follow(block) for block in blocks)


def transcript(block: str) -> list[tuple[str, str]]:
    """Split a console block into (command, expected output); `> ` continues a command."""
    steps: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif line.startswith("> ") and steps and not steps[-1][1]:
            steps[-1] = (steps[-1][0] + line[2:], "")
        elif steps:
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
        else:
            message = f"a console block starts with a command after '$ ', not with {line!r}"
            raise ValueError(message)
    return [(command.rstrip("\n"), expected) for command, expected in steps]


def assert_printed(expected: str, printed: str, what: str) -> None:
    """Compare what was to be printed with what was; ids, times and the reader's folders by their kind."""
    check = doctest.OutputChecker().check_output
    # As they stand as well: `...` may stand for a part of what is one kind.
    same = check(expected, printed, PRINTED_FLAGS) or check(
        plain(expected), plain(printed), PRINTED_FLAGS
    )
    assert same, f"{what}\nwas to print:\n{expected}\nbut printed:\n{printed}"


def plain(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Give a text with ids and times by their kind, and the folders of a reader called ann."""
    folders = {
        environment.get("XDG_DATA_HOME", ""): "/home/ann/.local/share",
        environment.get("XDG_STATE_HOME", ""): "/home/ann/.local/state",
        environment.get("XDG_CONFIG_HOME", ""): "/home/ann/.config",
        str(Path.cwd()): "/home/ann/project",
        environment.get("HOME", ""): "/home/ann",
    }
    for folder in sorted(filter(None, folders), key=len, reverse=True):
        text = text.replace(folder, folders[folder])
    for kind, name in _KINDS:
        text = kind.sub(name, text)
    return text


def run_on_new_bank(script: str) -> None:
    """Run SQL on the tables of an empty bank, or on no tables where it makes them itself."""
    from reasoningbank import ReasoningBank

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bank.db")
        if "CREATE TABLE" not in script:
            ReasoningBank.open(path).close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)


def _run_session(block: Block, names: dict[str, object]) -> None:
    runner = doctest.DocTestRunner(optionflags=DOCTEST_FLAGS, verbose=False)
    examples = doctest.DocTestParser().get_doctest(
        block.text, names, block.place, block.document, block.line
    )
    examples.globs = names  # not the copy it makes: later blocks go on with what this one defines
    told: list[str] = []
    runner.run(examples, out=told.append, clear_globs=False)
    assert runner.failures == 0, "".join(told)
