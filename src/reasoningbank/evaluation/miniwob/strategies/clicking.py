"""Clicking what the instruction names: one thing, or several in order."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import mentioned, numbers, quoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategy import Strategy

CLOSERS = frozenset(("close", "closethick", "dismiss"))


def thing_called(page: Page, name: str) -> Element | None:
    """Return the thing with this name: as written, else in any letter case, else a control of that kind.

    A thing called "x" is the icon that closes something.
    """
    for wanted, key in ((name, str), (name.lower(), str.lower)):
        for element in page.spoken():
            if key(page.name(element)) == wanted:
                return element
    for element in page.elements:
        if name.lower() in (element.kind, element.tag):
            return element
    if name.lower() == "x":
        return next((e for e in page.elements if page.icon_words(e) & CLOSERS), None)
    return None


def one_target(page: Page) -> Element | None:
    """Return what a single click should go to: the quoted name, else the first named, else the only control."""
    for name in reversed(quoted(page.utterance)):
        found = thing_called(page, name)
        if found is not None:
            return found
    if not quoted(page.utterance):
        names = mentioned(page.utterance, [page.name(element) for element in page.spoken()])
        if names:
            return thing_called(page, names[0])
    controls = page.buttons() + page.text_fields()
    return controls[0] if len(controls) == 1 else None


def click_named(hands: Hands, page: Page) -> None:
    """Click the target once."""
    target = one_target(page)
    if target is None:
        raise Stuck("nothing on the page has the name in the instruction")
    hands.click(target)


def steps_in_order(page: Page) -> list[str]:
    """Return the names of two or more things the instruction mentions, in its order, or nothing.

    In a menu one name is a path as well. A path such as `File>Open>Recent` is a list of steps whose later ones need not be visible yet.
    """
    path = re.search(r"\S+(?:>\S+)+", page.utterance)
    if path:
        return path.group().rstrip(".").split(">")
    spoken = [element for element in page.spoken() if len(page.name(element)) > 1]
    visible = mentioned(page.utterance, [page.name(element) for element in spoken])
    hidden = [name for name in quoted(page.utterance) if name not in visible]
    names = sorted(visible + hidden, key=page.utterance.find)
    return names if len(names) > 1 or page.with_class("ui-menu") else []


def pauses(page: Page) -> float:
    """Return the seconds the instruction asks to wait between steps."""
    asked = re.search(r"wait (\d+) second", page.utterance)
    return float(asked.group(1)) if asked else 0.0


def click_in_order(hands: Hands, page: Page) -> None:
    """Click the steps in order, giving menus a moment to open."""
    steps = steps_in_order(page)
    icon = [mark for mark in page.marks if mark.classes]
    for at, name in enumerate(steps):
        target = thing_called(hands.look(), name)
        if target is None:
            hands.wait(0.4)  # menus slide open
            target = thing_called(hands.look(), name)
        if target is None:
            raise Stuck(f"step {at + 1} of {len(steps)} never appeared")
        if ">" in page.utterance and at + 1 < len(steps):
            hands.hover(target)  # a click on the way would choose it
            hands.wait(0.4)
            continue
        hands.click(target)
        if at + 1 < len(steps):
            hands.wait(pauses(page))
    if icon and not numbers(page.utterance):
        raise Stuck("an icon without a name was left over")


CLICK_NAMED = Strategy(
    id="click-named",
    title="Click the one thing the instruction names",
    description=(
        "Look for the button, link, tab, dialog control or widget whose visible text is the name given in the "
        "instruction, quoted or not, and click it once. A thing called x is the icon that closes a dialog. When "
        "the page has only one control, click that."
    ),
    applies=lambda page: one_target(page) is not None,
    run=click_named,
)

CLICK_IN_ORDER = Strategy(
    id="click-in-order",
    title="Click several named things in the order given",
    description=(
        "Read from the instruction the names of all the things to click and click them one after the other in "
        "that order, waiting in between when it says so: first this button, then that one, or down a menu path "
        "from each item to the submenu it opens."
    ),
    applies=lambda page: bool(steps_in_order(page)),
    run=click_in_order,
)
