"""Measure moving in: the time, the processor time and the memory that many patterns of agentic-flow take.

    python -m benchmarks.migration [--patterns 100000] [--json]

Makes a database with agentic-flow's tables, every tenth pattern equal to the one before, and has `reasoningbank migrate` move it
into a new bank, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Tests are no package: the tables of other tools are written down there, once.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "migration"))

PROGRAM = "from reasoningbank.cli import main; main()"


def measured(patterns: int) -> dict[str, float]:
    """Give what one migration took."""
    import foreign

    with tempfile.TemporaryDirectory() as place:
        source = foreign.many(Path(place) / "memory.db", patterns)
        command = [sys.executable, "-c", PROGRAM, "migrate", str(source), "--to", str(Path(place) / "bank.db")]  # fmt: skip
        environment = {**os.environ, **dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"), place)}  # fmt: skip
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, cwd=place)
        seconds = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "patterns": patterns,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss * 1024 / 1e6),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patterns", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measured(options.patterns)
    if options.json:
        print(json.dumps(found))
    else:
        print(
            f"{found['patterns']:,} patterns: {found['seconds']} s, {found['cpu_seconds']} s of processor, {found['peak_mb']} MB at most"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
