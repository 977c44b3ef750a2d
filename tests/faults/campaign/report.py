"""What a campaign found, as a table for people and as JSON."""

from __future__ import annotations

import os
import platform
import sys
from datetime import datetime, timezone
from pathlib import Path

import apsw
import msgspec

from tests.faults.campaign.rounds import Failure, Result
from tests.faults.counting import Counts

_COLUMNS = ("rounds", *Counts.__struct_fields__, "seconds")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was played."""

    system: str
    processor: str
    cpus: int
    python: str
    sqlite: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One family, or all of them."""

    family: str
    rounds: int
    acknowledged: int
    lost: int
    doubled: int
    wrong: int
    refused: int
    untyped: int
    seconds: float
    note: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign."""

    seed: int
    date: str
    machine: Machine
    minutes: float
    form: str
    families: list[Line]
    totals: Line
    failures: list[Failure]


def line_of(result: Result) -> Line:
    """Give a result as a line of the table."""
    return Line(
        family=result.family,
        rounds=result.rounds,
        seconds=result.seconds,
        note=result.note,
        **msgspec.structs.asdict(result.counts),
    )


def report_of(results: list[Result], *, seed: int, short: bool) -> Report:
    """Give what has been found so far."""
    total = Result(family="all")
    for result in results:
        total.rounds += result.rounds
        total.counts.add(result.counts)
        total.seconds = round(total.seconds + result.seconds, 1)
    return Report(
        seed=seed,
        date=datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        machine=machine(),
        minutes=round(total.seconds / 60, 1),
        form="short" if short else "long",
        families=[line_of(result) for result in results],
        totals=line_of(total),
        failures=[failure for result in results for failure in result.failures],
    )


def machine() -> Machine:
    """Give what numbers depend on."""
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cpus=os.cpu_count() or 0,
        python=platform.python_version(),
        sqlite=apsw.sqlite_lib_version(),
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if sys.platform.startswith("linux") and information.exists():
        for line in information.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(report: Report) -> str:
    """Give the table, with the totals last."""
    lines = [*report.families, report.totals]
    width = max(len(line.family) for line in lines)
    columns = {name: max(len(name), 7) for name in _COLUMNS}
    heading = "family".ljust(width) + "".join(f"  {name:>{size}}" for name, size in columns.items())
    rows = [heading, "-" * len(heading)]
    for line in lines:
        if line is report.totals:
            rows.append("-" * len(heading))
        values = "".join(f"  {getattr(line, name):>{size},}" for name, size in columns.items())
        rows.append(f"{line.family:{width}}{values}" + (f"  {line.note}" if line.note else ""))
    return "\n".join(rows)


def write(report: Report, path: Path) -> None:
    """Write a report as JSON, whole or not at all: a campaign may be stopped while it writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.writing")
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    temporary.replace(path)
