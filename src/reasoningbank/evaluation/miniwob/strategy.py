"""A strategy: a named procedure for pages, described in words a memory can keep and a person can follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reasoningbank.evaluation.miniwob.hands import Hands
from reasoningbank.evaluation.miniwob.page import Page


@dataclass(frozen=True)
class Strategy:
    """One procedure of the repertoire.

    `applies` says whether the page offers what the procedure needs, without acting; `run` does one attempt.
    Neither is told which environment the page belongs to.
    """

    id: str
    title: str
    description: str
    applies: Callable[[Page], bool]
    run: Callable[[Hands, Page], None]
