"""Choosing among what a page offers: boxes to tick, options of a list."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import mentioned, quoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategy import Strategy


def press_submit(hands: Hands, page: Page) -> None:
    """Press the button that ends the task, or fail when there is none."""
    button = page.submit()
    if button is None:
        raise Stuck("no button to submit with")
    hands.click(button)


def captioned_boxes(page: Page) -> dict[str, Element]:
    """Return the boxes to tick that have a caption, by it."""
    return {page.label(box): box for box in page.tick_boxes() if page.label(box)}


def boxes_named(page: Page) -> list[Element]:
    """Return the boxes whose captions the instruction mentions."""
    captions = captioned_boxes(page)
    return [captions[name] for name in mentioned(page.utterance, captions)]


def options_named(page: Page, listing: Element) -> list[int]:
    """Return the positions of the options the instruction mentions."""
    names = mentioned(page.utterance, [option for option in listing.options if option])
    chosen = [listing.options.index(name) for name in names]
    return chosen if listing.several else chosen[:1]


def suggestion_fields(page: Page) -> list[Element]:
    """Return the fields that offer a list as one types."""
    return [field for field in page.text_fields() if "ui-autocomplete-input" in field.classes]


def fits(suggestion: str, instruction: str) -> bool:
    """Whether a suggestion starts and ends with what the instruction asks for."""
    start = re.search(r'starts? with "([^"]+)"', instruction)
    end = re.search(r'ends? with "([^"]+)"', instruction)
    return suggestion.startswith(start.group(1) if start else "") and suggestion.endswith(
        end.group(1) if end else ""
    )


def take_suggestion(hands: Hands, field: Element, instruction: str) -> None:
    """Type the first quoted text and click the suggestion that fits the instruction."""
    hands.write(field, quoted(instruction)[0])
    for _ in range(8):
        hands.wait(0.15)
        page = hands.look()
        for item in page.with_class("ui-menu-item"):
            if fits(page.text(item), instruction):
                hands.click(item)
                return
    raise Stuck("no suggestion fits")


def choose_named(hands: Hands, page: Page) -> None:
    """Tick the boxes and choose the options named, or take a suggestion where neither is shown, then submit."""
    for box in boxes_named(page):
        if not box.checked:
            hands.click(box)
    for listing in page.lists():
        hands.choose(listing, options_named(page, listing))
    if not (page.tick_boxes() or page.lists()):
        take_suggestion(hands, suggestion_fields(page)[0], page.utterance)
    press_submit(hands, hands.look())


CHOOSE_NAMED = Strategy(
    id="choose-named",
    title="Choose what is named among boxes, options or suggestions, then confirm",
    description=(
        "Find where the page offers a choice: checkboxes, radio buttons, a dropdown, a scroll list, or "
        "suggestions that appear while typing. Choose exactly what the instruction names, by its caption or by "
        "how it starts and ends, leave the rest alone, and press the button it names or the submit button. When "
        "it says to select nothing, submit at once."
    ),
    applies=lambda page: (
        bool(captioned_boxes(page))
        or any(options_named(page, listing) for listing in page.lists())
        or bool(suggestion_fields(page) and quoted(page.utterance))
    ),
    run=choose_named,
)
