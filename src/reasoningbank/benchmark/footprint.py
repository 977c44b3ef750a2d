"""Memory, start-up and embedding speed, each in processes of their own where it matters."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.figures import Figure, timed_figure
from reasoningbank.benchmark.timing import durations
from reasoningbank.embedding import default_embedder

_STARTS: Final = 15
_WORDS: Final = 15

# The kernel's figures for this process alone; ru_maxrss would start from the parent's, which the
# child still shares while it is being started.
_MEMORY_PROGRAM: Final = """
import sys
from reasoningbank import ReasoningBank
with ReasoningBank.open(sys.argv[1]) as bank:
    bank.find_similar(sys.argv[2])
    bank.find_similar(sys.argv[2])
    try:
        lines = open("/proc/self/status").read().splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, _, rest in
                     (line.partition(":") for line in lines) if name in ("VmRSS", "VmHWM")}
    except OSError:
        import resource
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak //= 1024 if sys.platform == "darwin" else 1
        kilobytes = {"VmRSS": peak, "VmHWM": peak}
print(kilobytes["VmRSS"], kilobytes["VmHWM"])
"""
_START_PROGRAM: Final = """
import json, sys, time
wall, cpu = time.perf_counter(), time.process_time()
{statement}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
heavy = [name for name in ("numpy", "asyncio", "pydantic") if name in sys.modules]
print(json.dumps([wall, cpu, time.process_time(), heavy]), file=sys.stderr)
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
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    now, peak = (int(kilobytes) * 1024 / 1e6 for kilobytes in done.stdout.split())
    return [
        Figure(name="memory", size=size, unit="MB", value=round(now, 1)),
        Figure(name="memory_peak", size=size, unit="MB", value=round(peak, 1)),
    ]


def start_up(starts: int = _STARTS) -> list[Figure]:
    """Give what importing and asking for help cost: minima of fresh processes, in milliseconds.

    The import is timed inside the process; help from the process's start to its end.
    """
    begun = [_whole_process(["-c", "pass"]) for _ in range(starts)]
    figures = [_milliseconds("interpreter", min(begun))]
    heavy: set[str] = set()
    for name, statement in (("import", _IMPORT), ("help", _HELP)):
        try:
            runs = [_start(statement) for _ in range(starts)]
        except subprocess.CalledProcessError as error:
            said = str(error.stderr).strip().splitlines()
            figures.append(Figure(name=name, unit="ms", note=said[-1] if said else "failed"))
            continue
        if name == "import":
            figures.append(_milliseconds("import", min(run.inside for run in runs)))
            figures.append(_milliseconds("import_cpu", min(run.cpu_inside for run in runs)))
        else:
            figures.append(_milliseconds("help", min(run.whole for run in runs)))
            figures.append(_milliseconds("help_cpu", min(run.cpu for run in runs)))
        heavy.update(*(run.heavy for run in runs))
    found = ", ".join(sorted(heavy)) or None
    figures.append(Figure(name="heavy_modules", unit="count", value=len(heavy), note=found))
    return figures


class _Start(NamedTuple):
    """What one fresh process took, in seconds, and the heavy modules it ended with."""

    whole: float
    inside: float
    cpu_inside: float
    cpu: float
    heavy: list[str]


def _start(statement: str) -> _Start:
    begun = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _START_PROGRAM.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
    )
    whole = time.perf_counter() - begun
    inside, cpu_inside, cpu, heavy = json.loads(done.stderr.splitlines()[-1])
    return _Start(whole, inside, cpu_inside, cpu, heavy)


def _whole_process(arguments: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True)  # noqa: S603
    return time.perf_counter() - begun


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
