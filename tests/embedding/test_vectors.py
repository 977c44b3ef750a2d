"""Cosine by exact integers, and other embedders' vectors made int8."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.embedding import cosine_similarity, to_int8

int8_pairs = st.integers(1, 800).flatmap(
    lambda n: st.tuples(stn.arrays(np.int8, n), stn.arrays(np.int8, n))
)
finite_rows = stn.arrays(
    np.float64,
    stn.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.floats(allow_nan=False, allow_infinity=False),
)


class TestCosine:
    @given(int8_pairs)
    def test_it_is_the_exact_quotient_rounded_twice(self, pair):
        a, b = pair
        dot = sum(int(x) * int(y) for x, y in zip(a, b, strict=True))
        squares = sum(int(x) ** 2 for x in a) * sum(int(y) ** 2 for y in b)
        expected = dot / math.sqrt(squares) if squares else 0.0
        assert cosine_similarity(a, b) == expected
        assert cosine_similarity(b, a) == expected

    def test_extreme_components_do_not_overflow(self):
        lowest = np.full(768, -128, np.int8)
        highest = np.full(768, 127, np.int8)
        assert cosine_similarity(lowest, lowest) == 1.0
        assert cosine_similarity(highest, lowest) == -1.0

    def test_orthogonal_vectors_and_the_zero_vector_are_similar_to_nothing(self):
        a = np.array([1, 0, 0], np.int8)
        assert cosine_similarity(a, np.array([0, 5, 5], np.int8)) == 0.0
        assert cosine_similarity(a, np.zeros(3, np.int8)) == 0.0

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (np.ones(3, np.float32), np.ones(3, np.int8)),
            (np.ones(3, np.int8), np.ones(4, np.int8)),
            (np.ones((2, 3), np.int8), np.ones((2, 3), np.int8)),
        ],
    )
    def test_anything_but_two_int8_vectors_of_one_length_is_refused(self, a, b):
        with pytest.raises(InvalidInput) as caught:
            cosine_similarity(a, b)
        assert caught.value.field == "vectors"


class TestToInt8:
    def test_int8_passes_through(self):
        given_vectors = np.array([[1, -128, 0]], np.int8)
        assert to_int8(given_vectors) is given_vectors

    def test_each_row_is_scaled_to_127_and_rounded_half_up(self):
        rows = np.array([[254.0, 1.0, -1.0, 3.0], [0.5, -0.5, 0.25, 0.0]])
        assert to_int8(rows).tolist() == [[127, 1, 0, 2], [127, -127, 64, 0]]

    def test_one_vector_keeps_its_single_axis(self):
        assert to_int8(np.array([0.0, -2.0], np.float32)).tolist() == [0, -127]

    def test_a_zero_vector_stays_zero(self):
        assert to_int8(np.zeros((2, 4), np.float16)).tolist() == [[0] * 4] * 2

    def test_no_vectors_stay_none(self):
        assert to_int8(np.empty((0, 5), np.float32)).shape == (0, 5)

    @given(finite_rows)
    def test_every_component_is_within_half_a_step_of_the_exact_value(self, rows):
        result = to_int8(rows)
        for row, quantised in zip(rows, result, strict=True):
            peak = max(abs(Fraction(float(x))) for x in row)
            for x, q in zip(row, quantised, strict=True):
                exact = Fraction(float(x)) / peak * 127 if peak else Fraction(0)
                assert abs(exact - int(q)) <= Fraction(1, 2) + Fraction(1, 10**9)

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_a_number_that_is_none_is_refused(self, bad):
        with pytest.raises(InvalidInput) as caught:
            to_int8(np.array([[1.0, bad]]))
        assert caught.value.field == "vectors"

    @pytest.mark.parametrize(
        "bad",
        [
            np.ones((2, 2, 2), np.float32),
            np.float64(1.0),
            np.ones((2, 2), np.int64),
            np.array([["a"]]),
            np.array([[True]]),
        ],
    )
    def test_another_shape_or_type_is_refused(self, bad):
        with pytest.raises(InvalidInput):
            to_int8(bad)

    def test_another_dimension_than_expected_is_refused(self):
        assert to_int8(np.ones((1, 3)), dimension=3).shape == (1, 3)
        with pytest.raises(InvalidInput):
            to_int8(np.ones((1, 3)), dimension=4)
        with pytest.raises(InvalidInput):
            to_int8(np.ones((1, 3), np.int8), dimension=4)
