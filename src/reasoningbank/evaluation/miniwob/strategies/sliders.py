"""Setting sliders and spinners, and following instructions that count controls."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import numbers, ordinals, quoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

MOST_KEYS = 60
BOXES = {"checkbox": "checkbox", "radio": "radio"}


def slider_value(page: Page, slider: Element) -> float:
    """Return the number shown after a slider."""
    following = page.elements[page.elements.index(slider) + 1 :]
    for element in following:
        if element.tag == "#text" and re.fullmatch(r"-?\d+", element.text):
            return float(element.text)
    raise Stuck("the slider shows no value")


def set_slider(hands: Hands, slider: Element, value: float) -> None:
    """Move a slider to a value with the arrow keys, reading the value it shows as it goes."""
    page = hands.look()
    handle = next(e for e in page.within(slider) if "ui-slider-handle" in e.classes)
    hands.click(handle)
    for _ in range(6):
        page = hands.look()
        away = value - slider_value(page, page.current(slider) or slider)
        if not away:
            return
        hands.press("Right" if away > 0 else "Left", min(MOST_KEYS, int(abs(away))))
    raise Stuck("the slider does not reach the value")


def turn_spinner(hands: Hands, page: Page, spinner: Element, value: float) -> None:
    """Press the small arrows of a spinner until it holds the value."""
    away = int(value - float(spinner.value or 0))
    arrow = page.with_class("ui-spinner-up" if away > 0 else "ui-spinner-down")[0]
    for _ in range(abs(away)):
        hands.click(arrow)


def sliders(page: Page) -> list[Element]:
    """Return the sliders, in document order."""
    return page.with_class("ui-slider")


def spinners(page: Page) -> list[Element]:
    """Return the fields with small arrows, in document order."""
    return page.with_class("ui-spinner-input")


def set_values(hands: Hands, page: Page) -> None:
    """Set each control to its number in order, then submit."""
    controls = sliders(page) + spinners(page)
    for control, value in zip(controls, numbers(page.utterance), strict=False):
        if "ui-slider" in control.classes:
            set_slider(hands, control, value)
        else:
            turn_spinner(hands, page, control, value)
    press_submit(hands, page)


def counted(page: Page) -> list[tuple[Element, str]]:
    """Return the controls an instruction counts out (`the 2nd textbox`), each with the text meant for it."""
    found: list[tuple[Element, str]] = []
    for number, noun in ordinals(page.utterance):
        if noun in BOXES:
            group = [box for box in page.tick_boxes() if box.kind == BOXES[noun]]
        elif noun in ("textbox", "input", "field"):
            group = [field for field in page.text_fields() if field.kind != "textarea"]
        else:
            continue
        if number <= len(group):
            texts = quoted(page.utterance) if group[0].kind not in BOXES else []
            found.append((group[number - 1], texts[0] if texts else ""))
    return found


def follow_positions(hands: Hands, page: Page) -> None:
    """Set the sliders, use the controls counted out, and submit if there is a button."""
    for slider, value in zip(sliders(page), numbers(page.utterance), strict=False):
        set_slider(hands, slider, value)
    for control, text in counted(page):
        if text:
            hands.write(control, text)
        else:
            hands.click(control)
    if page.submit() is not None:
        press_submit(hands, page)


SET_SLIDER = Strategy(
    id="set-slider",
    title="Set sliders or spinners to the numbers given, then submit",
    description=(
        "Take the numbers from the instruction and set each slider to its number in order with the arrow keys, "
        "reading the value shown beside it until it is right; press the arrows of a spinner. Then submit."
    ),
    applies=lambda page: bool((sliders(page) or spinners(page)) and numbers(page.utterance)),
    run=set_values,
)

FOLLOW_POSITIONS = Strategy(
    id="follow-positions",
    title="Use the controls counted out by position, one instruction part after the other",
    description=(
        "The instruction counts controls: the 1st radio button, the 3rd checkbox, the 2nd textbox. Count the "
        "controls of that kind from the top left, click the one meant or type the given text into it, set a "
        "slider if one is mentioned, and submit when there is a submit button."
    ),
    applies=lambda page: bool(counted(page)),
    run=follow_positions,
)
