"""A directory of its own for one attempt, and the few commands that may run in it.

Commands are started without a shell: what comes from an instruction or from a file is an argument or an
environment variable, never program text. The programs are the fixed set `PROGRAMS`, none of which is asked to
open a connection; their environment holds `PATH` and `LC_ALL`, their time and their output are bounded.
"""

from __future__ import annotations

import os
import selectors
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from reasoningbank.domain.errors import Unavailable

if TYPE_CHECKING:
    from typing_extensions import Self

PATH = "/usr/local/bin:/usr/bin:/bin"
PROGRAMS = (
    "awk", "cut", "find", "grep", "head", "join", "sha256sum", "sort", "tac", "tail", "wc", "zcat",
)  # fmt: skip
TIME_LIMIT = (
    5.0  # seconds for one pipeline; a loaded machine is slow, an attempt takes milliseconds
)
OUTPUT_LIMIT = 1_000_000  # bytes
LONGEST_STEP = 200
LONGEST_NOTE = 160


class Stuck(Exception):
    """Say where a procedure broke off."""


@dataclass(frozen=True)
class Command:
    """A program with its arguments, the variables it is given, and the exit codes that are no failure."""

    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    fine: tuple[int, ...] = (0,)
    shown: str = ""

    def words(self) -> str:
        """Return the command as one would type it."""
        given = [f"{name}={shlex.quote(value)}" for name, value in self.variables.items()]
        return " ".join([*given, self.shown or shlex.join(self.arguments)])


def tool(
    program: str,
    *arguments: str,
    given: Mapping[str, str] | None = None,
    fine: Sequence[int] = (0,),
) -> Command:
    """Return a command of the fixed set."""
    return Command(arguments=(program, *arguments), variables=given or {}, fine=tuple(fine))


def awk(code: str, *files: str, separator: str, given: Mapping[str, str]) -> Command:
    """Return a command that runs a fixed awk program; its first line, a comment, says what it does.

    An empty separator means blanks.
    """
    options = ("-F", separator) if separator else ()
    return Command(
        arguments=("awk", *options, code, *files),
        variables=given,
        shown=shlex.join(["awk", *options, _said(code), *files]),
    )


def script(code: str, *arguments: str) -> Command:
    """Return a command that runs a fixed Python program; its first line, a comment, says what it does."""
    return Command(
        arguments=(sys.executable, "-I", "-S", "-c", code, *arguments),
        shown=shlex.join(["python3", "-c", _said(code), *arguments]),
    )


def _said(code: str) -> str:
    """Return the comment a program begins with, in brackets, in place of the program."""
    return f"[{code.splitlines()[0].removeprefix('# ')}]"


@cache
def require_programs() -> None:
    """Check that the programs are there.

    Raises:
        Unavailable: One of them is missing, or this is no POSIX system.
    """
    missing = [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]
    if os.name != "posix" or missing:
        raise Unavailable(
            f"lacks the programs {', '.join(missing)}" if missing else "is no POSIX system",
            path=PATH,
            hint="Install GNU coreutils, findutils, grep, gzip and awk, or run this on Linux.",
        )


