"""Questions about a page: captions, names, the button that ends the task, features."""

from __future__ import annotations

import pytest

from reasoningbank.evaluation.miniwob.colours import code_of, is_colour, is_shade
from reasoningbank.evaluation.miniwob.page import features_of
from tests.evaluation.pages import box, button, element, field, page


def frame(*things, **fields):
    return element("div", "", *things, **fields)


@pytest.mark.parametrize(
    "form",
    [
        frame(element("label", "Genre:"), field(id="it")),
        frame(field(id="it"), element("div", "Genre")),
        frame(element("span", "Genre"), frame(field(id="it"))),
        frame(field(id="it", placeholder="Genre")),
    ],
)
def test_a_caption_is_found_before_a_field_after_it_around_it_or_in_it(form):
    shown = page("Fill it in.", form, frame(element("b", "Year"), field()))

    assert shown.label(shown.text_fields()[0]) == "Genre"


def test_fields_in_one_box_take_the_text_before_each():
    shown = page("Fill it in.", frame(element("b", "From"), field(), element("b", "To"), field()))

    assert [shown.label(found) for found in shown.text_fields()] == ["From", "To"]


def test_a_button_is_no_caption():
    shown = page("Fill it in.", frame(field(), button("Submit")))

    assert shown.label(shown.text_fields()[0]) == ""


def test_a_box_to_tick_is_called_by_its_label():
    shown = page("Tick.", *map(box, ("oats", "rye")))

    assert [shown.label(found) for found in shown.tick_boxes()] == ["oats", "rye"]


@pytest.mark.parametrize(
    ("instruction", "pressed"),
    [
        ("Enter it and press Login.", "Login"),
        ('Press "Search", then wait and press cancel.', "Cancel"),
        ("Do it.", "Login"),
    ],
)
def test_the_button_named_last_ends_the_task_else_one_that_confirms(instruction, pressed):
    shown = page(instruction, *map(button, ("Search", "Cancel", "Login")))
    only = page(instruction, *map(button, ("Cancel", "Login")))

    assert only.name((shown if "Search" in instruction else only).submit()) == pressed


def test_a_field_that_cannot_be_typed_into_is_not_offered():
    shown = page(
        "Type.", field(disabled=True), field(fixed=True), field(kind="checkbox"), field(id="it")
    )

    assert [found.id for found in shown.text_fields()] == ["it"]


def test_features_count_controls_and_keep_words_of_buttons_and_icons_but_no_values():
    shown = page(
        "Enter the secret.",
        field("typed already"),
        field(kind="password"),
        element("div", "", classes=("ui-slider",)),
        element("span", "", classes=("trash",), box=(0.0, 0.0, 12.0, 12.0)),
        button("Login"),
        button("Login"),
    )

    assert features_of(shown).text() == (
        "2 button, 1 password field, 1 slider, 1 text field; buttons: Login; icons: trash"
    )


def test_colours_are_told_by_code_name_and_family():
    assert code_of("rgb(255, 0, 16)") == "FF0010"
    assert code_of("rgba(0, 0, 0, 0)") == ""
    assert is_colour("rgb(128, 128, 128)", "grey")
    assert not is_colour("rgb(129, 128, 128)", "grey")
    assert is_shade("rgb(241, 172, 172)", "red")
    assert not is_shade("rgb(241, 172, 172)", "orange")
    assert not is_shade("rgb(128, 128, 128)", "red")
