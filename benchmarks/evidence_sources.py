"""What docs/evidence.md is made from: the stored results, when each was measured, and the command that measures it anew."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.peers.report import PeerReport
from benchmarks.postgres import BASELINE as POSTGRES
from benchmarks.postgres import Report as PostgresReport
from benchmarks.record import SMALL, Recorded, recorded
from reasoningbank.benchmark import BenchmarkReport
from reasoningbank.benchmark.report import Machine

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATES = HERE / "measured.json"
BARE = HERE / "baseline.json"
PEERS = HERE / "peers_baseline.json"
RETRIEVAL = HERE / "retrieval_baseline.json"
FAULTS = HERE / "faults_baseline.json"
CLAIMS = HERE / "claims.json"
STREAMS = {
    "miniwob": "reasoningbank eval miniwob",
    "miniwob-new-environments": "reasoningbank eval miniwob --held-out 0.3",
    "miniwob-five-visits": "reasoningbank eval miniwob --visits 5",
    "miniwob-five-attempts": "reasoningbank eval miniwob --attempts 5",
    "miniwob-live": "reasoningbank eval miniwob-live --streams 1 --visits 8",
    "wrangling": "reasoningbank eval wrangling --visits 15",
}
DATED = (BARE, POSTGRES, RETRIEVAL, *(HERE / "evaluation" / one / "report.json" for one in STREAMS))
"""Results that do not say themselves when they were measured."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A number in the text that no benchmark prints, and what shows that it is right."""

    says: str
    about: str
    where: tuple[str, ...]
    command: str


class Sources(NamedTuple):
    """Everything the page is made from; None is what was not recorded."""

    bare: BenchmarkReport
    postgres: PostgresReport
    retrieval: dict[str, Any]
    streams: dict[str, dict[str, Any]]
    peers: PeerReport | None
    records: dict[str, Recorded | None]
    faults: dict[str, Any] | None
    claims: tuple[Claim, ...]
    dates: dict[str, str]

    def measured_on(self, path: Path) -> str:
        """Give the date of a result that does not carry one."""
        return self.dates[name_of(path)]


def read_sources() -> Sources:
    """Read all stored results."""
    return Sources(
        bare=msgspec.json.decode(BARE.read_bytes(), type=BenchmarkReport),
        postgres=msgspec.json.decode(POSTGRES.read_bytes(), type=PostgresReport),
        retrieval=json.loads(RETRIEVAL.read_text("utf-8")),
        streams={
            one: json.loads((HERE / "evaluation" / one / "report.json").read_text("utf-8"))
            for one in STREAMS
        },
        peers=msgspec.json.decode(PEERS.read_bytes(), type=PeerReport) if PEERS.exists() else None,
        records={name: recorded(name) for name in SMALL},
        faults=json.loads(FAULTS.read_text("utf-8")) if FAULTS.exists() else None,
        claims=tuple(msgspec.json.decode(CLAIMS.read_bytes(), type=list[Claim])),
        dates={name: one["measured_on"] for name, one in _kept().items()},
    )


def name_of(path: Path) -> str:
    """Give a path as the page and `measured.json` write it."""
    return path.relative_to(ROOT).as_posix()


def undated() -> list[str]:
    """Give the results that have changed since their date was noted."""
    kept = _kept()
    return [
        name_of(path) for path in DATED
        if kept.get(name_of(path), {}).get("sha256") != _sha256(path)
    ]  # fmt: skip


def note_dates() -> None:
    """Date what has changed: by the commit that brought it, or today where it is not committed yet."""
    kept = _kept()
    for name in undated():
        kept[name] = {"measured_on": _date_of(name), "sha256": _sha256(ROOT / name)}
    DATES.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")


def _kept() -> dict[str, dict[str, str]]:
    if not DATES.exists():
        return {}
    kept: dict[str, dict[str, str]] = json.loads(DATES.read_text("utf-8"))
    return kept


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _date_of(name: str) -> str:
    asked = ["git", "status", "--porcelain", "--", name], ["git", "log", "-1", "--format=%as", "--", name]  # fmt: skip
    changed, committed = (
        subprocess.run(one, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        for one in asked
    )
    return committed if committed and not changed else datetime.now(timezone.utc).date().isoformat()


def on(machine: Machine) -> str:
    """Say where a run took place, in half a line."""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.system}, {machine.python}, load average "
        f"{machine.load_before} before and {machine.load_after} after"
    )
