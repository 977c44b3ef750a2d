"""Start a contestant's driver and ask it: a JSON object a line, each way."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from benchmarks.peers.contestants import BANK_MCP, Contestant
from benchmarks.peers.environments import BUILD, CLIENT, ROOT, python_of

if TYPE_CHECKING:
    from typing_extensions import Self

DRIVERS = Path(__file__).parent / "drivers"
PATIENCE = 900.0
"""Seconds an answer may take: filling a store of ten thousand rows is one."""


class Failed(Exception):
    """What a contestant said when it could not do what it was asked."""


def command_of(contestant: Contestant, rows: Path) -> list[str]:
    """Give the command that starts the driver in the contestant's environment."""
    script, *arguments = contestant.driver
    if contestant.language == "python":
        return [python_of(contestant.environment), str(DRIVERS / script), str(rows), *arguments]
    folder = contestant.environment
    if contestant.name == BANK_MCP:
        program = BUILD / folder / "bin" / "reasoningbank"
        folder, arguments = CLIENT, [*arguments, str(program), "mcp"]
    elif folder == CLIENT:
        server = BUILD / folder / "node_modules" / ".bin" / "mcp-server-memory"
        arguments = [*arguments, str(server)]
    return [
        "node",
        "--expose-gc",
        str(DRIVERS / script),
        str(rows),
        str(BUILD / folder),
        *arguments,
    ]


class Driver:
    """A running driver; leaving the block ends it and what it started."""

    def __init__(self, contestant: Contestant, rows: Path, *, under: Sequence[str] = ()) -> None:
        self.contestant = contestant
        self._log = (rows / f"{contestant.name}.log").open("ab")
        self.process = subprocess.Popen(
            [*under, *command_of(contestant, rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            bufsize=0,
            start_new_session=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"},
        )
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Ask and give the answer; raise `Failed` with what the contestant said."""
        self.say(do, **given)
        answer = self.hear()
        if answer is None:
            raise Failed(f"ended while asked to {do}")
        if "failed" in answer:
            # Where the checkout is says nothing to a reader of the results.
            raise Failed(str(answer["failed"]).replace(f"{ROOT}/", ""))
        return answer

    def say(self, do: str, **given: Any) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **given}).encode() + b"\n")
        except BrokenPipeError as error:
            raise Failed(f"ended before being asked to {do}") from error

    def hear(self) -> dict[str, Any] | None:
        """Give the next answer, or None at the end."""
        assert self.process.stdout is not None
        while b"\n" not in self._read:
            if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
                raise Failed(f"no answer in {PATIENCE:.0f} s")
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                return None
            self._read += more
        line, _, self._read = self._read.partition(b"\n")
        told: dict[str, Any] = json.loads(line)
        return told

    def resident_mb(self) -> float:
        """What the system holds in memory for the store's process, in millions of bytes (Linux)."""
        total = 0
        for pid in self.ask("processes")["pids"]:
            status = Path(f"/proc/{pid}/status").read_text("ascii")
            total += int(status.split("VmRSS:")[1].split()[0]) * 1024
        return round(total / 1e6, 1)

    def kill(self) -> None:
        """End the driver and all it started, at once (SIGKILL)."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it has ended by itself
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._log):
            if stream is not None:
                stream.close()
