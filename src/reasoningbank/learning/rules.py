"""Judging without a model (under construction)."""

from __future__ import annotations

from reasoningbank.domain.lesson import Judgement
from reasoningbank.domain.trajectory import Trajectory


class RuleJudge:
    """Say how a task ended."""

    def judge(self, trajectory: Trajectory) -> Judgement:  # noqa: ARG002
        """Give a verdict."""
        return Judgement(verdict=None, note="nothing in the steps shows how it ended")
