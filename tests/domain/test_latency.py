"""Durations in buckets: percentiles come out within a few percent, whoever filled the buckets."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.latency import bucket_of, bucket_seconds, percentile

HOUR = 3_600 * 10**9
DURATIONS = st.integers(0, HOUR)


@given(DURATIONS)
def test_a_duration_lies_in_its_bucket(nanoseconds):
    low, high = bucket_seconds(bucket_of(nanoseconds))

    assert low - 1e-15 <= nanoseconds / 1e9 < high * (1 + 1e-12)


@given(st.integers(2_048, HOUR))
def test_the_middle_of_a_bucket_is_off_by_3_2_percent_at_most(nanoseconds):
    middle = sum(bucket_seconds(bucket_of(nanoseconds))) / 2

    assert abs(middle - nanoseconds / 1e9) <= 0.032 * nanoseconds / 1e9


@given(DURATIONS, DURATIONS)
def test_buckets_are_in_the_order_of_durations(one, other):
    assert (bucket_of(one) <= bucket_of(other)) == (one <= other) or bucket_of(one) == bucket_of(
        other
    )


def test_what_takes_longer_than_an_hour_is_counted_with_the_longest():
    assert bucket_of(100 * HOUR) == bucket_of(200 * HOUR)


@given(st.lists(st.integers(2_048, HOUR), min_size=1), st.sampled_from([50, 95, 99]))
def test_a_percentile_is_that_of_the_sorted_durations(durations, percent):
    ordered = sorted(durations)
    exact = ordered[max(-(-percent * len(ordered) // 100), 1) - 1] / 1e9

    found = percentile(Counter(map(bucket_of, durations)), percent)

    assert found == pytest.approx(exact, rel=0.033)


def test_without_a_duration_there_is_no_percentile():
    assert percentile({}, 50) is None


@given(st.lists(DURATIONS), st.lists(DURATIONS))
def test_buckets_filled_apart_add_up_to_those_filled_together(one, other):
    apart = Counter(map(bucket_of, one)) + Counter(map(bucket_of, other))

    assert apart == Counter(map(bucket_of, one + other))
