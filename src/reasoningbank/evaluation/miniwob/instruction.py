"""Reading an instruction: what it quotes, counts and names, and what stays when its values are masked."""

from __future__ import annotations

import re
from collections.abc import Iterable

ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b\s+([\w-]+)")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?!\w)")


def quoted(instruction: str) -> list[str]:
    """Return what stands between double quotes, in order."""
    return re.findall(r'"([^"]*)"', instruction)


def unquoted(instruction: str) -> str:
    """Return the instruction with everything between double quotes cut out."""
    return re.sub(r'"[^"]*"', '""', instruction)


def ordinals(instruction: str) -> list[tuple[int, str]]:
    """Return pairs such as (3, "checkbox") for every `3rd checkbox`, in order."""
    return [(int(number), noun) for number, noun in ORDINAL.findall(instruction)]


def numbers(instruction: str) -> list[float]:
    """Return the numbers that are words of their own, in order."""
    return [float(number) for number in NUMBER.findall(instruction)]


def mentioned(instruction: str, names: Iterable[str]) -> list[str]:
    """Return the names that occur as whole words, in the order of their first mention.

    Letter case counts where a name occurs as it is written and not otherwise. Of two that overlap the
    longer one stands.
    """
    spans: list[tuple[int, int, str]] = []
    for name in dict.fromkeys(names):
        if name.strip():
            pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
            found = re.search(pattern, instruction) or re.search(
                pattern, instruction, re.IGNORECASE
            )
            if found:
                spans.append((found.start(), found.end(), name))
    spans.sort(key=lambda span: (span[0] - span[1], span[0]))
    kept: list[tuple[int, int, str]] = []
    for start, end, name in spans:
        if all(end <= other_start or start >= other_end for other_start, other_end, _ in kept):
            kept.append((start, end, name))
    return [name for _, _, name in sorted(kept)]


def capitalised(instruction: str) -> list[str]:
    """Return the capitalised words that do not open a sentence, without a possessive 's."""
    found: list[str] = []
    for sentence in re.split(r"(?<=[.!?:])\s+", instruction):
        words = re.findall(r"[^\W\d_][\w-]*", re.sub(r"'s\b", "", sentence))
        found += [word for word in words[1:] if word[0].isupper()]
    return found


def masked(instruction: str, keep: frozenset[str]) -> str:
    """Return the instruction in lower case with every word that is not in `keep` replaced by `*`.

    Quoted text becomes one `*`, digits become `#`, and stars that meet become one.
    """
    text = re.sub(r'"[^"]*"', " * ", instruction.lower())
    words = re.findall(r"\*|\w+", text)
    shown = ["#" if word.isdigit() else word if word in keep else "*" for word in words]
    return re.sub(r"[*#](?: [*#])+", "*", " ".join(shown))
