"""Memory, start-up and embedding speed, each in processes of their own where it matters."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.figures import Figure, timed_figure
from reasoningbank.benchmark.timing import durations
from reasoningbank.embedding import default_embedder

_STARTS: Final = 15
_WORDS: Final = 15

# The kernel's figures for this process alone. ru_maxrss would begin with the parent's, which a
# child still shares while it is being started, so it only stands in where there is no /proc.
_MEMORY_PROGRAM: Final = """
import sys
from reasoningbank import ReasoningBank
with ReasoningBank.open(sys.argv[1]) as bank:
    bank.find_similar(sys.argv[2])
    bank.find_similar(sys.argv[2])
    try:
        status = open("/proc/self/status").read()
    except OSError:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak = peak if sys.platform == "darwin" else peak * 1024
        print(peak, peak)
    else:
        lines = dict(line.split(":", 1) for line in status.splitlines())
        print(*(int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")))
"""
_TIMED_PROGRAM: Final = """
import json, sys, time
wall, cpu = time.perf_counter(), time.process_time()
{statement}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps([wall, cpu, time.process_time()]), file=sys.stderr)
"""
# A process of its own: watching every file that is opened costs time.
_WATCHED_PROGRAM: Final = """
import json, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
{statement}
loaded = ["numpy"] * ("numpy" in sys.modules)
loaded += ["the embedder's table"] * any(path.endswith("table.int4") for path in opened)
print(json.dumps(loaded), file=sys.stderr)
"""
_IMPORT: Final = "import reasoningbank; reasoningbank.ReasoningBank"
_HELP: Final = """
sys.argv = ["reasoningbank", "--help"]
from reasoningbank.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
"""


def memory_after_search(path: Path, size: int) -> list[Figure]:
    """Give what a fresh process holds after opening a bank and searching it, in MB of 10^6 bytes."""
    command = [sys.executable, "-c", _MEMORY_PROGRAM, str(path), corpus.query(0)]
    try:
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=True, env=_as_installed()
        )
    except subprocess.CalledProcessError as error:
        return [Figure(name="memory", size=size, unit="MB", note=_last_words(error))]
    now, peak = (int(held) / 1e6 for held in done.stdout.split())
    return [
        Figure(name="memory", size=size, unit="MB", value=round(now, 1)),
        Figure(name="memory_peak", size=size, unit="MB", value=round(peak, 1)),
    ]


def start_up(starts: int = _STARTS) -> list[Figure]:
    """Give what importing and asking for help cost: minima of fresh processes, in milliseconds.

    The import is timed inside the process; help from the process's start to its end.
    """
    figures = [_milliseconds("interpreter", min(_run("pass")[0] for _ in range(starts)))]
    loaded: set[str] = set()
    for name, statement in (("import", _IMPORT), ("help", _HELP)):
        program = _TIMED_PROGRAM.format(statement=statement)
        try:
            runs = [_run(program) for _ in range(starts)]
            loaded.update(_run(_WATCHED_PROGRAM.format(statement=statement))[1])
        except subprocess.CalledProcessError as error:
            figures.append(Figure(name=name, unit="ms", note=_last_words(error)))
            continue
        wholes = [whole for whole, _ in runs]
        insides, import_cpus, cpus = zip(*(told for _, told in runs), strict=True)
        of_import = name == "import"
        figures.append(_milliseconds(name, min(insides if of_import else wholes)))
        figures.append(_milliseconds(f"{name}_cpu", min(import_cpus if of_import else cpus)))
    found = ", ".join(sorted(loaded)) or None
    figures.append(Figure(name="heavy_modules", unit="count", value=len(loaded), note=found))
    return figures


def _run(program: str) -> tuple[float, list[Any]]:
    """Run a program in a fresh interpreter; give its seconds and what it told as JSON at its end."""
    begun = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=_as_installed(),
    )
    seconds = time.perf_counter() - begun
    last = done.stderr.splitlines()[-1:]
    return seconds, json.loads(last[0]) if last else []


def _as_installed() -> dict[str, str]:
    """Give an environment in which compiled modules are kept, as they are where nobody forbids it.

    Compiling every module anew at every start, as with PYTHONDONTWRITEBYTECODE, takes longer than
    all that is measured here.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _last_words(error: subprocess.CalledProcessError) -> str:
    """Give the last line a failed process said."""
    said = str(error.stderr).strip().splitlines()
    return said[-1] if said else f"ended with status {error.returncode}"


def _milliseconds(name: str, seconds: float) -> Figure:
    return Figure(name=name, unit="ms", value=round(seconds * 1000, 1))


def embedding(texts: int = 2_000) -> list[Figure]:
    """Time the embedder on texts of 15 words: of words never met, and new texts of common words."""
    embed = default_embedder().embed_query
    cold = [corpus.unseen_words(number, _WORDS) for number in range(texts // 4)]
    common = [
        " ".join(corpus.pattern(number).task_description.split()[:_WORDS])
        for number in range(2 * texts)
    ]
    for text in common[:texts]:
        embed(text)
    return [
        timed_figure("embed_warm", None, durations(embed, common[texts:])),
        timed_figure("embed_cold", None, durations(embed, cold)),
    ]
