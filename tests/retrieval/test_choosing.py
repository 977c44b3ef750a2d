"""Families, scores, diversity and what is left out, on neighbours made by hand."""

from __future__ import annotations

from itertools import count
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.pattern import SimilarPattern
from reasoningbank.domain.recall import Neighbour
from reasoningbank.retrieval.abstention import THRESHOLDS, UNKNOWN_EMBEDDER, threshold_for
from reasoningbank.retrieval.diversity import diverse_order
from reasoningbank.retrieval.families import families_of
from reasoningbank.retrieval.recalling import Request, choose
from reasoningbank.retrieval.scoring import scored

NOW_MS = 1_795_223_045_006
TODAY = "2026-11-21T00:00:00.000Z"
ids = count(1)


def neighbour(
    strategy: str,
    similarity: float,
    successes: float = 0.0,
    failures: float = 0.0,
    **fields: object,
) -> Neighbour:
    values: dict[str, object] = {
        "id": UUID(int=next(ids)), "namespace": "n", "task_category": "c",
        "task_description": "task", "strategy": strategy, "title": None, "success_score": None,
        "duration_seconds": None, "tags": (), "metadata": {}, "trust": "reported",
        "state": "active", "uses": 0, "successes": 0, "failures": 0, "last_used_at": None,
        "created_at": TODAY, "updated_at": TODAY, "expires_at": None, "version": 1,
    }  # fmt: skip
    group = fields.pop("group", None)
    vector = fields.pop("vector", bytes(8))
    pattern = SimilarPattern(**{**values, **fields}, similarity=similarity)  # type: ignore[arg-type]
    return Neighbour(
        pattern=pattern,
        similarity=similarity,
        group=group or pattern.id,  # type: ignore[arg-type]
        successes=successes,
        failures=failures,
        outcomes=round(successes + failures),
        vector=vector,  # type: ignore[arg-type]
    )


def request(**changes: object) -> Request:
    fields = {"k": 3, "experiences": 1, "threshold": 0.3, "token_budget": 1_000, "now_ms": NOW_MS}
    return Request(**{**fields, **changes})  # type: ignore[arg-type]


def test_patterns_with_the_same_strategy_up_to_case_and_space_are_one_family() -> None:
    families = families_of(
        [neighbour("Do  it", 0.9), neighbour("do it", 0.8), neighbour("no", 0.7)]
    )
    assert [len(family.members) for family in families] == [2, 1]


def test_reliability_is_the_weighted_posterior_mean() -> None:
    [family] = families_of([neighbour("a", 1.0, 3.0, 1.0), neighbour("a", 0.5, 0.0, 2.0)])
    near = 0.5**16
    assert family.weighted_successes == 3.0
    assert family.weighted_failures == 1.0 + 2.0 * near
    assert family.reliability == (1 + 3.0) / (2 + 4.0 + 2.0 * near)


def test_what_is_known_of_this_very_task_outvotes_many_successes_on_tasks_less_like_it() -> None:
    elsewhere = neighbour("a", 0.8, 20.0)
    [alone] = families_of([elsewhere])
    [there, beside] = families_of([neighbour("b", 1.0, 0.0, 1.0), elsewhere])
    assert there.reliability == 1 / 3
    assert alone.weighted_successes == pytest.approx(20 * 0.8**4)
    assert beside.weighted_successes == pytest.approx(20 * 0.8**16)


def test_far_failures_hardly_count_against_near_successes() -> None:
    near_only = families_of([neighbour("a", 0.95, 2.0)])[0].reliability
    with_far = families_of([neighbour("a", 0.95, 2.0), neighbour("a", 0.2, 0.0, 5.0)])[
        0
    ].reliability
    assert near_only - with_far < 0.01


@pytest.mark.parametrize(
    ("trust", "expected"),
    [("confirmed", 0.9), ("reported", 0.7), ("judged", 0.6), ("imported", 0.54)],
)
def test_a_claimed_score_counts_as_far_as_it_is_trusted(trust: str, expected: float) -> None:
    [family] = families_of([neighbour("a", 1.0, success_score=0.9, trust=trust)])
    assert family.reliability == pytest.approx(expected)


def test_a_claimed_score_counts_as_far_as_it_is_near() -> None:
    [family] = families_of([neighbour("a", 0.5, success_score=0.9, trust="confirmed")])
    assert family.reliability == pytest.approx(0.5 + 0.4 * 0.5**4)


def test_one_far_failure_makes_no_pitfall_of_a_strategy_that_is_advice_near_by() -> None:
    failed = neighbour("a", 0.5, 0.0, 1.0, success_score=0.0, trust="confirmed")
    untried = neighbour("a", 0.4)
    [family] = families_of([failed, untried])
    assert not family.pitfall
    assert family.representative is untried


def test_a_strategy_known_from_a_failure_alone_is_a_pitfall_at_any_distance() -> None:
    failed = neighbour("a", 0.4, 0.0, 1.0, success_score=0.0, trust="confirmed")
    [alone] = families_of([failed])
    [redeemed] = families_of([neighbour("a", 0.4, 2.0, 1.0, success_score=0.0)])
    assert alone.reliability > 0.4
    assert alone.pitfall
    assert not redeemed.pitfall