class Sandbox:
    """A fresh directory with the files of a task. Use it as a context manager; leaving it removes everything.

    `printed` is the answer given so far, `steps` the commands run.
    """

    def __init__(self, files: Mapping[str, bytes], *, seconds: float = TIME_LIMIT) -> None:
        self._seconds = seconds
        self._root = Path(tempfile.mkdtemp(prefix="wrangling-"))
        self.folder = self._root / "work"
        self.scratch = self._root / "scratch"
        self.printed = b""
        self.steps: list[str] = []
        for folder in (self.folder, self.scratch):
            folder.mkdir()
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._root)

    def files(self) -> dict[str, bytes]:
        """Return every file there is now, by its path."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }

    def run(self, *commands: Command) -> bytes:
        """Run commands joined by pipes and return what the last one prints.

        Raises:
            Stuck: One of them failed, took too long or printed too much.
        """
        words = " | ".join(command.words() for command in commands)
        self.steps.append(words.replace("\n", "\\n")[:LONGEST_STEP])
        run = _Pipeline(commands, self.folder)
        try:
            output, complaint = run.collected(time.monotonic() + self._seconds)
        except Stuck as stuck:
            self.steps[-1] += f" -> {stuck}"
            raise
        finally:
            run.end()
        codes = [process.returncode for process in run.processes]
        self.steps[-1] += " -> exit code " + ", ".join(map(str, codes))
        for command, code in zip(commands, codes, strict=True):
            # A program whose reader has seen enough is ended by SIGPIPE: that is how `| head` works.
            if code not in {*command.fine, -signal.SIGPIPE}:
                raise Stuck(_first_line(complaint) or f"{command.arguments[0]} ended with {code}")
        return output

    def answer(self, output: bytes) -> None:
        """Print the answer."""
        self.printed = output

    def deliver(self, output: bytes, destination: str | None) -> None:
        """Write a result to the file asked for, else print it.

        Raises:
            Stuck: The name leads out of the directory.
        """
        if destination is None:
            self.answer(output)
        else:
            self.write(destination, output)

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the directory.

        Raises:
            Stuck: The name leads out of the directory.
        """
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise Stuck("the name leads out of the directory")
        path.write_bytes(content)
        self.steps.append(f"write {name}")


class _Pipeline:
    """Running processes, each reading what the one before prints."""

    def __init__(self, commands: Sequence[Command], folder: Path) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self._errors, errors = os.pipe()
        try:
            for command in commands:
                before = self.processes[-1].stdout if self.processes else None
                self.processes.append(
                    subprocess.Popen(  # noqa: S603 - no shell, programs of the fixed set
                        command.arguments,
                        executable=_found(command.arguments[0]),
                        cwd=folder,
                        env={"PATH": PATH, "LC_ALL": "C.UTF-8", **command.variables},
                        stdin=before or subprocess.DEVNULL,
                        stdout=subprocess.PIPE,
                        stderr=errors,
                        start_new_session=True,
                    )
                )
                if before is not None:
                    before.close()
        except BaseException:
            self.end()
            raise
        finally:
            os.close(errors)

    def collected(self, deadline: float) -> tuple[bytes, bytes]:
        """Return all that is printed and complained, once every process has ended.

        Raises:
            Stuck: The deadline passed, or more was printed than is allowed.
        """
        last = self.processes[-1].stdout
        assert last is not None
        gathered: dict[int, bytearray] = {last.fileno(): bytearray(), self._errors: bytearray()}
        with selectors.DefaultSelector() as selector:
            for stream in gathered:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise Stuck("the command took too long and was ended")
                for key, _ in ready:
                    piece = os.read(key.fd, 65_536)
                    if not piece:
                        selector.unregister(key.fd)
                    gathered[key.fd] += piece
                    if len(gathered[key.fd]) > OUTPUT_LIMIT:
                        raise Stuck("the command printed too much and was ended")
        for process in self.processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired as late:
                raise Stuck("the command took too long and was ended") from late
        return bytes(gathered[last.fileno()]), bytes(gathered[self._errors])

    def end(self) -> None:
        """End what still runs, with all it started, and close the pipes."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        os.close(self._errors)


@cache
def _found(program: str) -> str:
    """Return the path of a program of the fixed set, or of this Python."""
    if program == sys.executable:
        return program
    assert program in PROGRAMS, program
    found = shutil.which(program, path=PATH)
    if found is None:
        raise Unavailable("is missing", path=program, hint="Install it, or run this on Linux.")
    return found


def _first_line(complaint: bytes) -> str:
    """Return the line that says what went wrong: the first, of a Python traceback the last."""
    lines = complaint.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        return ""
    return (lines[-1] if lines[0].startswith("Traceback") else lines[0])[:LONGEST_NOTE]
