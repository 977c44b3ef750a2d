"""A strategy: a procedure for files in words a memory can keep, and as real commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reasoningbank.evaluation.wrangling.sandbox import Sandbox
from reasoningbank.evaluation.wrangling.scene import Scene


@dataclass(frozen=True)
class Strategy:
    """One procedure of the repertoire.

    `applies` says whether the instruction and the files offer what the procedure needs, without running a
    command; `run` does one attempt. Neither is told which environment the task belongs to.
    """

    id: str
    title: str
    description: str
    applies: Callable[[Scene], bool]
    run: Callable[[Sandbox, Scene], None]
