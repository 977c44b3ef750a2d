"""Small pieces of sentences."""

from __future__ import annotations


def counted(count: int, thing: str) -> str:
    """Give a number with its noun.

    >>> counted(1, "use"), counted(1200, "use"), counted(0, "success")
    ('1 use', '1,200 uses', '0 successes')
    """
    if count == 1:
        return f"1 {thing}"
    return f"{count:,} {thing}{'es' if thing.endswith('s') else 's'}"