def test_outcomes_outweigh_any_claim() -> None:
    [family] = families_of([neighbour("a", 1.0, 0.0, 6.0, success_score=1.0, trust="confirmed")])
    assert family.reliability == 0.25


def test_the_member_shown_is_the_nearest_that_worked() -> None:
    failed, worked = neighbour("a", 0.95, 0.0, 1.0), neighbour("a", 0.9, 5.0)
    [family] = families_of([failed, worked])
    assert family.representative is worked


def test_a_strategy_that_fails_here_becomes_a_pitfall() -> None:
    [good] = families_of([neighbour("a", 0.9, 3.0)])
    [bad] = families_of([neighbour("b", 0.9, 0.0, 3.0)])
    assert not scored(good, NOW_MS).pitfall
    assert scored(bad, NOW_MS).pitfall
    assert scored(good, NOW_MS).why.score > scored(bad, NOW_MS).why.score


def test_age_takes_at_most_a_tenth_of_the_score_and_half_of_that_in_45_days() -> None:
    fresh = scored(families_of([neighbour("a", 0.8)])[0], NOW_MS).why
    later = scored(families_of([neighbour("a", 0.8)])[0], NOW_MS + 45 * 86_400_000).why
    ages = scored(families_of([neighbour("a", 0.8)])[0], NOW_MS + 10_000 * 86_400_000).why
    assert later.recency == pytest.approx(fresh.recency / 2)
    assert ages.score == pytest.approx(0.8 * 0.5 * 0.9)
    assert fresh.score > later.score > ages.score


def test_being_used_makes_a_pattern_young_again() -> None:
    used = neighbour("a", 0.8, created_at="2020-01-01T00:00:00.000Z", last_used_at=TODAY)
    assert scored(families_of([used])[0], NOW_MS).why.recency > 0.9


def test_one_group_is_shown_and_the_rest_is_told_with_its_reason() -> None:
    group = UUID(int=10**6)
    choice = choose(
        [
            neighbour("first", 0.9, 2.0, group=group),
            neighbour("second", 0.88, 2.0, group=group),
            neighbour("other", 0.85, 2.0),
            neighbour("bad", 0.84, 0.0, 4.0),
            neighbour("far", 0.1),
        ],
        request(),
    )
    assert [item.pattern.strategy for item in choice.shown] == ["first", "second"]
    assert {item.group for item in choice.shown} == {group}
    assert [left.reason for left in choice.left_out] == [
        "other_group",
        "unreliable",
        "below_threshold",
    ]


def test_no_more_than_k_are_shown() -> None:
    group = UUID(int=10**6)
    near = [neighbour(f"s{number}", 0.9 - number / 100, group=group) for number in range(5)]
    choice = choose(near, request(k=2))
    assert len(choice.shown) == 2
    assert [left.reason for left in choice.left_out] == ["over_k"] * 3


def test_nothing_near_enough_means_nothing_shown() -> None:
    choice = choose([neighbour("a", 0.29, 9.0)], request())
    assert choice.shown == ()
    assert choice.prompt == ""


def test_what_does_not_fit_the_budget_is_left_out() -> None:
    group = UUID(int=10**6)
    near = [neighbour("word " * 60 + str(number), 0.9, group=group) for number in range(3)]
    choice = choose(near, request(token_budget=230))
    assert 0 < len(choice.shown) < 3
    assert choice.left_out[-1].reason == "over_budget"


def test_several_groups_are_chosen_to_differ() -> None:
    east, north = bytes([100, 0, 0, 0]), bytes([0, 100, 0, 0])
    near = [
        neighbour("a", 0.90, vector=east),
        neighbour("b", 0.89, vector=east),
        neighbour("c", 0.70, vector=north),
    ]
    choice = choose(near, request(experiences=2))
    assert sorted(item.pattern.strategy for item in choice.shown) == ["a", "c"]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=6, max_size=6)), max_size=12),
    st.integers(0, 15),
)
def test_a_diverse_order_begins_with_the_best_and_names_each_once(
    items: list[tuple[float, bytes]], wanted: int
) -> None:
    scores, vectors = [score for score, _ in items], [vector for _, vector in items]
    order = diverse_order(scores, vectors, wanted)
    assert len(order) == len(set(order)) == min(wanted, len(items))
    if order:
        assert scores[order[0]] == max(scores)


def test_every_next_item_maximises_marginal_relevance() -> None:
    random = np.random.default_rng(5)
    vectors = [random.integers(-127, 127, 16, np.int8).tobytes() for _ in range(9)]
    scores = random.random(9).tolist()
    order = diverse_order(scores, vectors, 9)
    units = [np.frombuffer(vector, np.int8).astype(float) for vector in vectors]
    units = [unit / np.linalg.norm(unit) for unit in units]
    for at in range(1, 9):

        def value(item: int, before: tuple[int, ...] = tuple(order[:at])) -> float:
            likeness = max(0.0, *(float(units[item] @ units[one]) for one in before))
            return 0.7 * scores[item] - 0.3 * likeness

        assert value(order[at]) == pytest.approx(max(value(item) for item in order[at:]))


def test_thresholds_belong_to_embedders() -> None:
    assert min(THRESHOLDS.values()) > 0
    assert threshold_for("nobody's") == UNKNOWN_EMBEDDER
