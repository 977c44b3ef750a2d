"""SIGKILL while attempts are under way: those that had ended are there, and can be learned from together."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from tests.faults.children import ready, running
from tests.faults.observing import faults


@pytest.mark.parametrize("mode", ["parallel", "sequential"])
def test_attempts_that_ended_before_a_kill_are_compared_after_it(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "bank.db"
    with running("scale_until_killed", path, mode) as child:
        assert ready(child) == "two attempts have ended"
        child.kill()
        child.communicate()
    with ReasoningBank.open(path, verify_reads=True) as bank:
        assert faults(bank) == []
        kept = bank.trajectories()
        assert [one.state for one in kept] == ["judged", "judged"]
        assert bank.get_stats().total_patterns == 0
        again = bank.retry_pending()
        assert [one.status for one in again] == ["learned", "learned"]
        [lesson, *_] = [pattern for one in again for pattern in one.patterns]
        assert "in quotes" in bank.get_pattern(lesson).strategy  # type: ignore[union-attr]
        assert {link.target_id for link in bank.links(lesson)} == {kept[1].id}
