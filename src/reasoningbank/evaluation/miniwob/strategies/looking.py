"""Picking things by how they look: colour, size, shape."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.colours import (
    HUES,
    channels,
    colours_named,
    is_colour,
    is_shade,
)
from reasoningbank.evaluation.miniwob.hands import Hands
from reasoningbank.evaluation.miniwob.looks import described, matching
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

WIDEST_BOX = 80.0  # pixels; what is wider is a background


def coloured_boxes(page: Page) -> list[Element]:
    """Return the blank boxes that show nothing but their colour."""
    return [
        element
        for element in page.tagged("div", "span")
        if channels(element.colour) is not None
        and not page.children(element)
        and element.box[2] < WIDEST_BOX
    ]


def asked_for(page: Page) -> list[Element]:
    """Return the things that look as the instruction says: all shades of a colour, else the first that fits."""
    shades = re.search(r"shades of (\w+)", page.utterance)
    boxes = coloured_boxes(page)
    if shades and shades.group(1) in HUES:
        return [box for box in boxes if is_shade(box.colour, shades.group(1))]
    swatches = [mark.colour for mark in page.marks if channels(mark.colour)]
    if swatches:
        return [box for box in boxes if box.colour == swatches[0]][:1]
    look = described(page.utterance)
    if look is not None and page.drawn():
        return matching(page, look)[:1]
    names = colours_named(page.utterance)
    return [box for box in boxes if names and is_colour(box.colour, names[0])][:1]


def pick_by_look(hands: Hands, page: Page) -> None:
    """Click what looks as asked; submit if there is a button."""
    for element in asked_for(page):
        hands.click(element)
    if page.submit() is not None:
        press_submit(hands, page)


PICK_BY_LOOK = Strategy(
    id="pick-by-look",
    title="Click what has the colour, size or shape described",
    description=(
        "The instruction describes what to click by its look. Compare the colour, the size and the kind (circle, "
        "rectangle, triangle, letter, digit) of everything drawn on the page with the words or with the swatch "
        "in the instruction, click the one that fits, or all shades of a colour, and submit if there is a button."
    ),
    applies=lambda page: bool(asked_for(page)),
    run=pick_by_look,
)
