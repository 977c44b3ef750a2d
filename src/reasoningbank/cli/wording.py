"""Small pieces of sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_WORDS: Final[dict[str, str]] = {
    "mail_address": "e-mail address",
    "phone_number": "phone number",
    "user_name": "user name",
}


def counted(count: int, thing: str) -> str:
    """Give a number with its noun.

    >>> counted(1, "use"), counted(1200, "use"), counted(0, "success")
    ('1 use', '1,200 uses', '0 successes')
    >>> counted(2, "trajectory")
    '2 trajectories'
    """
    if count == 1:
        return f"1 {thing}"
    if thing.endswith("y"):
        return f"{count:,} {thing[:-1]}ies"
    return f"{count:,} {thing}{'es' if thing.endswith('s') else 's'}"


def kinds_counted(kinds: Mapping[str, int]) -> str:
    """Give how many of which kind of secret or personal data.

    >>> kinds_counted({"mail_address": 2, "github_token": 1})
    '1 github token, 2 e-mail addresses'
    """
    return ", ".join(
        counted(count, _WORDS.get(kind, kind.replace("_", " ")))
        for kind, count in sorted(kinds.items())
    )
