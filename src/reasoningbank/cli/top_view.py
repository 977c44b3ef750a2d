"""The essentials of a bank on one screen of 80 columns and 24 rows, or more where there is room.

Imported when a screen is drawn, never for ``--help``: it loads rich.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from reasoningbank.cli.metrics_view import operations_table, recalls_line
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.metrics import BankMetrics
from reasoningbank.domain.pattern import StorageStats
from reasoningbank.domain.recall import RecallEvent

_FIXED_ROWS: Final = 12
"""Lines that are always there: the head, facts, headings, and the blank ones between the parts."""

_FEWEST: Final = 3
_PERCENT: Final = 100


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown at one moment.

    Args:
        stats: The bank's counts.
        quarantined: How many patterns are withheld, expired ones among them.
        lately: What was asked in the last minutes.
        today: What was asked in the last 24 hours.
        recalls: The newest recalls.
        seconds: How long "lately" is.
    """

    stats: StorageStats
    quarantined: int
    lately: BankMetrics
    today: BankMetrics
    recalls: tuple[RecallEvent, ...]
    seconds: float


def top_view(seen: Seen, *, height: int, hint: str) -> RenderableType:
    """Give the screen.

    Args:
        seen: What is shown.
        height: How many rows there are.
        hint: How to leave, for the last line; empty to leave it out.
    """
    room = max(height - _FIXED_ROWS, 2 * _FEWEST)
    operations = sorted(seen.lately.operations, key=lambda one: (-one.calls, one.name))
    shown = operations[: max(room // 2, _FEWEST)]
    recalls = seen.recalls[: max(room - len(shown), _FEWEST)]
    parts: list[RenderableType] = [_head(seen), _facts(seen), ""]
    if shown:
        parts.append(operations_table(shown, seen.seconds))
    else:
        parts.append(Text(f"Nothing was asked in the last {seen.seconds / 60:.0f} minutes."))
    parts += ["", _recalls(recalls)]
    if hint:
        parts += ["", Text(hint, style="dim")]
    return Group(*parts)


def _head(seen: Seen) -> Text:
    place = seen.stats.path or "a bank in memory"
    return Text.assemble(
        ("reasoningbank", "bold"),
        f"  {safe_line(place)}",
        f"  {safe_line(seen.stats.namespace)}",
        overflow="ellipsis",
        no_wrap=True,
    )


def _facts(seen: Seen) -> Table:
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(no_wrap=True, style="bold")
    # What is left of the line: long categories would take the room of their heading.
    grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    stats = seen.stats
    withheld = f", {seen.quarantined:,} withheld" if seen.quarantined else ""
    grid.add_row(
        "Patterns",
        f"{stats.total_patterns:,}{withheld}, {stats.size_bytes / 1e6:.1f} MB",
    )
    by_size = sorted(stats.categories.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{safe_line(name)} {count:,}" for name, count in by_size)
    grid.add_row("Categories", named or "none yet")
    grid.add_row("Success", _success(seen.today))
    grid.add_row("Recalls", recalls_line(seen.today.recalls))
    failed = sum(sum(one.errors.values()) for one in seen.today.operations)
    grid.add_row("Errors", Text(f"{failed:,} in 24 hours", style="red" if failed else ""))
    return grid


def _success(counted: BankMetrics) -> str:
    told = list(counted.outcomes.values())
    succeeded = sum(kinds.get("success", 0) for kinds in told)
    known = sum(n for kinds in told for kind, n in kinds.items() if kind != "unknown")
    if not known:
        return "no outcome was told in 24 hours"
    sources = ", ".join(
        f"{source} {sum(kinds.values()):,}" for source, kinds in sorted(counted.outcomes.items())
    )
    return f"{succeeded * _PERCENT / known:.0f} % of {known:,} outcomes in 24 hours ({sources})"


def _recalls(recalls: Sequence[RecallEvent]) -> RenderableType:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    grid.add_column("RECALLED", no_wrap=True)
    grid.add_column("SHOWN", justify="right", no_wrap=True)
    grid.add_column("TASK", no_wrap=True, overflow="ellipsis", ratio=1)
    for time, shown, task in _rows(recalls):
        grid.add_row(time, shown, task)
    return grid if recalls else Text("No recall is kept yet.")


def _rows(recalls: Iterable[RecallEvent]) -> Iterable[tuple[str, Text, Text]]:
    for event in recalls:
        number = len(event.advice) + len(event.pitfalls)
        shown = Text(str(number)) if number else Text("none", style="yellow")
        yield event.at[:19].replace("T", " "), shown, Text(safe_line(event.task_description))
