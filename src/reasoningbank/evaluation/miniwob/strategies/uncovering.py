"""Uncovering what is hidden: sections, tabs, folders, menus, further pages, search results."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.instruction import capitalised, ordinals, quoted
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

OPENER_CLASSES = ("ui-accordion-header-collapsed", "expandable-hitarea")
NEXT = frozenset((">", "»", "next", "more"))
SLIDING = 0.45  # seconds a section takes to slide open
MOST_OPENINGS = 14


def openers(page: Page) -> list[Element]:
    """Return what opens something hidden: closed sections, tabs, folders, the button of a menu."""
    closed = [
        element for element in page.with_class(*OPENER_CLASSES) if page.text(element) != "Submit"
    ]
    tabs = [element for element in page.with_class("ui-tabs-anchor") if page.text(element)]
    menus = [button for button in page.buttons() if page.name(button) in quoted(page.utterance)]
    submenus = [e for e in page.with_class("ui-menu-item-wrapper") if has_submenu(page, e)]
    return closed + tabs + menus + submenus


def has_submenu(page: Page, item: Element) -> bool:
    """Whether a menu item carries the arrow of a submenu."""
    return any("ui-menu-icon" in below.classes for below in page.within(item))


def next_page(page: Page) -> Element | None:
    """Return the control that leads to the next page of a list."""
    return next((e for e in page.spoken() if page.name(e).lower() in NEXT and e.tag == "a"), None)


def wanted(page: Page) -> str:
    """Return the name of what is to be found: the last quoted one, else the first name."""
    names = quoted(page.utterance) or capitalised(page.utterance)
    return names[-1] if quoted(page.utterance) else (names[0] if names else "")


def visible(page: Page, name: str) -> Element | None:
    """Return the thing with this name, or with the icon the instruction shows, that is not an opener itself."""
    icons = {icon for mark in page.marks for icon in mark.classes if "-icon-" in icon}
    if icons:
        return next(iter(page.with_class(*icons)), None)
    opening = {element.ref for element in page.with_class("ui-tabs-anchor", *OPENER_CLASSES)}
    return next((e for e in page.spoken() if page.name(e) == name and e.ref not in opening), None)


def beside(page: Page, instruction: str) -> Element | None:
    """Return the link whose class is a word of the instruction: the `address` of an entry that is showing."""
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    return next((e for e in page.tagged("a") if words & set(e.classes)), None)


def open_until(hands: Hands, page: Page, name: str) -> Page:
    """Open one thing after the other until the name shows, and return the page then."""
    opened: set[int] = set()
    for _ in range(MOST_OPENINGS):
        if visible(page, name) is not None:
            return page
        closed = [opener for opener in openers(page) if opener.ref not in opened]
        following = next_page(page)
        if closed:
            opened.add(closed[0].ref)
            if has_submenu(page, closed[0]):
                hands.hover(closed[0])  # a click would choose it
            else:
                hands.click(closed[0])
            hands.wait(SLIDING)
        elif following is not None:
            hands.click(following)
        else:
            break
        page = hands.look()
    raise Stuck("everything is open and the name did not show")


def nth_result(hands: Hands, page: Page, number: int) -> None:
    """Search for the quoted text and click the nth result, turning pages as needed."""
    hands.write(page.text_fields()[0], quoted(page.utterance)[0])
    press_submit(hands, page)
    passed = 0
    for _ in range(MOST_OPENINGS):
        page = hands.look()
        pager = page.with_class("pagination")
        inside = {below.ref for box in pager for below in page.within(box)}
        results = [link for link in page.tagged("a") if link.ref not in inside]
        if number <= passed + len(results):
            hands.click(results[number - passed - 1])
            return
        passed += len(results)
        following = next_page(page)
        if following is None:
            break
        hands.click(following)
    raise Stuck("there are fewer results")


def uncover(hands: Hands, page: Page) -> None:
    """Bring what is wanted into view and click it, or open everything and submit."""
    results = [number for number, noun in ordinals(page.utterance) if noun in ("search", "result")]
    name = wanted(page)
    if results and page.text_fields():
        nth_result(hands, page, results[0])
    elif name:
        page = open_until(hands, page, name)
        target = beside(page, page.utterance) if not quoted(page.utterance) else visible(page, name)
        if target is None:
            raise Stuck("what was found has no such link")
        hands.click(target)
    else:
        for opener in openers(page):
            hands.click(opener)
            hands.wait(SLIDING)
        press_submit(hands, hands.look())


UNCOVER = Strategy(
    id="uncover-then-click",
    title="Open sections, tabs, folders or pages until the wanted thing shows, then click it",
    description=(
        "What is wanted may be hidden. Expand the collapsed sections, switch through the tabs, unfold the "
        "folders, open the menu, search, or turn to the next page, one after the other, until the name or the "
        "numbered result asked for is visible; then click it, or submit when only opening was asked."
    ),
    applies=lambda page: bool(
        openers(page)
        or next_page(page)
        or any(noun in ("search", "result") for _, noun in ordinals(page.utterance))
    ),
    run=uncover,
)
