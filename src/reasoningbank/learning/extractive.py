"""Distilling without a model (under construction)."""

from __future__ import annotations

from reasoningbank.domain.lesson import Distillation
from reasoningbank.domain.trajectory import Trajectory


class ExtractiveDistiller:
    """Find what a trajectory teaches."""

    def distil(self, trajectory: Trajectory) -> Distillation:  # noqa: ARG002
        """Give lessons."""
        return Distillation(lessons=(), note="nothing to extract")
