"""The kinds of tasks. Their names are for tables and controls; no agent and no strategy sees them."""

from __future__ import annotations

from reasoningbank.evaluation.wrangling.environments import columns, counts, rows, texts, trees
from reasoningbank.evaluation.wrangling.task import Environment

__all__ = ["ENVIRONMENTS"]

ENVIRONMENTS: tuple[Environment, ...] = tuple(
    sorted(
        (
            *columns.ENVIRONMENTS,
            *counts.ENVIRONMENTS,
            *rows.ENVIRONMENTS,
            *texts.ENVIRONMENTS,
            *trees.ENVIRONMENTS,
        ),
        key=lambda environment: environment.name,
    )
)
