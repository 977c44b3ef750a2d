"""The made-up patterns, and what is computed from the times of calls."""

from __future__ import annotations

from collections import Counter

import pytest

from reasoningbank.benchmark import corpus
from reasoningbank.benchmark.timing import Spread, in_turns

PATTERNS = [corpus.pattern(number) for number in range(3_000)]


def test_a_number_always_gives_the_same_pattern_and_query():
    assert corpus.pattern(7) == PATTERNS[7]
    assert corpus.query(7) == corpus.query(7)
    assert corpus.query(7) != corpus.query(8)


def test_no_two_patterns_are_duplicates_of_each_other():
    contents = {(one.task_category, one.task_description, one.strategy) for one in PATTERNS}

    assert len(contents) == len(PATTERNS)


def test_texts_are_as_long_as_real_ones():
    words_in_task = sum(len(one.task_description.split()) for one in PATTERNS) / len(PATTERNS)
    words_in_strategy = sum(len(one.strategy.split()) for one in PATTERNS) / len(PATTERNS)

    assert 13 < words_in_task < 18
    assert 50 < words_in_strategy < 75


def test_twenty_categories_have_zipf_sizes():
    sizes = Counter(one.task_category for one in PATTERNS)
    first, second, tenth = (sizes[corpus.CATEGORIES[place]] for place in (0, 1, 9))

    assert len(sizes) == 20
    assert first / second == pytest.approx(2, rel=0.25)
    assert first / tenth == pytest.approx(10, rel=0.4)


def test_every_text_fits_its_template():
    assert not [one for one in PATTERNS if "{" in one.task_description + one.strategy]
    assert "{" not in "".join(corpus.query(number) for number in range(100))


def test_percentiles_are_times_that_were_measured():
    spread = Spread.of([1_000 * microseconds for microseconds in range(100, 0, -1)])

    assert spread == Spread(count=100, minimum=1.0, p50=50.0, p95=95.0, p99=99.0)


def test_a_call_with_many_rows_is_told_per_row():
    assert Spread.of([3_000_000], per=1_000).p50 == 3.0


def test_both_sides_get_every_argument_once_and_take_turns():
    calls: list[tuple[str, int]] = []

    ours, raw = in_turns(
        lambda argument: calls.append(("ours", argument)),
        lambda argument: calls.append(("raw", argument)),
        range(50),
    )

    assert len(ours) == len(raw) == 50
    assert sorted(calls) == [(side, place) for side in ("ours", "raw") for place in range(50)]
    first_of_each_turn = [calls[0], calls[40], calls[80]]
    assert [side for side, _ in first_of_each_turn] == ["ours", "raw", "ours"]
