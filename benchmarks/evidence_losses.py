"""Every figure that is worse than its limit, or than somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.evidence_sources import Sources
from benchmarks.peers.report import losses
from benchmarks.postgres_page import LIMITS, NAMES
from reasoningbank.benchmark.figures import LABELS, limits_of

STORE_LIMIT = 1.5
"""Times bare IndexedDB, for storing, getting and a category in a browser."""
CEILING = "oracle"
"""An arm that is told the best strategy of each environment: nothing can be better."""
START_SECONDS = 0.25
METRICS_SHARE = 0.03
METRICS_MICROSECONDS = 2.0


class Lost(NamedTuple):
    """A row of the list: what, against whom, ours, theirs or the limit, and where it is from."""

    what: str
    against: str
    ours: str
    other: str
    times: str


def lost(sources: Sources) -> list[Lost]:
    """Give all of them, section by section."""
    return [
        *_bare(sources),
        *_peers(sources),
        *_retrieval(sources.retrieval["scores"]),
        *_streams(sources),
        *_postgres(sources),
        *_browser(sources),
        *_metrics(sources),
        *_mcp(sources),
        *_faults(sources),
    ]


def _bare(sources: Sources) -> Iterator[Lost]:
    for figure in sources.bare.missed():
        for limit in limits_of(figure):
            value = figure.value if limit.quantity == "value" else figure.ratio
            if value is None or limit.must is None or limit.verdict(figure) != "missed":
                continue
            size = "" if figure.size is None else f" at {figure.size:,}"
            unit = figure.unit if limit.quantity == "value" else "x raw"
            yield Lost(
                LABELS[figure.name] + size, "its limit", f"{value:,.4g} {unit}",
                f"{limit.must:g} {unit}", f"{value / limit.must:.2f}",
            )  # fmt: skip


def _peers(sources: Sources) -> Iterator[Lost]:
    if sources.peers is not None:
        for one in losses(sources.peers):
            what = f"{one.what}, at {one.size:,}"
            yield Lost(what, one.peer, one.ours, one.theirs, f"{one.times:.2f}")


def _retrieval(scores: dict[str, dict[str, dict[str, float]]]) -> Iterator[Lost]:
    ours, *others = scores.items()
    for name, of in others:
        for one, measures in of.items():
            mine, theirs = ours[1][one]["ndcg@10"], measures["ndcg@10"]
            if theirs > mine:
                yield Lost(
                    f"nDCG@10 on {one}", name, f"{mine:.3f}", f"{theirs:.3f}",
                    f"{theirs / mine:.2f}",
                )  # fmt: skip


def _streams(sources: Sources) -> Iterator[Lost]:
    for name, report in sources.streams.items():
        mine = report["arms"]["bank"]["last_third"]["value"]
        for arm_name, arm in report["arms"].items():
            ahead: dict[str, Any] = arm["ahead"]
            if arm_name == CEILING or ahead["value"] is None or ahead["value"] >= 0:
                continue
            told = ", which is told the environment's name" if arm["reference"] else ""
            interval = f"{-ahead['high']:+.3f} to {-ahead['low']:+.3f}"
            yield Lost(
                f"success in the last third, {name}", arm["title"] + told, f"{mine:.3f}",
                f"{arm['last_third']['value']:.3f}", f"ahead by {-ahead['value']:.3f} ({interval})",
            )  # fmt: skip


def _postgres(sources: Sources) -> Iterator[Lost]:
    report = sources.postgres
    rows = [(one.name, one.size, 1, one.ours.p50, one.raw.p50) for one in report.pairs]
    rows += [(one.name, one.size, one.clients, one.ours.p50, one.raw.p50) for one in report.crowds]
    for name, size, clients, ours, raw in rows:
        if ours > raw * LIMITS[name]:
            crowd = f", {clients} clients" if clients > 1 else ""
            yield Lost(
                f"{NAMES[name]}, PostgreSQL, at {size:,}{crowd}", f"the driver, limit {LIMITS[name]}",
                f"{ours / 1000:.2f} ms", f"{raw / 1000:.2f} ms", f"{ours / raw:.2f}",
            )  # fmt: skip


def _browser(sources: Sources) -> Iterator[Lost]:
    kept = sources.records["browser"]
    if kept is None:
        return
    for size, of in kept.figures["sizes"].items():
        for what, raw in of["raw"].items():
            mine = of["ours"].get(what, of["ours"]["store"])
            if mine > STORE_LIMIT * raw:
                yield Lost(
                    f"{what} in Chromium, at {int(size):,}", f"bare IndexedDB, limit {STORE_LIMIT}",
                    f"{mine:,.0f} µs", f"{raw:,.0f} µs", f"{mine / raw:.2f}",
                )  # fmt: skip


def _metrics(sources: Sources) -> Iterator[Lost]:
    kept = sources.records["metrics"]
    if kept is None:
        return
    for row in kept.figures["overhead"]:
        if row["share"] > METRICS_SHARE and row["added"] > METRICS_MICROSECONDS:
            yield Lost(
                f"{row['operation']} with metrics", "the same without, limit 3 % or 2 µs",
                f"{row['on_quickest']:.2f} µs", f"{row['off_quickest']:.2f} µs",
                f"{1 + row['share']:.3f}",
            )  # fmt: skip


def _faults(sources: Sources) -> Iterator[Lost]:
    for line in [] if sources.faults is None else sources.faults["families"]:
        for field in ("lost", "doubled", "wrong", "untyped"):
            if line.get(field):
                yield Lost(
                    f"{field} in the faults of {line['family']}", "none", f"{line[field]:,}", "0", "",
                )  # fmt: skip


def _mcp(sources: Sources) -> Iterator[Lost]:
    kept = sources.records["mcp"]
    if kept is None:
        return
    empty, ours, *others = kept.figures
    mine = ours["start_seconds"]
    if mine > empty["start_seconds"] + START_SECONDS:
        yield Lost(
            "start of the MCP server", f"the SDK's empty one, limit {START_SECONDS} s above it",
            f"{mine:.2f} s", f"{empty['start_seconds']:.2f} s", f"{mine / empty['start_seconds']:.2f}",
        )  # fmt: skip
    for one in others:
        if mine > one["start_seconds"]:
            yield Lost(
                "start of the MCP server", one["server"], f"{mine:.2f} s",
                f"{one['start_seconds']:.2f} s", f"{mine / one['start_seconds']:.2f}",
            )  # fmt: skip
