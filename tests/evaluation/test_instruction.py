"""Reading instructions, and the rule by which near-duplicates are left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.evaluation.miniwob.environments import (
    ENVIRONMENTS,
    likeness,
    stem,
    templates,
    without_near_duplicates,
)
from reasoningbank.evaluation.miniwob.instruction import (
    capitalised,
    masked,
    mentioned,
    numbers,
    ordinals,
    quoted,
    unquoted,
)


def test_names_are_mentioned_in_the_order_of_the_instruction_and_longer_ones_first():
    said = "Select Zoom Out, then Zoom and finally save."

    assert mentioned(said, ["Save", "Zoom", "Zoom Out", "Print"]) == ["Zoom Out", "Save"]


def test_a_name_inside_a_word_is_not_mentioned():
    assert mentioned("Press Submitted", ["Submit"]) == []


@given(
    st.lists(st.text(alphabet="abc ", min_size=1), max_size=6),
    st.text(alphabet="abc ,", max_size=30),
)
def test_whatever_is_mentioned_stands_in_the_instruction(names, said):
    for name in mentioned(said, names):
        assert name in said


def test_quotes_numbers_ordinals_and_names_are_read():
    said = 'Enter "Ann" into the 2nd textbox at -3 or 4.5. Then ask Bea\'s friend.'

    assert quoted(said) == ["Ann"]
    assert unquoted(said).startswith('Enter "" into')
    assert ordinals(said) == [(2, "textbox")]
    assert numbers(said) == [-3.0, 4.5]
    assert capitalised(said) == ["Ann", "Bea"]


def test_masking_keeps_the_words_asked_for_and_no_value():
    kept = frozenset(("enter", "into", "the", "field"))

    assert masked('Enter "Ann 12" into the Name field 3', kept) == "enter * into the * field #"


def test_a_word_in_few_of_the_instructions_is_a_value():
    names = [f"name{chr(97 + at)}" for at in range(20)]
    said = [f"Select {name.strip('0123456789')} and click Submit." for name in names]

    assert templates(said) == {"select * and click submit": 20}


@pytest.mark.parametrize(
    ("left", "right", "value"),
    [("a b * c", "c b a", 1.0), ("a b", "b c", 1 / 3), ("* #", "#", 1.0), ("a", "*", 0.0)],
)
def test_likeness_compares_words_and_leaves_values_out(left, right, value):
    assert likeness(left, right) == pytest.approx(value)


def test_a_page_that_asks_the_same_is_left_out_and_one_that_mixes_others_too():
    choices = without_near_duplicates(
        {
            "first": ["Click the green button now."],
            "second": ["Click the green button."],
            "third": ["Drag an item somewhere else."],
            "both": ["Click the green button now.", "Drag an item somewhere else."],
            "other": ["Write your name down."],
        }
    )

    kept = {choice.environment: choice.kept for choice in choices}
    assert kept == {"first": True, "second": False, "third": True, "both": False, "other": True}
    assert choices == sorted(choices, key=lambda choice: choice.environment)
    assert all(choice.kept == (not choice.reason) for choice in choices)


def test_a_variant_by_name_is_left_out_whatever_it_asks():
    choices = without_near_duplicates({"walk": ["Go there."], "walk-hard": ["Come back at once."]})

    assert [choice.reason for choice in choices] == ["", "variant of walk"]


def test_the_environments_are_sorted_and_no_two_are_variants():
    assert list(ENVIRONMENTS) == sorted(ENVIRONMENTS)
    assert len({stem(name) for name in ENVIRONMENTS}) == len(ENVIRONMENTS) >= 36
