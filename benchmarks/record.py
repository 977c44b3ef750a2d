"""Run the small benchmarks and keep what they print for docs/evidence.md, with command, date, machine and load.

    python -m benchmarks.record [NAME ...]      # mcp, hooks, metrics, migration, browser, sizes; all without a name

Writes ``benchmarks/records/NAME.json``. One that cannot run here (no Node, no Chromium) is skipped with the reason, and what is
kept of it stays as it was.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from reasoningbank.benchmark.report import Machine, load_average, machine

ROOT = Path(__file__).resolve().parent.parent
RECORDS = ROOT / "benchmarks" / "records"
WEB = ROOT / "web"


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What one benchmark printed, and where and when."""

    command: str
    measured_on: str
    machine: Machine
    figures: Any


class Small(NamedTuple):
    """A benchmark: the command as a reader types it, what is run, and how its figures are read afterwards."""

    command: str
    run: list[str]
    folder: Path
    read: Callable[[str], Any]


def _sizes(printed: str) -> dict[str, dict[str, float]]:
    lines = re.findall(r"^\s*([\d.]+) kB brotli of\s+([\d.]+)\s+(.+)$", printed, re.MULTILINE)
    return {name: {"kilobytes": float(now), "limit": float(most)} for now, most, name in lines}


def _browser(_: str) -> Any:
    return json.loads((WEB / "benchmarks" / "latest.json").read_text("utf-8"))


PYTHON = [sys.executable, "-m"]
SMALL = {
    "mcp": Small(
        "python -m benchmarks.mcp", [*PYTHON, "benchmarks.mcp", "--json"], ROOT, json.loads
    ),
    "hooks": Small(
        "python -m benchmarks.hooks", [*PYTHON, "benchmarks.hooks", "--json"], ROOT, json.loads
    ),
    "metrics": Small(
        "python -m benchmarks.metrics", [*PYTHON, "benchmarks.metrics", "--json"], ROOT, json.loads
    ),
    "migration": Small(
        "python -m benchmarks.migration",
        [*PYTHON, "benchmarks.migration", "--json"],
        ROOT,
        json.loads,
    ),
    "browser": Small("npm run bench (in web/)", ["npm", "run", "--silent", "bench"], WEB, _browser),
    "sizes": Small("npm run sizes (in web/)", ["npm", "run", "--silent", "sizes"], WEB, _sizes),
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in SMALL]
    if unknown:
        print(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(SMALL)}")
        return 2
    skipped = [name for name in names or SMALL if not record(name)]
    return int(bool(skipped))


def record(name: str) -> bool:
    """Run one and keep its figures; give whether that worked. A limit it misses is in the figures."""
    small, load = SMALL[name], load_average()
    try:
        done = subprocess.run(
            small.run, cwd=small.folder, capture_output=True, text=True, check=False
        )
        figures = small.read(done.stdout)
    except (OSError, ValueError) as error:
        print(f"SKIPPED: {name}: {error}")
        return False
    if not figures or (done.returncode and not done.stdout):
        print(f"SKIPPED: {name}: {(done.stderr.strip().splitlines() or ['printed nothing'])[-1]}")
        return False
    kept = Recorded(
        command=small.command,
        measured_on=datetime.now(timezone.utc).date().isoformat(),
        machine=machine(load),
        figures=figures,
    )
    RECORDS.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(kept), indent=1)
    (RECORDS / f"{name}.json").write_bytes(text + b"\n")
    print(f"kept {name}")
    return True


def recorded(name: str) -> Recorded | None:
    """Give what is kept of one, or None."""
    path = RECORDS / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Recorded) if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
