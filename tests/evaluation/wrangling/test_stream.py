"""A small stream of real commands: memory helps in a world without a browser too."""

from __future__ import annotations

import logging
import shutil

import pytest

pytest.importorskip("bm25s", reason="needs the extra eval")

from reasoningbank.evaluation.remembering import RememberedWorld
from reasoningbank.evaluation.running import Met, run_stream
from reasoningbank.evaluation.streams import Plan
from reasoningbank.evaluation.wrangling.world import WranglingWorld

PLAN = Plan(visits=8, features=True)


def late(met: list[Met]) -> float:
    last = met[2 * len(met) // 3 :]
    return sum(one.first for one in last) / len(last)


@pytest.mark.skipif(shutil.which("awk") is None, reason="the commands are not installed")
def test_the_bank_does_better_than_no_memory_and_than_shuffled_outcomes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.ERROR, "reasoningbank")
    world = RememberedWorld(WranglingWorld())
    bank, without, shuffled = (
        late(list(run_stream(world, arm, PLAN, 0)))
        for arm in ("bank", "no-memory", "shuffled-outcomes")
    )
    assert bank > without + 0.2
    assert bank > shuffled + 0.1
