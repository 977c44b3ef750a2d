"""What a run found, as JSON and as tables; nothing is left out because it is unfavourable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from benchmarks.peers.contestants import BANK, CONTESTANTS, FOOTPRINT, OPERATIONS
from benchmarks.peers.measuring import Footprint, Timed
from benchmarks.peers.surviving import Survival
from reasoningbank.benchmark.report import Machine

NONE = "no such operation"


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """A contestant that took part: what was installed, and what became of its rows when it was killed."""

    name: str
    versions: dict[str, str]
    install_mb: float
    install_packages: int
    survival: Survival | None = None
    syncs_per_store: float | None = None


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run found."""

    machine: Machine
    measured_on: str
    seconds: float
    seed: int
    sizes: tuple[int, ...]
    taking: tuple[Taking, ...]
    timed: tuple[Timed, ...]
    footprints: tuple[Footprint, ...]
    left_out: dict[str, str]
    """Why a contestant did not take part, or fell out, by its name."""

    def time_of(self, contestant: str, operation: str, size: int) -> Timed | None:
        """Give what was timed, or None where the contestant has no such operation."""
        return next(
            (
                one for one in self.timed
                if (one.contestant, one.operation, one.size) == (contestant, operation, size)
            ),
            None,
        )  # fmt: skip


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """Where another store is better: `times` says by what factor ours is larger."""

    what: str
    size: int
    peer: str
    ours: str
    theirs: str
    times: float


TITLES = {one.name: one.title for one in CONTESTANTS}
RIVALS = {one.name: one.rival for one in CONTESTANTS}


def losses(report: PeerReport) -> list[Loss]:
    """Give every figure in which a peer is better than ours, the worst first."""
    found = [_time_loss(report, one) for one in report.timed]
    for footprint in report.footprints:
        ours = _footprint_of(report, RIVALS[footprint.contestant], footprint.size)
        if ours is None or footprint.contestant.startswith(BANK):
            continue
        for field in ("open_ms", "first_similar_ms", "resident_mb", "bytes_per_row"):
            mine, theirs = getattr(ours, field), getattr(footprint, field)
            if mine is not None and theirs is not None and mine > theirs:
                found.append(
                    Loss(
                        what=FOOTPRINT[field], size=footprint.size, peer=_known_as(report, footprint.contestant),
                        ours=_three(mine), theirs=_three(theirs), times=mine / theirs,
                    )
                )  # fmt: skip
    return sorted((one for one in found if one is not None), key=lambda one: -one.times)


def _time_loss(report: PeerReport, one: Timed) -> Loss | None:
    mine = report.time_of(RIVALS[one.contestant], one.operation, one.size)
    if one.contestant.startswith(BANK) or mine is None or mine.spread is None or one.spread is None:
        return None
    if mine.spread.p50 <= one.spread.p50:
        return None
    return Loss(
        what=OPERATIONS[one.operation], size=one.size, peer=_known_as(report, one.contestant),
        ours=_microseconds(mine.spread.p50), theirs=_microseconds(one.spread.p50),
        times=mine.spread.p50 / one.spread.p50,
    )  # fmt: skip


def _known_as(report: PeerReport, contestant: str) -> str:
    """Give a title, with what a quick store pays for its speed."""
    for one in report.taking:
        if one.name == contestant and one.survival is not None and one.survival.lost:
            return f"{TITLES[contestant]}, which loses acknowledged rows"
    return TITLES[contestant]


def _footprint_of(report: PeerReport, contestant: str, size: int) -> Footprint | None:
    return next(
        (one for one in report.footprints if (one.contestant, one.size) == (contestant, size)), None
    )


def markdown(report: PeerReport) -> str:
    """Give all tables."""
    parts = [_taking(report)]
    for size in report.sizes:
        parts += [f"**{size:,} rows**, p50 / p95 of single calls:", _times(report, size)]
        parts += [_footprints(report, size)]
    if report.left_out:
        parts.append("Left out:")
        reasons = (f"- {TITLES[name]}: {reason}" for name, reason in report.left_out.items())
        parts.append("\n".join(reasons))
    return "\n\n".join(parts) + "\n"


def _taking(report: PeerReport) -> str:
    by_name = {one.name: one for one in CONTESTANTS}
    head = (
        "store", "version", "installed", "what has happened when a store returns", "syncs a store",
        "acknowledged rows lost to SIGKILL",
    )  # fmt: skip
    rows = []
    for one in report.taking:
        versions = ", ".join(f"{name} {version}" for name, version in one.versions.items())
        lost = "not counted"
        if one.survival is not None:
            lost = f"{one.survival.lost:,} of {one.survival.acknowledged:,} in {one.survival.rounds} kills"
            if one.survival.unreadable:
                lost += f"; {one.survival.unreadable} times unreadable"
        rows.append(
            (
                TITLES[one.name], versions, f"{one.install_mb:,.0f} MB, {one.install_packages} packages",
                by_name[one.name].keeps,
                "not counted" if one.syncs_per_store is None else f"{one.syncs_per_store:g}", lost,
            )
        )  # fmt: skip
    return table(head, rows)


def _times(report: PeerReport, size: int) -> str:
    names = list(OPERATIONS)
    rows = []
    measured = {one.contestant for one in report.timed if one.size == size}
    for one in report.taking:
        if one.name not in measured:
            continue  # that is not "no such operation"
        cells = [TITLES[one.name]]
        for operation in names:
            timed = report.time_of(one.name, operation, size)
            if timed is None:
                cells.append(NONE)
            elif timed.spread is None:
                cells.append(f"failed: {timed.failed}")
            else:
                cells.append(
                    f"{_microseconds(timed.spread.p50)} / {_microseconds(timed.spread.p95)}"
                )
        rows.append(cells)
    return table(["store", *(OPERATIONS[name] for name in names)], rows)


def _footprints(report: PeerReport, size: int) -> str:
    rows = []
    for one in report.footprints:
        if one.size != size:
            continue
        cells = [TITLES[one.contestant], f"{one.fill_seconds:,.1f} s"]
        for field in FOOTPRINT:
            value = getattr(one, field)
            cells.append((one.remark or NONE) if value is None else _three(value))
        rows.append(cells)
    return table(["store", "filling it", *FOOTPRINT.values()], rows)


def _microseconds(value: float) -> str:
    return f"{_three(value / 1000)} ms" if value >= 1000 else f"{_three(value)} µs"


def _three(value: float) -> str:
    """Give a number with three digits that count."""
    before_point = len(str(int(value)))
    return f"{value:,.{max(0, 3 - before_point)}f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
