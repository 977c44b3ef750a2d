"""Texts and pairs of texts as the extractors hand them in: squeezed, filtered, each once."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_TEXT_WORDS = 60
LONGEST_FIRST_WORDS = 40


class Pair(NamedTuple):
    """Two texts that belong together, and how they were found."""

    first: str
    second: str
    kind: str


def squeezed(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return " ".join(text.split())


def reads_as_prose(text: str) -> bool:
    """Tell whether a text is mostly letters, and nearly all ASCII."""
    letters = sum(map(str.isalpha, text))
    ascii_characters = sum(map(str.isascii, text))
    return letters > 0.55 * len(text) and ascii_characters >= 0.97 * len(text)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, cut where the next one starts with a capital."""
    return re.split(r'(?<=[.!?])\s+(?=[A-Z`"(])', text)


def first_words(text: str, count: int) -> str:
    """Return the first words of a text."""
    return " ".join(text.split()[:count])


class Collected:
    """What was found in one source, in order and without repeats."""

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._pairs: dict[Pair, None] = {}

    @property
    def texts(self) -> list[str]:
        """Return the single texts."""
        return list(self._texts)

    @property
    def pairs(self) -> list[Pair]:
        """Return the pairs."""
        return list(self._pairs)

    def add_text(self, text: str) -> None:
        """Keep a text of 3 to 80 words that reads as prose."""
        if 3 <= len(text.split()) <= 80 and reads_as_prose(squeezed(text)):
            self._texts.setdefault(first_words(text, LONGEST_TEXT_WORDS))

    def add_pair(self, first: str, second: str, kind: str) -> None:
        """Keep two different texts of at least 2 and 4 words that read as prose."""
        first, second = squeezed(first), squeezed(second)
        if len(first.split()) < 2 or len(second.split()) < 4 or first.lower() == second.lower():
            return
        if reads_as_prose(first) and reads_as_prose(second):
            pair = Pair(
                first_words(first, LONGEST_FIRST_WORDS),
                first_words(second, LONGEST_TEXT_WORDS),
                kind,
            )
            self._pairs.setdefault(pair)
