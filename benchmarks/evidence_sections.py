"""The sections of docs/evidence.md, each from one stored result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.evidence_losses import lost
from benchmarks.evidence_sources import (
    BARE,
    FAULTS,
    PEERS,
    POSTGRES,
    RETRIEVAL,
    STREAMS,
    Sources,
    name_of,
    on,
)
from benchmarks.peers import report as peers
from benchmarks.postgres_page import NAMES
from benchmarks.record import Recorded
from benchmarks.retrieval import markdown as retrieval_table
from reasoningbank.benchmark.figures import LABELS, Figure, Limit, limits_of, verdict_of

VERDICTS = {"aim": "aim reached", "must": "kept", "missed": "**missed**", "none": ""}
NOT_RECORDED = "Not recorded: run the command and make this page anew.\n"
BROWSERS = "Not recorded for this page yet; an earlier run stands in [](web.md).\n"
DOORS = "Not recorded for this page yet; earlier runs stand in [](mcp.md) and [](plugin.md).\n"


def losses(sources: Sources) -> str:
    rows = lost(sources)
    return _table(("what", "against", "ours", "theirs", "times"), rows)


def commands(sources: Sources) -> str:
    """Give what is measured by which command, and when it last was."""
    rows: list[Sequence[str]] = [
        ("bare engine", "`make bench BENCH_ARGS='--million --consolidation --save-baseline'`", sources.measured_on(BARE), name_of(BARE)),
        ("other stores", "`make bench-peers PEERS_ARGS=--save-baseline`", _date(sources.peers), name_of(PEERS)),
        ("retrieval", "`python benchmarks/retrieval.py FOLDER --json benchmarks/retrieval_baseline.json`", sources.measured_on(RETRIEVAL), name_of(RETRIEVAL)),
    ]  # fmt: skip
    for name, command in STREAMS.items():
        path = RETRIEVAL.parent / "evaluation" / name / "report.json"
        rows.append(("does it help", f"`{command}`", sources.measured_on(path), name_of(path)))
    rows.append(("PostgreSQL", "`python -m benchmarks.postgres --save-baseline`", sources.measured_on(POSTGRES), name_of(POSTGRES)))  # fmt: skip
    for name, kept in sources.records.items():
        command = f"`python -m benchmarks.record {name}`"
        rows.append((name, command, _date(kept), f"benchmarks/records/{name}.json"))
    told = sources.faults or {}
    rows.append(
        (
            "faults",
            "`make faults`",
            told.get("date", "not recorded")[:10] if told else "not recorded",
            name_of(FAULTS),
        )
    )
    return _table(("what", "measured by", "on", "kept in"), [(*row[:3], f"`{row[3]}`") for row in rows])  # fmt: skip


def _date(kept: Any) -> str:
    return "not recorded" if kept is None else str(kept.measured_on)


def bare(sources: Sources) -> str:
    rows = [_bare_row(figure) for figure in sources.bare.figures]
    head = ("what", "patterns", "p50", "p95", "calls", "raw p50", "ratio", "must", "verdict")
    return f"{on(sources.bare.machine)}.\n\n{_table(head, rows)}"


def _bare_row(figure: Figure) -> Sequence[str]:
    spread = figure.ours
    return (
        LABELS[figure.name],
        "" if figure.size is None else f"{figure.size:,}",
        _amount(figure.value, figure.unit) if figure.value is not None else figure.note or "",
        "" if spread is None else _microseconds(spread.p95),
        "" if spread is None else f"{spread.count:,}",
        "" if figure.raw is None else _microseconds(figure.raw.p50),
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        ", ".join(_bound(limit, figure) for limit in limits_of(figure) if limit.must is not None),
        VERDICTS[verdict_of(figure)],
    )


def _bound(limit: Limit, figure: Figure) -> str:
    sign = ">=" if limit.at_least else "<="
    unit = "x raw" if limit.quantity == "ratio" else f" {figure.unit}"
    unit = "" if unit.strip() in {"share", "count"} else unit
    return f"{sign} {limit.must:g}{unit}"


def beside_peers(sources: Sources) -> str:
    if sources.peers is None:
        return NOT_RECORDED
    report = sources.peers
    remarks = "\n".join(f"- {one.title}: {one.remark}." for one in peers.CONTESTANTS if one.remark)
    return (
        f"{on(report.machine)}; {report.seconds:,.0f} s once everything was installed; kills drawn from seed {report.seed}.\n\n"
        f"{remarks}\n\n{peers.markdown(report)}"
    )


def retrieval(sources: Sources) -> str:
    told = sources.retrieval
    return retrieval_table(told["scores"], told["sets"])


def streams(sources: Sources) -> str:
    rows = []
    for name, report in sources.streams.items():
        for arm in report["arms"].values():
            last, ahead = arm["last_third"], arm["ahead"]
            rows.append(
                (
                    name, f"{report['episodes']:,}", str(len(report["seeds"])),
                    arm["title"] + (" (reference)" if arm["reference"] else ""),
                    _interval(last), _interval(ahead),
                )
            )  # fmt: skip
    head = ("stream", "episodes", "streams", "arm", "success, last third", "bank ahead by")
    return _table(head, rows)


def _interval(of: dict[str, Any]) -> str:
    if of["value"] is None:
        return ""
    return f"{of['value']:.3f} ({of['low']:.3f} to {of['high']:.3f})"


def postgres(sources: Sources) -> str:
    report = sources.postgres
    rows: list[Sequence[str]] = [
        (NAMES[one.name], f"{one.size:,}", "1", _milliseconds(one.ours), _milliseconds(one.raw), f"{one.ours.p50 / one.raw.p50:.2f}")
        for one in report.pairs
    ]  # fmt: skip
    rows += [
        (NAMES[one.name], f"{one.size:,}", str(one.clients), _milliseconds(one.ours), _milliseconds(one.raw), f"{one.ours.p50 / one.raw.p50:.2f}")
        for one in report.crowds
    ]  # fmt: skip
    head = ("what", "patterns", "clients", "bank p50 / p95 ms", "driver p50 / p95 ms", "ratio")
    return (
        f"{report.server}, {report.processors} processors shared with other work, load average {report.load_before:.1f} before "
        f"and {report.load_after:.1f} after.\n\n{_table(head, rows)}"
    )


def _milliseconds(spread: Any) -> str:
    return f"{spread.p50 / 1000:.2f} / {spread.p95 / 1000:.2f}"


def browser(sources: Sources) -> str:
    kept, sizes = sources.records["browser"], sources.records["sizes"]
    parts = []
    if kept is not None:
        rows = []
        for size, of in kept.figures["sizes"].items():
            for what, value in {**of["ours"], "store, counters read": of["ours"]["store"]}.items():
                raw = of["raw"].get(what)
                beside = ("", "") if raw is None else (f"{raw:,.0f} µs", f"{value / raw:.2f}")
                rows.append((what, f"{int(size):,}", f"{value:,.0f} µs", *beside))
            memory = of["memory"]
            rows.append(("heap", f"{int(size):,}", f"{memory['heap'] / 1e6:.1f} MB", "", ""))
        head = ("what", "patterns", "median, best of 3 rounds", "bare IndexedDB", "ratio")
        about = f"Chromium {kept.figures['chromium']}; {on(kept.machine)}."
        parts.append(f"{about}\n\n{_table(head, rows)}")
    if sizes is not None:
        rows = [
            (name, f"{one['kilobytes']:,.1f} kB", f"{one['limit']:,.0f} kB")
            for name, one in sizes.figures.items()
        ]
        parts.append(_table(("what a page fetches, brotli", "size", "limit"), rows))
    return "\n\n".join(parts) + "\n" if parts else BROWSERS


def doors(sources: Sources) -> str:
    """Give what the MCP server, the hooks, the metrics and moving in cost."""
    parts = [
        _door(sources.records["mcp"], _mcp_tables),
        _door(sources.records["hooks"], _hooks_table),
        _door(sources.records["metrics"], _metrics_table),
        _door(sources.records["migration"], _migration_table),
    ]
    return "\n\n".join(part for part in parts if part) + "\n" if any(parts) else DOORS


def _door(kept: Recorded | None, tables: Any) -> str:
    return (
        "" if kept is None else f"`{kept.command}`: {on(kept.machine)}.\n\n{tables(kept.figures)}"
    )


def _mcp_tables(figures: list[dict[str, Any]]) -> str:
    starts = [
        (
            one["server"], f"{one['start_seconds']:.2f} s", f"{one['start_fastest_seconds']:.2f} s",
            f"{one['rss_greeted_mb']:.0f} MB", f"{one['rss_after_calls_mb']:.0f} MB",
        )
        for one in figures
    ]  # fmt: skip
    calls = [
        (f"{one['server']}: {name}", *(f"{call[field]:.2f} ms" for field in ("first_ms", "p50_ms", "p95_ms")))
        for one in figures for name, call in one["calls"].items()
    ]  # fmt: skip
    head = ("server", "start to tools/list", "fastest", "memory then", "memory after the calls")
    return f"{_table(head, starts)}\n\n{_table(('call', 'first', 'p50', 'p95'), calls)}"


def _hooks_table(figures: dict[str, dict[str, float]]) -> str:
    rows = [
        (name, *(f"{one[field]:.0f} ms" for field in ("wall_min", "wall_p50", "wall_p95", "cpu_p50")))
        for name, one in figures.items()
    ]  # fmt: skip
    return _table(("hook, from start to end", "min", "p50", "p95", "processor, p50"), rows)


def _metrics_table(figures: dict[str, Any]) -> str:
    rows = [
        (
            one["operation"], f"{one['off_quickest']:.2f} µs", f"{one['on_quickest']:.2f} µs",
            f"{one['added']:.2f} µs, {one['share']:.1%}",
            f"{one['off_median']:.2f} / {one['on_median']:.2f} µs",
        )
        for one in figures["overhead"]
    ]  # fmt: skip
    head = ("operation", "without metrics", "with", "added", "medians without / with")
    week = figures["week"]
    kept = ""
    if week:
        kept = (
            f"\n\n{week['days']} days of {week['calls']:,} calls are {week['rows']:,} rows and {week['file_bytes']:,} bytes in the "
            f"file and {week['process_bytes']:,} in memory; keeping a minute's counts takes {week['flush_median_ms']:.2f} ms "
            f"(longest {week['flush_longest_ms']:.1f}), reading all {week['read_ms']:.1f} ms."
        )
    return _table(head, rows) + kept


def _migration_table(figures: dict[str, float]) -> str:
    row = (
        f"{figures['patterns']:,}",
        f"{figures['seconds']:.0f} s",
        f"{figures['cpu_seconds']:.0f} s",
        f"{figures['peak_mb']:.0f} MB",
    )
    return _table(
        ("patterns of agentic-flow moved in", "time", "processor", "memory at most"), [row]
    )


def faults(sources: Sources) -> str:
    """Give a row for each family of faults, and the totals last."""
    told = sources.faults
    if told is None:
        return NOT_RECORDED
    lines = [*told["families"], told["totals"]]
    columns = list(dict.fromkeys(key for line in lines for key in line))
    cells = [[_cell(line.get(column, "")) for column in columns] for line in lines]
    machine = ", ".join(str(value) for value in told["machine"].values())
    failures = len(told["failures"])
    about = (
        f"The {told['form']} form, seed {told['seed']}, {told['minutes']} minutes on {told['date'][:10]}; {machine}. "
        f"Rounds that failed: {failures}."
    )
    return f"{about}\n\n{_table(columns, cells)}"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def claims(sources: Sources) -> str:
    rows = [
        (one.says, one.about, ", ".join(f"`{path}`" for path in one.where), f"`{one.command}`")
        for one in sources.claims
    ]
    return _table(("says", "of", "in", "shown by"), rows)


def _amount(value: float, unit: str) -> str:
    if unit in {"share", "count"}:
        return f"{value:.4g}"
    before_point = len(str(int(value)))
    return f"{value:,.{max(0, 3 - before_point)}f} {unit}"


def _microseconds(value: float) -> str:
    return _amount(value / 1000, "ms") if value >= 1000 else _amount(value, "µs")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return peers.table(head, [[cell.replace("|", "\\|") for cell in row] for row in rows]) + "\n"
