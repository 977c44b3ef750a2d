"""Ask the HTTP server with many clients at once for a while: errors, times, memory.

    python -m benchmarks.serve [--clients 50] [--seconds 60] [--patterns 10000] [--json]

Each client keeps one connection and asks without pause, of ten requests four get a pattern, two find similar ones, two
recall, one lists a category and one stores. Prints percentiles of each kind as the client sees them, and the server's
memory twelve times on the way. Exits with 1 when a request failed, or memory grew by more than 5 % in the second half.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.fuzz_http import TOKEN, served
from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus

KINDS = ["get"] * 4 + ["similar"] * 2 + ["recall"] * 2 + ["search", "store"]
GROWTH = 1.05
SAMPLES = 12


def resident_bytes(process: int) -> int:
    """What the kernel says a process holds in memory (Linux)."""
    for line in Path(f"/proc/{process}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Seen:
    """What the clients saw: seconds of each kind of request, and how many answers had which status."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}
        self.statuses: Counter[int] = Counter()


async def client(number: int, url: str, ids: Sequence[str], end: float, seen: Seen) -> None:
    source = random.Random(number)
    headers = {"authorization": f"Bearer {TOKEN}"}
    count = 0
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as http:
        while time.monotonic() < end:
            kind = source.choice(KINDS)
            task = corpus.pattern(source.randrange(len(ids))).task_description
            begun = time.perf_counter()
            if kind == "get":
                answer = await http.get(f"/v1/patterns/{source.choice(ids)}")
            elif kind == "similar":
                answer = await http.post("/v1/similar", json={"task_description": task})
            elif kind == "recall":
                answer = await http.post("/v1/recalls", json={"task_description": task})
            elif kind == "search":
                answer = await http.get("/v1/search?category=backend")
            else:
                count += 1
                given = {"task_description": f"{task} ({number}.{count})", "task_category": "load", "strategy": "Do."}  # fmt: skip
                answer = await http.post("/v1/patterns", json=given)
            seen.taken.setdefault(kind, []).append(time.perf_counter() - begun)
            seen.statuses[answer.status_code] += 1


async def load(url: str, process: int, ids: Sequence[str], clients: int, seconds: float) -> dict[str, Any]:  # fmt: skip
    seen = Seen()
    begun = time.monotonic()
    asking = [
        asyncio.ensure_future(client(number, url, ids, begun + seconds, seen))
        for number in range(clients)
    ]
    resident = []
    for _ in range(SAMPLES):
        await asyncio.sleep(seconds / SAMPLES)
        resident.append(round(resident_bytes(process) / 1e6, 1))
    await asyncio.gather(*asking)
    statuses, taken = seen.statuses, seen.taken
    total = sum(statuses.values())
    return {
        "clients": clients,
        "seconds": seconds,
        "requests": total,
        "per_second": total / seconds,
        "statuses": {str(status): number for status, number in sorted(statuses.items())},
        "failed": sum(number for status, number in statuses.items() if status >= 400),
        "milliseconds": {kind: percentiles(times) for kind, times in sorted(taken.items())},
        "resident_mb": resident,
    }


def percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        f"p{percent}": round(ordered[max(-(-percent * len(ordered) // 100), 1) - 1] * 1_000, 2)
        for percent in (50, 95, 99)
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--clients", type=int, default=50, metavar="N")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="N")
    parser.add_argument("--patterns", type=int, default=10_000, metavar="N")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        with ReasoningBank.open(Path(name) / "bank.db") as bank:
            ids = [str(one) for one in bank.store_patterns(corpus.pattern(n) for n in range(options.patterns))]  # fmt: skip
        with served(Path(name)) as (url, process):
            figures = asyncio.run(load(url, process.pid, ids, options.clients, options.seconds))
    if options.json:
        print(json.dumps(figures))
    else:
        for label, value in figures.items():
            print(f"{label:20} {value:,.1f}" if isinstance(value, float) else f"{label:20} {value}")
    resident = figures["resident_mb"]
    # In the first half every connection, thread and vector is met for the first time.
    middle, last = resident[SAMPLES // 2 - 1], resident[-1]
    return 1 if figures["failed"] or last > middle * GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
