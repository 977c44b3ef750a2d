"""What was counted of a bank, as tables for a terminal.

Imported by verbs when they print a table, never for ``--help`` or ``--json``: it loads rich.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reasoningbank.cli.quantities import duration, size
from reasoningbank.domain.metrics import BankMetrics, OperationMetrics, RecallMetrics

_HEADINGS = ("calls", "per s", "p50", "p95", "p99", "rows", "bytes", "errors")
_LEAST_RATE = 0.001


def metrics_view(counted: BankMetrics, seconds: float) -> RenderableType:
    """Give everything counted, for a page of 80 columns.

    Args:
        counted: What was counted.
        seconds: How long it was counted for, to say how many calls there were in a second.
    """
    if not counted.operations:
        return Text(f"Nothing was asked of the bank since {counted.since}.")
    parts: list[RenderableType] = [operations_table(counted.operations, seconds)]
    facts = list(facts_of(counted))
    if facts:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(no_wrap=True, style="bold")
        grid.add_column(overflow="fold")
        for name, value in facts:
            grid.add_row(name, value)
        parts += ["", grid]
    return Group(*parts)


def operations_table(operations: Iterable[OperationMetrics], seconds: float) -> Table:
    """Give a line for each operation, the most called first."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("OPERATION", overflow="ellipsis")
    for heading in _HEADINGS:
        grid.add_column(heading.upper(), justify="right", no_wrap=True)
    for one in sorted(operations, key=lambda each: (-each.calls, each.name)):
        failed = sum(one.errors.values())
        grid.add_row(
            one.name,
            f"{one.calls:,}",
            _rate(one.calls / seconds) if seconds > 0 else "-",
            duration(one.p50),
            duration(one.p95),
            duration(one.p99),
            f"{one.rows:,}",
            size(one.bytes),
            Text(f"{failed:,}", style="red" if failed else ""),
        )
    return grid


def _rate(per_second: float) -> str:
    return f"{per_second:.3g}" if per_second >= _LEAST_RATE else f"<{_LEAST_RATE}"


def facts_of(counted: BankMetrics) -> Iterable[tuple[str, str]]:
    """Give what else was counted, each as a name and a line."""
    if counted.recalls.recalls:
        yield "Recalls", recalls_line(counted.recalls)
    if counted.outcomes:
        yield "Outcomes", _by_source(counted.outcomes)
    if counted.learned:
        yield "Learning", _by_source(counted.learned)
    errors: dict[str, int] = {}
    for one in counted.operations:
        for code, number in one.errors.items():
            errors[code] = errors.get(code, 0) + number
    if errors:
        yield "Errors", ", ".join(f"{code} {number:,}" for code, number in sorted(errors.items()))


def recalls_line(recalls: RecallMetrics) -> str:
    """Give how many recalls there were and how many of them showed nothing."""
    share = f"{recalls.abstained / recalls.recalls:.0%}" if recalls.recalls else "-"
    return (
        f"{recalls.recalls:,}, of which {recalls.abstained:,} abstained ({share}); "
        f"{recalls.items:,} patterns shown in {recalls.prompt_bytes:,} bytes"
    )


def _by_source(counted: Mapping[str, Mapping[str, int]]) -> str:
    return "; ".join(
        f"{first}: " + ", ".join(f"{second} {number:,}" for second, number in sorted(kinds.items()))
        for first, kinds in sorted(counted.items())
    )
