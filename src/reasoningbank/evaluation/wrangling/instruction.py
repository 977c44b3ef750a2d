"""Reading an instruction: quoted text, file names, numbers, and what is asked for, by general rules."""

from __future__ import annotations

import re

QUOTED = re.compile(r'"([^"]*)"')
FILE_NAME = re.compile(r"(?<![\w./-])\w[\w-]*(?:\.[A-Za-z]\w{0,7})+")
STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?")
NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
AVERAGE = re.compile(r"\b(averages?|mean|averaged)\b", re.IGNORECASE)
TOTAL = re.compile(
    r"\b(totals?|sums?|summed|add(ed|ing|s)?|altogether|combined|adds)\b", re.IGNORECASE
)
DISTINCT = re.compile(r"\b(different|distinct|unique|separate|kinds)\b", re.IGNORECASE)
DESCENDING = re.compile(
    r"\b(descending|decreasing|reversed?|(largest|highest|biggest|newest|latest|greatest|last) first)\b",
    re.IGNORECASE,
)
DELIMITERS = {
    ",": r"\b(commas?|comma-separated|csv)\b",
    "\t": r"\b(tabs?|tab-separated|tsv)\b",
    "|": r"\b(pipes?|vertical bars?|pipe-separated)\b",
    ";": r"\b(semicolons?|semicolon-separated)\b",
}


def quoted(instruction: str) -> list[str]:
    """Return the texts in double quotes, in order.

    >>> quoted('replace "old" by "new"')
    ['old', 'new']
    """
    return QUOTED.findall(instruction)


def unquoted(instruction: str) -> str:
    """Return the instruction without what stands in double quotes."""
    return QUOTED.sub(" ", instruction)


def file_names(instruction: str) -> list[str]:
    """Return what looks like the name of a file, outside quotes, in order.

    >>> file_names("Sort parts.csv by weight into heavy.csv.")
    ['parts.csv', 'heavy.csv']
    """
    return FILE_NAME.findall(unquoted(instruction))


def small_number(instruction: str) -> int | None:
    """Return the first whole number below a hundred outside quotes, in digits or words, or None.

    >>> small_number("the three largest of 2024")
    3
    """
    text = FILE_NAME.sub(" ", STAMP.sub(" ", unquoted(instruction))).lower()
    for word in re.findall(r"(?<![\w.-])(?:\d{1,2}|[a-z]+)(?![\w-]|\.\d)", text):
        if word.isdigit():
            return int(word)
        if word in NUMBER_WORDS[1:]:
            return NUMBER_WORDS.index(word) + 1
    return None


def stamps(instruction: str) -> list[str]:
    """Return the times in the instruction, date first, in order."""
    return STAMP.findall(instruction)


def calculation(instruction: str) -> str:
    """Return what is to be made of a column: its `mean`, its `sum`, the number of `distinct` values or a `count`."""
    text = unquoted(instruction)
    if AVERAGE.search(text):
        return "mean"
    if DISTINCT.search(text):
        return "distinct"
    return "sum" if TOTAL.search(text) else "count"


def descending(instruction: str) -> bool:
    """Whether an order from the high end down is asked for."""
    return bool(DESCENDING.search(instruction))


def delimiter_named(instruction: str, besides: str) -> str | None:
    """Return the delimiter the instruction speaks of other than the one in use, or None."""
    text = FILE_NAME.sub(" ", unquoted(instruction))
    for delimiter, words in DELIMITERS.items():
        if delimiter != besides and re.search(words, text, re.IGNORECASE):
            return delimiter
    return None


def mentioned(instruction: str, names: list[str]) -> list[str]:
    """Return the names the instruction mentions as whole words, in its order, each once."""
    found: dict[str, int] = {}
    for name in names:
        place = re.search(rf"(?<![\w.]){re.escape(name)}(?![\w]|\.\w)", instruction)
        if place:
            found[name] = place.start()
    return sorted(found, key=lambda name: found[name])
