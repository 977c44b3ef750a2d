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


def boxes_named(page: Page) -> list[Element]:
    """Return the boxes whose captions the instruction mentions."""
    captions = {page.label(box): box for box in page.tick_boxes() if page.label(box)}
    return [captions[name] for name in mentioned(page.utterance, captions)]


def mark_choices(hands: Hands, page: Page) -> None:
    """Tick the boxes named that are not ticked yet, then submit."""
    for box in boxes_named(page):
        if not box.checked:
            hands.click(box)
    press_submit(hands, page)


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


def choose_from_list(hands: Hands, page: Page) -> None:
    """Choose in every list, or take a suggestion where there is no list, then submit."""
    for listing in page.lists():
        hands.choose(listing, options_named(page, listing))
    if not page.lists():
        take_suggestion(hands, suggestion_fields(page)[0], page.utterance)
    press_submit(hands, hands.look())


MARK_CHOICES = Strategy(
    id="mark-choices",
    title="Tick the choices named, then submit",
    description=(
        "Among the checkboxes or radio buttons tick exactly those whose captions the instruction lists, leave "
        "the others alone, and press the submit button. When it says to select nothing, submit at once."
    ),
    applies=lambda page: bool(page.tick_boxes()) and any(map(page.label, page.tick_boxes())),
    run=mark_choices,
)

CHOOSE_FROM_LIST = Strategy(
    id="choose-from-list",
    title="Choose the named option from a list, then confirm",
    description=(
        "Find the dropdown, scroll list or list of suggestions, select the option or options the instruction "
        "names, and then press the button it names or the submit button. Where the list only appears while "
        "typing, type the beginning and click the suggestion that starts and ends as asked."
    ),
    applies=lambda page: (
        any(options_named(page, listing) for listing in page.lists())
        or bool(suggestion_fields(page) and quoted(page.utterance))
    ),
    run=choose_from_list,
)
