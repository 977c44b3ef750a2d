"""What may still be asked of a model."""

from __future__ import annotations

from uuid import UUID

import pytest

from reasoningbank.domain.lesson import Usage
from reasoningbank.learning.llm_budget import Budget, CallCounts, Estimate, added

FIRST, SECOND = UUID(int=1), UUID(int=2)


def test_calls_under_way_at_the_same_time_do_not_pass_the_cap_together():
    budget = Budget(spend_cap_usd=1.0, token_cap=None)
    allowed = [budget.set_aside(Estimate(10, 0.4)) is None for _ in range(3)]
    assert allowed == [True, True, False]


def test_what_a_call_did_not_use_is_free_again():
    budget = Budget(spend_cap_usd=None, token_cap=100)
    estimate = Estimate(90, None)
    assert budget.set_aside(estimate) is None
    assert "100 tokens" in str(budget.set_aside(estimate))
    budget.settle(estimate, Usage(calls=1, input_tokens=5, output_tokens=5), accounted=True)
    assert budget.set_aside(estimate) is None


def test_a_call_without_an_account_is_counted_with_all_that_was_set_aside():
    budget = Budget(spend_cap_usd=None, token_cap=100)
    estimate = Estimate(90, None)
    budget.set_aside(estimate)
    budget.settle(estimate, Usage(calls=1), accounted=False)
    assert budget.set_aside(Estimate(20, None)) is not None
    assert budget.spent == Usage(calls=1)


def test_a_spending_cap_refuses_a_model_whose_price_is_not_known():
    assert "not known" in str(Budget(1.0, None).set_aside(Estimate(10, None)))
    assert Budget(None, None).set_aside(Estimate(10, None)) is None


def test_the_cap_counts_what_was_spent():
    budget = Budget(spend_cap_usd=1.0, token_cap=None)
    estimate = Estimate(10, 0.5)
    budget.set_aside(estimate)
    used = Usage(calls=1, input_tokens=5, output_tokens=5, cost_usd=0.9)
    budget.settle(estimate, used, accounted=True)
    assert "$0.9" in str(budget.set_aside(estimate))
    assert budget.spent == used


def test_calls_are_counted_for_each_experience_and_anew_when_asked():
    counts = CallCounts(2)
    counts.count(FIRST)
    counts.count(FIRST)
    assert (counts.left(FIRST), counts.left(SECOND)) == (0, 2)
    counts.begin(FIRST)
    assert counts.left(FIRST) == 2


@pytest.mark.parametrize(
    ("first", "second", "cost"), [(None, None, None), (0.1, None, 0.1), (0.25, 0.5, 0.75)]
)
def test_the_cost_of_a_sum_is_that_of_the_calls_whose_cost_is_known(first, second, cost):
    total = added(Usage(calls=1, cost_usd=first), Usage(calls=2, cost_usd=second))
    assert (total.calls, total.cost_usd) == (3, cost)
