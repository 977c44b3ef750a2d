"""What the bank asks of a judge and of a distiller."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from reasoningbank.domain.lesson import Distillation, Judgement
from reasoningbank.domain.trajectory import Trajectory


@runtime_checkable
class Judge(Protocol):
    """Say how a task ended."""

    def judge(self, trajectory: Trajectory) -> Judgement:
        """Give a verdict; ``unknown`` when it cannot be told. Never raises for a bad answer."""


@runtime_checkable
class Distiller(Protocol):
    """Find what a trajectory teaches."""

    def distil(self, trajectory: Trajectory) -> Distillation:
        """Give at most three lessons. Never raises for a bad answer."""
