"""Colours: names, codes and the family a shade belongs to."""

from __future__ import annotations

import colorsys
import re

# The CSS names instructions use, with their codes.
NAMES = {
    "aqua": (0, 255, 255), "black": (0, 0, 0), "blue": (0, 0, 255), "brown": (165, 42, 42),
    "cyan": (0, 255, 255), "fuchsia": (255, 0, 255), "gray": (128, 128, 128), "green": (0, 128, 0),
    "grey": (128, 128, 128), "lime": (0, 255, 0), "magenta": (255, 0, 255), "maroon": (128, 0, 0),
    "navy": (0, 0, 128), "olive": (128, 128, 0), "orange": (255, 165, 0), "pink": (255, 192, 203),
    "purple": (128, 0, 128), "red": (255, 0, 0), "silver": (192, 192, 192), "teal": (0, 128, 128),
    "white": (255, 255, 255), "yellow": (255, 255, 0),
}  # fmt: skip
HUES = {
    "red": 0.0, "orange": 0.1, "yellow": 1 / 6, "green": 1 / 3, "aqua": 0.5, "blue": 2 / 3,
    "purple": 0.75, "magenta": 5 / 6,
}  # fmt: skip
GREY_BELOW = 0.05  # saturation under which a colour has no hue to speak of


def channels(colour: str) -> tuple[int, int, int] | None:
    """Return red, green and blue of a CSS `rgb(...)` colour, or None for none and for transparent ones."""
    found = re.fullmatch(r"rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)", colour)
    if found is None or found.group(4) == "0":
        return None
    return int(found.group(1)), int(found.group(2)), int(found.group(3))


def code_of(colour: str) -> str:
    """Return the six digits of a CSS colour, or nothing for a transparent one."""
    parts = channels(colour)
    return "".join(f"{part:02X}" for part in parts) if parts else ""


def colours_named(text: str) -> list[str]:
    """Return the colour names that are words of a text, in order."""
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word in NAMES]


def named_colour(text: str) -> str:
    """Return the six digits of the first colour a text names, or nothing."""
    names = colours_named(text)
    return "".join(f"{part:02X}" for part in NAMES[names[0]]) if names else ""


def is_colour(colour: str, name: str) -> bool:
    """Whether a CSS colour is exactly the one with this name."""
    return channels(colour) == NAMES[name]


def is_shade(colour: str, name: str) -> bool:
    """Whether a CSS colour is a lighter or darker shade of the hue with this name, and of no other."""
    parts = channels(colour)
    if parts is None or name not in HUES:
        return False
    hue, _, saturation = colorsys.rgb_to_hls(*(part / 255 for part in parts))
    nearest = min(HUES, key=lambda other: min(abs(hue - HUES[other]), 1 - abs(hue - HUES[other])))
    return saturation > GREY_BELOW and nearest == name
