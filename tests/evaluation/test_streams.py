"""Streams: which episode comes when."""

from __future__ import annotations

from collections import Counter

import pytest

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.streams import Plan, stream_of
from tests.evaluation.toy import TASKS, ToyWorld


def test_a_stream_visits_every_environment_as_often_as_planned_and_no_episode_twice() -> None:
    visits = stream_of(ToyWorld(), Plan(visits=6), 1)
    assert Counter(visit.environment for visit in visits) == dict.fromkeys(TASKS, 6)
    assert len({(visit.environment, visit.seed) for visit in visits}) == 18


def test_visits_are_numbered_in_the_order_of_the_stream() -> None:
    visits = stream_of(ToyWorld(), Plan(visits=6), 1)
    numbers = [visit.number for visit in visits if visit.environment == "garden"]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_the_same_seed_gives_the_same_stream_and_another_one_another() -> None:
    first, again, other = (stream_of(ToyWorld(), Plan(visits=6), seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_environments_held_out_come_in_the_second_half_only() -> None:
    visits = stream_of(ToyWorld(), Plan(visits=12, held_out=0.34), 3)
    held_out = {visit.environment for visit in visits if visit.held_out}
    assert len(held_out) == 1
    early = visits[: (len(visits) - 12) // 2]
    assert early
    assert not held_out & {visit.environment for visit in early}
    assert Counter(visit.environment for visit in visits) == dict.fromkeys(TASKS, 12)


@pytest.mark.parametrize(
    ("plan", "field"),
    [(Plan(visits=41), "visits"), (Plan(environments=("attic",)), "environments")],
)
def test_a_plan_the_world_cannot_fill_is_refused(plan: Plan, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        stream_of(ToyWorld(), plan, 0)
    assert refused.value.field == field
