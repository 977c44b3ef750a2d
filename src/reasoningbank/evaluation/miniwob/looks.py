"""Describing things by their look: size, colour and kind of what is drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reasoningbank.evaluation.miniwob.colours import NAMES, is_colour
from reasoningbank.evaluation.miniwob.page import Element, Page

KINDS = ("item", "shape", "digit", "letter", "circle", "rectangle", "triangle")
TAG_OF = {"circle": "circle", "rectangle": "rect", "triangle": "polygon"}
LARGE_FROM = 15.0  # pixels; what the pages draw small is 10 high, large 20


@dataclass(frozen=True)
class Look:
    """What a description says of a thing: size and colour where given, and its kind or the very sign."""

    size: str = ""
    colour: str = ""
    kind: str = "item"


def described(instruction: str) -> Look | None:
    """Return the look an instruction describes, or None when it describes none."""
    found = re.search(
        r"(?:[Cc]lick on an?|[Hh]ow many|[Dd]rag all|[Aa]ll the|[Dd]rag the) ([\w ]+?)(?: are there| into| in\b|\W*$)",
        instruction,
    )
    words = found.group(1).split() if found else []
    if not words:
        return None
    size = next((word for word in words if word in ("large", "small")), "")
    colour = next((word for word in words if word in NAMES), "")
    kind = words[-1] if len(words[-1]) == 1 else words[-1].removesuffix("s")
    if kind not in KINDS and len(kind) != 1:
        return Look(size, colour) if size or colour else None
    return Look(size, colour, kind)


def is_kind(page: Page, element: Element, kind: str) -> bool:
    """Whether a drawn thing is of a kind, or is the very sign."""
    sign = page.text(element) if element.tag == "text" else ""
    if kind in TAG_OF:
        return element.tag == TAG_OF[kind]
    if len(kind) == 1:
        return sign == kind
    return {
        "item": True,
        "shape": not sign,
        "digit": sign.isdigit(),
        "letter": sign.isalpha(),
    }[kind]


def height(element: Element) -> float:
    """Return how large a thing is drawn: a sign by its font, a shape by its height."""
    return element.font if element.tag == "text" else element.box[3]


def matching(page: Page, look: Look) -> list[Element]:
    """Return the drawn things with a look."""
    return [
        element
        for element in page.drawn()
        if is_kind(page, element, look.kind)
        and (not look.colour or is_colour(element.colour, look.colour))
        and (not look.size or (height(element) >= LARGE_FROM) == (look.size == "large"))
    ]
