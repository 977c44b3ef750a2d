"""Learning curves as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from reasoningbank.evaluation.reporting import SUBJECT, Report

_LABELLED_AT: Final = 1.02  # right of the axes


def save_curves(report: Report, path: Path) -> None:
    """Write a PNG with success over the stream and by visit, a line for each arm."""
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 4.6), dpi=130, layout="constrained")
        over, by_visit = figure.subplots(1, 2, sharey=True)
        for number, (name, arm) in enumerate(report.arms.items()):
            look: dict[str, Any] = {
                "color": "black" if name == SUBJECT else f"C{number % 10}",
                "linewidth": 2.4 if name == SUBJECT else 1.2,
                "linestyle": ":" if arm.reference else "--" if arm.variant else "-",
            }
            blocks = [(at + 1) / len(arm.by_block) for at in range(len(arm.by_block))]
            over.plot(blocks, arm.by_block, label=arm.title, **look)
            by_visit.plot(range(1, len(arm.by_visit) + 1), arm.by_visit, **look)
        over.set(xlabel="share of the stream", ylabel="success at the first attempt", ylim=(0, 1))
        by_visit.set(xlabel="visit of the environment")
        figure.suptitle(
            f"{report.world}: {report.environments} environments, {len(report.seeds)} streams"
        )
        figure.legend(loc="outside right center", frameon=False, fontsize=8)
        figure.savefig(path)
