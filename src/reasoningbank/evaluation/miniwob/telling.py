"""Hands that say what they do: every act becomes a line a memory can keep."""

from __future__ import annotations

from reasoningbank.evaluation.miniwob.hands import Hands, Point
from reasoningbank.evaluation.miniwob.page import Element, Page

MOST_LINES = 30
LONGEST_NAME = 40


class TellingHands:
    """Pass every act on to other hands and put it into words."""

    def __init__(self, hands: Hands, page: Page) -> None:
        self._hands = hands
        self._page = page
        self._lines: list[str] = []

    def told(self) -> tuple[str, ...]:
        """Return the acts in words, in order; beyond thirty the rest is counted."""
        left = len(self._lines) - MOST_LINES
        return (*self._lines[:MOST_LINES], *([f"and {left} more acts"] if left > 0 else []))

    def look(self) -> Page:
        """Return the page as it is now."""
        self._page = self._hands.look()
        return self._page

    def click(self, target: Element | Point) -> None:
        """Press the mouse on an element or a point."""
        self._lines.append(f"click {self._called(target)}")
        self._hands.click(target)

    def hover(self, element: Element) -> None:
        """Rest the mouse on an element."""
        self._lines.append(f"rest the mouse on {self._called(element)}")
        self._hands.hover(element)

    def write(self, field: Element, text: str) -> None:
        """Replace what a field holds."""
        self._lines.append(f'type "{text}" into {self._called(field)}')
        self._hands.write(field, text)

    def press(self, key: str, times: int = 1) -> None:
        """Press a key some times."""
        self._lines.append(f"press {key} x{times}")
        self._hands.press(key, times)

    def choose(self, listing: Element, options: list[int]) -> None:
        """Select options of a list."""
        names = ", ".join(f'"{listing.options[at]}"' for at in options)
        self._lines.append(f"choose {names or 'nothing'} in {self._called(listing)}")
        self._hands.choose(listing, options)

    def drag(self, start: Element | Point, end: Point) -> None:
        """Drag from an element or a point to a point."""
        self._lines.append(f"drag {self._called(start)} to {end[0]:.0f},{end[1]:.0f}")
        self._hands.drag(start, end)

    def mark_text(self, element: Element, word: str = "") -> None:
        """Select text."""
        self._lines.append(
            f"select {f'the word {word}' if word else 'the text'} in {self._called(element)}"
        )
        self._hands.mark_text(element, word)

    def scroll(self, element: Element, *, to: str) -> None:
        """Scroll the contents of an element."""
        self._lines.append(f"scroll {self._called(element)} to the {to}")
        self._hands.scroll(element, to=to)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while. Short pauses are no act."""
        if seconds >= 1:
            self._lines.append(f"wait {seconds:g} s")
        self._hands.wait(seconds)

    def _called(self, target: Element | Point) -> str:
        """Return what a person would call the target."""
        if not isinstance(target, Element):
            return f"at {target[0]:.0f},{target[1]:.0f}"
        current = self._page.current(target)
        page = self._page
        name = (page.name(current) or page.text(current) or page.label(current)) if current else ""
        kind = target.kind or target.role or target.tag
        known = name[:LONGEST_NAME] or ".".join(target.classes)
        return f'{kind} "{known}"' if known else kind
