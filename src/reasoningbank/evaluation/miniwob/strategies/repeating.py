"""Trying again until a condition holds."""

from __future__ import annotations

import re
from collections.abc import Callable

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

MOST_TRIES = 40
MOST_LOOKS = 220
CONDITION = re.compile(r"\b(less|greater|more) than \$?(-?\d+(?:\.\d+)?)|\b(even|odd) number")


def condition(instruction: str) -> Callable[[float], bool] | None:
    """Return the test an instruction puts to a number, or None."""
    found = CONDITION.search(instruction)
    if found is None:
        return None
    if found.group(3):
        wanted = 0 if found.group(3) == "even" else 1
        return lambda number: number % 2 == wanted
    limit = float(found.group(2))
    if found.group(1) == "less":
        return lambda number: number < limit
    return lambda number: number > limit


def reading(page: Page) -> float | None:
    """Return the number that stands by itself on the page."""
    for element in page.spoken():
        shown = re.fullmatch(r"\$?(-?\d+(?:\.\d+)?)", page.name(element))
        if shown:
            return float(shown.group(1))
    return None


def bounds(instruction: str) -> tuple[int, int] | None:
    """Return the lowest and highest number a guess may be, or None when no guess is asked for."""
    found = re.search(r"[Gg]uess .*?between (\d+)-(\d+)", instruction)
    return (int(found.group(1)), int(found.group(2))) if found else None


def guess(hands: Hands, page: Page, low: int, high: int) -> None:
    """Halve the range with each guess until the feedback is gone."""
    field = page.text_fields()[0]
    while low <= high:
        middle = (low + high) // 2
        hands.write(field, str(middle))
        press_submit(hands, page)
        now = hands.look()
        if now.ended:
            return
        said = " ".join(now.text(element) for element in now.tagged("div")).lower()
        if "higher" in said:
            low = middle + 1
        elif "lower" in said:
            high = middle - 1
        else:
            raise Stuck("no feedback to the guess")
    raise Stuck("no number is left")


def trigger(page: Page) -> Element | None:
    """Return the button that makes a new number, or None when the number changes by itself."""
    final = page.submit()
    others = [button for button in page.buttons() if final is None or button.ref != final.ref]
    return others[0] if others else None


def repeat_until(hands: Hands, page: Page) -> None:
    """Make or await new numbers until one satisfies the condition, then confirm."""
    limits, holds = bounds(page.utterance), condition(page.utterance)
    if limits is not None:
        guess(hands, page, *limits)
        return
    again = trigger(page)
    for _ in range(MOST_TRIES if again else MOST_LOOKS):
        if again is not None:
            hands.click(again)
        number = reading(hands.look())
        if number is not None and holds is not None and holds(number):
            press_submit(hands, page)
            return
        if again is None:
            hands.wait(0.03)
    raise Stuck("the condition never held")


REPEAT_UNTIL = Strategy(
    id="repeat-until",
    title="Try, look, and try again until the condition holds, then confirm",
    description=(
        "The instruction sets a condition for a number: less than, greater than, odd, even, or a guess to be "
        "found with feedback. Press the button for a new number, wait for the price to move, or guess the middle "
        "of what is left; look at the result after each try and confirm as soon as the condition holds."
    ),
    applies=lambda page: bool(
        (bounds(page.utterance) and page.text_fields())
        or (condition(page.utterance) and page.buttons())
    ),
    run=repeat_until,
)
