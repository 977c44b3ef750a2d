"""What a run measured, on which machine, as a table and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.benchmark.figures import (
    LABELS,
    Figure,
    Limit,
    limits_of,
    verdict_of,
)
from reasoningbank.domain.json_value import JsonObject

_LIBRARIES: Final = ("agent-reasoningbank", "apsw", "msgspec", "numpy")
_FIGURE_HEADING: Final = (
    "what", "patterns", "must", "aim", "measured (p50)", "least", "raw", "ratio", "verdict",
)  # fmt: skip
_SPREAD_HEADING: Final = ("what", "patterns", "", "calls", "min", "p50", "p95", "p99")
_VERDICTS: Final = {"aim": "aim reached", "must": "must kept", "missed": "MISSED", "none": ""}


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run took place; `load_*` are the one-minute load averages, None where unknown."""

    processor: str
    cores: int
    system: str
    python: str
    libraries: dict[str, str]
    load_before: float | None
    load_after: float | None


class BenchmarkReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run measured."""

    machine: Machine
    figures: tuple[Figure, ...]
    sizes: tuple[int, ...]
    seconds: float

    def to_dict(self) -> JsonObject:
        """Give the report as JSON values; each figure with its limits and its verdict."""
        told: JsonObject = msgspec.to_builtins(self)
        told["figures"] = [
            {
                **msgspec.to_builtins(figure),
                "key": figure.key,
                "limits": msgspec.to_builtins(limits_of(figure)),
                "verdict": verdict_of(figure),
            }
            for figure in self.figures
        ]
        return told

    def missed(self) -> list[Figure]:
        """Give the figures that miss a limit they must keep."""
        return [figure for figure in self.figures if verdict_of(figure) == "missed"]

    def to_markdown(self) -> str:
        """Give the machine, the figures with their limits, and the spreads of all times."""
        parts = [
            _machine_lines(self.machine, self.seconds),
            _table(
                _FIGURE_HEADING,
                [_figure_row(figure) for figure in self.figures],
            ),
            "Times of single calls, microseconds:",
            _table(
                _SPREAD_HEADING,
                [row for figure in self.figures for row in _spread_rows(figure)],
            ),
        ]
        return "\n\n".join(parts) + "\n"


def machine(load_before: float | None) -> Machine:
    """Describe this machine, now that the run is over."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        libraries={name: metadata.version(name) for name in _LIBRARIES},
        load_before=load_before,
        load_after=load_average(),
    )


def load_average() -> float | None:
    """Give the one-minute load average, or None where there is none."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _machine_lines(machine: Machine, seconds: float) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in machine.libraries.items())
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.system}, {machine.python}; "
        f"{libraries}. Load average {machine.load_before} before and {machine.load_after} after; "
        f"the run took {seconds:.0f} s."
    )


def _figure_row(figure: Figure) -> tuple[str, ...]:
    limits = limits_of(figure)
    raw = "" if figure.raw is None else _amount(figure.raw.p50, "µs")
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}x"
    measured = "not measured" if figure.value is None else _amount(figure.value, figure.unit)
    if figure.cpu is not None:
        measured += f" (CPU {_amount(figure.cpu, figure.unit)})"
    if figure.note:
        measured += f" ({figure.note})"
    return (
        LABELS[figure.name],
        "" if figure.size is None else f"{figure.size:,}",
        _bounds(figure, limits, "must"),
        _bounds(figure, limits, "aim"),
        measured,
        _least(figure),
        raw,
        ratio,
        _VERDICTS[verdict_of(figure)],
    )


def _least(figure: Figure) -> str:
    if figure.ours is None:
        return ""
    least = figure.ours.minimum
    return _amount(least / 1000 if figure.unit == "ms" else least, figure.unit)


def _bounds(figure: Figure, limits: Sequence[Limit], which: str) -> str:
    said: list[str] = []
    for limit in limits:
        bound: float | None = getattr(limit, which)
        if bound is None:
            continue
        sign = ">=" if limit.at_least else "<="
        amount = f"{bound:g}x" if limit.quantity == "ratio" else _amount(bound, figure.unit)
        said.append(f"{sign} {amount}")
    return ", ".join(said)


def _spread_rows(figure: Figure) -> list[tuple[str, ...]]:
    size = "" if figure.size is None else f"{figure.size:,}"
    sides = (("ours", figure.ours), ("raw", figure.raw))
    return [
        (
            LABELS[figure.name], size, side, f"{spread.count:,}",
            f"{spread.minimum:,.1f}", f"{spread.p50:,.1f}", f"{spread.p95:,.1f}", f"{spread.p99:,.1f}",
        )
        for side, spread in sides
        if spread is not None
    ]  # fmt: skip


def _amount(value: float, unit: str) -> str:
    if unit == "share":
        return f"{value:.4g}"
    if unit == "count":
        return f"{value:g}"
    before_point = len(str(int(value)))
    return f"{value:,.{max(0, 3 - before_point)}f} {unit}"  # three digits that count


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
