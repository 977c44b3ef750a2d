"""What generators draw from: words, names, numbers, and writing tables as text."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

CITIES = ("Lisbon", "Graz", "Oslo", "Turin", "Ghent", "Porto", "Malmo", "Bergen", "Leeds", "Nantes", "Brno", "Cork")  # fmt: skip
PEOPLE = ("Ines", "Omar", "Petra", "Kofi", "Marta", "Juri", "Aiko", "Lena", "Sven", "Ruth", "Dario", "Noor", "Vera", "Paul")  # fmt: skip
FAMILIES = ("Keller", "Moreau", "Silva", "Haddad", "Novak", "Berg", "Okoye", "Tanaka", "Rossi", "Walsh")  # fmt: skip
THINGS = ("lamp", "chair", "valve", "cable", "shelf", "pump", "clamp", "filter", "hinge", "panel", "motor", "bracket", "hose", "drill")  # fmt: skip
LOOKS = ("blue", "oak", "steel", "small", "round", "heavy", "folding", "spare", "long", "matte")
STATES = ("open", "closed", "paused", "shipped", "returned", "draft")
TEAMS = ("north", "south", "harbour", "garden", "bridge", "tower", "mill")
STEMS = ("orders", "stock", "visits", "invoices", "readings", "staff", "parcels", "bookings", "meters", "trips", "claims", "plots")  # fmt: skip
OUTPUTS = ("result", "out", "final", "ready", "done", "clean", "report", "new")
AMOUNTS = ("amount", "price", "cost", "fee", "revenue", "balance")
MEASURES = ("weight", "score", "hours", "points", "units", "distance")
PLACES = ("city", "site", "branch", "depot")
GROUPS = ("team", "crew", "squad", "ward")
STATUSES = ("status", "stage", "phase")
OWNERS = ("owner", "contact", "holder", "buyer")
KEYS = ("id", "ref", "ticket", "sku")

Row = Sequence[str]


def named(draw: random.Random, suffixes: Sequence[str]) -> tuple[str, str]:
    """Return the names of a file to read and one to write."""
    suffix = draw.choice(suffixes)
    number = draw.choice(("", f"_{draw.randint(1, 12):02}", f"-{draw.randint(2019, 2025)}"))
    stem = f"{draw.choice(STEMS)}{number}"
    return f"{stem}.{suffix}", f"{draw.choice(OUTPUTS)}-{draw.randint(1, 99)}.{suffix}"


def cents(draw: random.Random, most: int = 900) -> int:
    """Return an amount in hundredths, from one whole up."""
    return draw.randint(100, most * 100)


def point(value: int) -> str:
    """Return hundredths with a decimal point.

    >>> point(123450)
    '1234.50'
    """
    return f"{value // 100}.{value % 100:02}"


def grouped(value: int, thousands: str, decimal: str) -> str:
    """Return hundredths with marks between thousands and before the decimals.

    >>> grouped(123450, ".", ",")
    '1.234,50'
    """
    return f"{value // 100:,}".replace(",", thousands) + f"{decimal}{value % 100:02}"


def keys(draw: random.Random, count: int) -> list[str]:
    """Return different whole numbers of four digits as text."""
    return [str(number) for number in draw.sample(range(1000, 9999), count)]


def plain(rows: Iterable[Row], delimiter: str, end: str = "\n") -> bytes:
    """Return rows as they are, joined by the delimiter."""
    return "".join(delimiter.join(row) + end for row in rows).encode()


def quoting(rows: Iterable[Row], delimiter: str) -> bytes:
    """Return rows with cells quoted where they hold the delimiter, a quote or a line break."""
    return plain(([_cell(cell, delimiter) for cell in row] for row in rows), delimiter)


def _cell(cell: str, delimiter: str) -> str:
    """Return a cell as RFC 4180 writes it."""
    if any(mark in cell for mark in (delimiter, '"', "\n", "\r")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def lines(texts: Iterable[str]) -> bytes:
    """Return texts, one per line."""
    return "".join(f"{text}\n" for text in texts).encode()


def stamp(seconds: int, day: int, separator: str) -> str:
    """Return a time of one day in March 2024."""
    return (
        f"2024-03-{day:02}{separator}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    )


def log_lines(draw: random.Random, messages: Sequence[str]) -> list[str]:
    """Return messages as a log: a time, a level and a part of a program in front of each."""
    at = draw.randint(0, 4000)
    day, separator = draw.randint(1, 28), draw.choice(" T")
    written = []
    for message in messages:
        at += draw.randint(20, 1500)
        level = draw.choice(("INFO", "WARN", "ERROR", "DEBUG"))
        part = draw.choice(("gate", "queue", "mailer", "store", "sync"))
        written.append(f"{stamp(at, day, separator)} {level} {part}: {message}")
    return written
