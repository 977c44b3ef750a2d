"""Measure what a host waits for: each hook as a process of its own, from start to end.

    python -m benchmarks.hooks [--rounds 15] [--json]

In turns and in one run: the bare interpreter, the interpreter with numpy, and the hooks over the starter bank. CPU is
what the process used, user and system; on a loaded machine it says more than the time on the wall. Exits with 1
when the hook before a task takes more than 300 ms at the median.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
STARTER = ROOT / "examples" / "starter-bank.jsonl"
LIMIT_SECONDS = 0.3
PROGRAM = "from reasoningbank.cli import main; main()"
TASK = "Fix the flaky login test of the API, it fails on CI"


class Contender(NamedTuple):
    name: str
    command: list[str]
    given: Callable[[int], dict[str, object]]


class Run(NamedTuple):
    wall: float
    cpu: float


def call(tool: str, **details: object) -> dict[str, object]:
    return {"tool_name": tool, **details}


STEPS = [
    ("PostToolUseFailure", call("Bash", tool_input={"command": "pytest -q"}, error="Exit code 1")),
    (
        "PostToolUse",
        call(
            "Edit",
            tool_input={"file_path": "app.py", "old_string": "a", "new_string": "b"},
            tool_response={},
        ),
    ),
    (
        "PostToolUse",
        call(
            "Bash",
            tool_input={"command": "pytest -q"},
            tool_response={"stdout": "3 passed in 0.11s", "interrupted": False},
        ),
    ),
]


def hook(event: str, *options: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, "hook", event, *options]


def contenders() -> list[Contender]:
    def prompt(number: int) -> dict[str, object]:
        return {"session_id": f"prompt-{number}", "prompt": TASK}

    def nothing(_number: int) -> dict[str, object]:
        return {}

    return [
        Contender("the interpreter alone", [sys.executable, "-c", "pass"], nothing),
        Contender("the interpreter and numpy", [sys.executable, "-c", "import numpy"], nothing),
        Contender("PostToolUse", hook("PostToolUse"), lambda _: {"session_id": "s", **STEPS[2][1]}),
        Contender(
            "UserPromptSubmit, no bank yet", hook("UserPromptSubmit", "--db", "none.db"), prompt
        ),
        Contender("UserPromptSubmit, 238 patterns", hook("UserPromptSubmit"), prompt),
        Contender("Stop, three steps to keep", hook("Stop"), lambda n: {"session_id": f"stop-{n}"}),
    ]


def measured(contender: Contender, number: int, folder: Path, environment: dict[str, str]) -> Run:
    """Run it once, its input ready in a file; what it notes was noted before."""
    if contender.name.startswith("Stop"):
        session = contender.given(number)
        run(hook("UserPromptSubmit"), {**session, "prompt": TASK}, folder, environment)
        for event, details in STEPS:
            run(hook(event), {**session, **details}, folder, environment)
    return run(contender.command, contender.given(number), folder, environment)


def run(
    command: list[str], given: dict[str, object], folder: Path, environment: dict[str, str]
) -> Run:
    file = folder / "input.json"
    file.write_text(json.dumps({"cwd": str(folder), **given}), "utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with file.open("rb") as stdin:
        subprocess.run(
            command, stdin=stdin, stdout=subprocess.DEVNULL, cwd=folder, env=environment, check=True
        )
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, used)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        names = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
        environment = {**os.environ, **dict.fromkeys(names, place)}
        environment.pop("REASONINGBANK_URL", None)
        # As after an installation: compiling the sources at each start took 75 ms.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
        subprocess.run(
            [sys.executable, "-c", PROGRAM, "import", str(STARTER)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=environment,
            check=True,
        )
        runs: dict[str, list[Run]] = {}
        for number in range(options.rounds + 1):
            for contender in contenders():
                done = measured(contender, number, folder, environment)
                if number:  # the first fills the caches of the file system
                    runs.setdefault(contender.name, []).append(done)
    rows = {name: figures(found) for name, found in runs.items()}
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        show(rows)
    return int(rows["UserPromptSubmit, 238 patterns"]["wall_p50"] > LIMIT_SECONDS * 1_000)


def figures(found: list[Run]) -> dict[str, float]:
    walls = sorted(one.wall * 1_000 for one in found)
    return {
        "wall_min": round(walls[0]),
        "wall_p50": round(statistics.median(walls)),
        "wall_p95": round(walls[min(int(len(walls) * 0.95), len(walls) - 1)]),
        "cpu_p50": round(statistics.median(one.cpu * 1_000 for one in found)),
    }


def show(rows: dict[str, dict[str, float]]) -> None:
    print(f"{'milliseconds':32}{'min':>8}{'p50':>8}{'p95':>8}{'CPU p50':>10}")
    for name, row in rows.items():
        print(
            f"{name:32}{row['wall_min']:8}{row['wall_p50']:8}{row['wall_p95']:8}{row['cpu_p50']:10}"
        )


if __name__ == "__main__":
    sys.exit(main())
