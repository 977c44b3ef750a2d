"""Finding the answer in what a model wrote."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.learning.llm_reading import object_in

SUCCESS = '{"verdict": "success", "reasons": ["step 1"]}'

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
json_objects = st.dictionaries(st.text(), json_values, max_size=4)


@given(json_objects)
def test_an_object_alone_is_read_as_it_was_written(value):
    assert object_in(json.dumps(value)) == value


@given(json_objects, st.text(alphabet="abc .,{\n`", max_size=30))
def test_prose_and_fences_around_the_object_change_nothing(value, prose):
    text = f"{prose}\n```json\n{json.dumps(value)}\n```\nThat is all."
    assert object_in(text) == value


@pytest.mark.parametrize("length", range(1, len(SUCCESS)))
def test_an_object_cut_off_anywhere_is_unreadable(length):
    with pytest.raises(InvalidInput):
        object_in(SUCCESS[:length])


@given(st.text())
def test_any_text_is_either_read_as_an_object_or_refused_by_the_one_error(text):
    try:
        value = object_in(text)
    except InvalidInput:
        return
    assert isinstance(value, dict)


def test_two_different_objects_are_refused_since_one_may_be_a_quotation():
    with pytest.raises(InvalidInput, match="more than one"):
        object_in(f'The record says {SUCCESS}, but: {{"verdict": "failure", "reasons": ["2"]}}')


def test_the_same_object_twice_is_one_answer():
    assert object_in(f"{SUCCESS}\n\n{SUCCESS}") == json.loads(SUCCESS)


def test_an_object_inside_one_that_is_cut_off_is_not_the_answer():
    with pytest.raises(InvalidInput, match="cut off"):
        object_in(f'{{"answer": {SUCCESS}, "because": "the ')


def test_a_name_given_twice_is_refused():
    with pytest.raises(InvalidInput, match="twice"):
        object_in('{"verdict": "failure", "verdict": "success", "reasons": ["x"]}')


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_json_is_refused(constant):
    with pytest.raises(InvalidInput, match="not JSON"):
        object_in(f'{{"score": {constant}}}')


@pytest.mark.parametrize(
    "text",
    ["{" * 100_000, '{"a":' * 30_000, '{"a":[' + "[" * 90_000, "{ x } " * 30_000, "x" * 300_000],
    ids=["braces", "nested objects", "nested lists", "prose in braces", "too long"],
)
def test_text_made_to_be_expensive_is_refused(text):
    with pytest.raises(InvalidInput):
        object_in(text)
