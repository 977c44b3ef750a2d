"""Hold a run against an earlier one.

What is compared is what other work on the machine moves least: the ratio to the bare engine where there
is one, else processor time where it was measured, else the number itself. The last two mean something on
one machine only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

WORSE = 1.3
"""A figure this many times its baseline is flagged."""

# More of these is better, and a small loss is a loss.
HIGHER_IS_BETTER = {"recall_at_10"}
# Their processor time is a figure of its own.
WALL_TIMES = {"import", "help", "interpreter"}


class Comparable(NamedTuple):
    name: str
    amount: float
    unit: str


def read_figures(path: Path) -> dict[str, Comparable]:
    """Give the comparable amount of each figure of a stored report, by its key."""
    figures: dict[str, Comparable] = {}
    for figure in json.loads(path.read_text("utf-8"))["figures"]:
        name, unit = figure["name"], figure["unit"]
        if figure.get("ratio") is not None:
            figures[figure["key"]] = Comparable(name, figure["ratio"], "x raw")
        elif figure.get("cpu") is not None:
            figures[figure["key"]] = Comparable(name, figure["cpu"], f"{unit} CPU")
        elif figure.get("value") is not None and name not in WALL_TIMES:
            figures[figure["key"]] = Comparable(name, figure["value"], unit)
    return figures


def change(before: Comparable, now: Comparable) -> float:
    """Give how many times worse a figure is than it was; below 1 is better."""
    if before.name in HIGHER_IS_BETTER:
        before, now = now, before
    if before.amount == now.amount:
        return 1.0
    return now.amount / before.amount if before.amount else float("inf")


def regressions(before: dict[str, Comparable], now: dict[str, Comparable]) -> list[str]:
    """Give the keys of the figures that are worse than they may be."""
    return [
        key for key in now if key in before and change(before[key], now[key]) > _allowed(now[key])
    ]


def _allowed(figure: Comparable) -> float:
    return 1.0 if figure.name in HIGHER_IS_BETTER else WORSE


def comparison_table(before: dict[str, Comparable], now: dict[str, Comparable]) -> str:
    """Give a Markdown table of both runs; sizes that were not run this time are left out."""
    lines = ["| figure | baseline | now | times |", "| --- | --- | --- | --- |"]
    for key, figure in now.items():
        if key not in before:
            lines.append(f"| {key} | | {figure.amount:g} {figure.unit} | new |")
            continue
        times = change(before[key], figure)
        flag = " WORSE" if times > _allowed(figure) else ""
        lines.append(
            f"| {key} | {before[key].amount:g} {before[key].unit} | {figure.amount:g} "
            f"{figure.unit} | {times:.2f}{flag} |"
        )
    sizes = {_size_of(key) for key in now}
    for key, figure in before.items():
        if key not in now and _size_of(key) in sizes:
            lines.append(f"| {key} | {figure.amount:g} {figure.unit} | | gone |")
    return "\n".join(lines)


def _size_of(key: str) -> str:
    return key.partition("@")[2]
