"""Comparing numbers: the greatest, the cheapest, or all of them in order."""

from __future__ import annotations

import re

from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.page import Element, Page
from reasoningbank.evaluation.miniwob.strategies.choosing import press_submit
from reasoningbank.evaluation.miniwob.strategy import Strategy

HIGHEST = ("greatest", "largest", "highest", "longest", "biggest", "most")
LOWEST = ("cheapest", "smallest", "lowest", "shortest", "least")
FEWEST_CARDS = 3
ORDERED = ("ascending", "increasing")


def wish(instruction: str) -> str:
    """Return which numbers are wanted: `highest`, `lowest`, `ordered`, or nothing."""
    words = set(re.findall(r"[a-z]+", instruction.lower()))
    for answer, signs in (("highest", HIGHEST), ("lowest", LOWEST), ("ordered", ORDERED)):
        if words & set(signs):
            return answer
    return ""


def measure(text: str, instruction: str) -> float | None:
    """Return the number a text gives for what the instruction compares: minutes, a price, or any number."""
    if "duration" in instruction:
        found = re.search(r"(?:(\d+)h)? ?(?:(\d+)m)?\b", text[text.find(":") + 1 :].strip())
        if found and any(found.groups()):
            return 60 * int(found.group(1) or 0) + int(found.group(2) or 0)
        return None
    pattern = r"\$(\d+(?:\.\d+)?)" if re.search("cost|price|cheapest", instruction) else r"(-?\d+)"
    found = re.search(pattern, text)
    return float(found.group(1)) if found else None


def offers(page: Page) -> list[tuple[float, Element]]:
    """Return what can be bought or booked: the measure of the box around each button, and the button."""
    found: list[tuple[float, Element]] = []
    for button in page.buttons():
        for around in page.ancestors(button):
            value = measure(page.text(around), page.utterance)
            if value is not None:
                found.append((value, button))
                break
    return found


def hidden_cards(page: Page) -> list[Element]:
    """Return three or more equal blank boxes side by side: cards lying face down."""
    for element in page.tagged("div"):
        cards = [
            child
            for child in page.children(element)
            if child.classes and not page.text(child) and child.tag == "div"
        ]
        if len(cards) >= FEWEST_CARDS and len({(card.classes, card.box[2]) for card in cards}) == 1:
            return cards
    return []


def loose_numbers(page: Page) -> list[tuple[float, Element]]:
    """Return the drawn numbers with their values."""
    texts = [(page.text(element), element) for element in page.tagged("text")]
    return [(float(text), element) for text, element in texts if re.fullmatch(r"-?\d+", text)]


def turn_cards(hands: Hands, cards: list[Element]) -> list[tuple[float, Element]]:
    """Click each card and return the number it then shows."""
    values: list[tuple[float, Element]] = []
    for card in cards:
        hands.click(card)
        page = hands.look()
        now = page.current(card)
        shown = re.search(r"-?\d+", page.text(now)) if now else None
        if shown is None:
            raise Stuck("a card shows no number")
        values.append((float(shown.group()), card))
    return values


def compare(hands: Hands, page: Page) -> None:
    """Click all numbers in order, or the best offer or card."""
    wanted = wish(page.utterance)
    if wanted == "ordered":
        # By place: the numbers may be covered as soon as the first is clicked.
        for _, element in sorted(loose_numbers(page), key=lambda pair: pair[0]):
            hands.click(element.centre)
        return
    cards = hidden_cards(page)
    values = turn_cards(hands, cards) if cards else offers(page)
    best = (max if wanted == "highest" else min)(values, key=lambda pair: pair[0])
    hands.click(best[1])
    if cards:
        press_submit(hands, page)


COMPARE_NUMBERS = Strategy(
    id="compare-numbers",
    title="Compare the numbers and take the greatest, the least, or all in order",
    description=(
        "Read every number on the page that counts (prices, durations, cards to be turned over, loose numbers), "
        "compare them, and click the one the instruction wants: the greatest, the cheapest, the longest, the "
        "shortest. When it asks for ascending order click them all from the lowest to the highest."
    ),
    applies=lambda page: (
        bool(loose_numbers(page))
        if wish(page.utterance) == "ordered"
        else bool(wish(page.utterance) and (hidden_cards(page) or len(offers(page)) > 1))
    ),
    run=compare,
)
