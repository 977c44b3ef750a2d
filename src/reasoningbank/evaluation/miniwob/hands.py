"""What a strategy may do to a page: the acts of a person with a mouse, a keyboard and eyes."""

from __future__ import annotations

from typing import Protocol

from reasoningbank.evaluation.miniwob.page import Element, Page

Point = tuple[float, float]


class Stuck(Exception):
    """A strategy found that the page does not go on as it expected. The attempt has failed."""


class Hands(Protocol):
    """The acts. Points are CSS pixels of the window; elements are those of any look since the page loaded."""

    def look(self) -> Page:
        """Return the page as it is now."""

    def click(self, target: Element | Point) -> None:
        """Bring an element into view and press the mouse on it, or on a point."""

    def hover(self, element: Element) -> None:
        """Bring an element into view and rest the mouse on it."""

    def write(self, field: Element, text: str) -> None:
        """Replace what a field holds by typing."""

    def press(self, key: str, times: int = 1) -> None:
        """Press a key of the keyboard: one character, or Enter, Tab, Home, End, Up, Down, Left, Right."""

    def choose(self, listing: Element, options: list[int]) -> None:
        """Select the options of a list at these positions and no others."""

    def drag(self, start: Element | Point, end: Point) -> None:
        """Press the mouse on the start, move to the end in small steps, and let go."""

    def mark_text(self, element: Element, word: str = "") -> None:
        """Select the text of an element, or one word in it."""

    def scroll(self, element: Element, *, to: str) -> None:
        """Scroll the contents of an element to the `top` or the `bottom`."""

    def wait(self, seconds: float) -> None:
        """Do nothing for a while."""
