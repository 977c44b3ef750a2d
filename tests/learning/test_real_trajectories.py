"""What is judged and learned from runs of real agents, where the files are at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank, read_trajectories

# How each run ended, read in its file by a person: what was printed, taken, refused.
ENDINGS = {
    "ctf-BabyEncryption.traj": "success",
    "ctf-BabyTimeCapsule.traj": "success",
    "ctf-eps.traj": "success",
    "ctf-networking_1.traj": "success",
    "ctf-rock.traj": "success",
    "ctf-warmup.traj": "success",
    "function_calling_simple.traj": "success",
    "humanevalfix-python-0.traj": "success",
    "marshmallow-1867-default.traj": "success",
    "marshmallow-1867-function-calling.traj": "success",
    "mini-swe-agent-local.traj.json": "unknown",
    "test-repo-1c2844.traj": "success",
}
# Absolute paths, answers, hashes, and words cut off at their end.
PARTICULAR = re.compile(
    r"(?<![\w.])/\w+/\w|\b\w+\{[^}\n]{3,}_[^}\n]*\}|[0-9a-f]{16}|\w\.\.\.(?!\))|FUN_\d"
)


@pytest.fixture
def runs(shared: Path) -> Path:
    folder = shared / "data" / "trajectories"
    if not folder.is_dir():
        pytest.skip(f"no trajectories in {folder}")
    return folder


@pytest.mark.parametrize("name", ENDINGS)
def test_a_real_run_is_judged_rightly_and_its_lessons_are_general(runs: Path, name: str) -> None:
    with ReasoningBank.open("memory:") as bank:
        [run] = read_trajectories(runs / name)
        learned = bank.learn(run)
        patterns = [bank.get_pattern(one) for one in learned.patterns]

    assert learned.verdict is not None
    assert learned.verdict.kind == ENDINGS[name]
    assert bool(patterns) == (ENDINGS[name] == "success")
    for pattern in patterns:
        assert pattern is not None
        assert not PARTICULAR.search(f"{pattern.title} {pattern.strategy}")
        assert pattern.strategy.endswith((".", '."'))
        assert pattern.trust == "judged"
