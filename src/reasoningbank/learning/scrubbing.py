"""Take secrets and personal data out of what is learned from, before it is kept or leaves.

Secrets are known by their shape (`reasoningbank.domain.redaction`). Of personal data, three kinds
have a shape that can be told from other text: e-mail addresses, phone numbers written as such, and
the name of a user in the path of a home directory. Doing it twice changes nothing more.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import Redaction
from reasoningbank.domain.redaction import redacted_text

_EMAIL: Final = re.compile(
    r"(?<![\w.+%-])[A-Za-z0-9][\w.+%-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z]{2,24}(?![\w@])"
)
# A phone number as people write it: with its country code, or an area code set off. Bare runs of
# digits are left alone: they are far more often sizes, ids and times.
_PHONE: Final = re.compile(
    r"(?<![\w.+/-])(?:"
    # Nine digits at least: fewer are a difference, a time zone, the lines of a patch.
    r"\+(?=[1-9](?:[ .()-]{0,2}\d){8})\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,4}"
    r"(?:[ .-]\d{2,4}){0,4}[ .-]\d{2,8}"
    r"|\+[1-9]\d{9,13}"
    r"|\(0\d{2,4}\) ?\d{5,8}"
    r"|(?:1[ .-])?\(\d{3}\) ?\d{3}[ .-]\d{4}"
    r"|\d{3}-\d{3}-\d{4}"
    r")(?![\w/-]|\.\d)"
)
_HOME: Final = re.compile(
    r"(?P<root>/home/|/Users/|\b[A-Za-z]:(?:\\\\?|/)Users(?:\\\\?|/))"
    r"(?P<user>(?!Public\b|Shared\b|runner\b)[A-Za-z0-9_][\w.-]{0,63})"
)
EMAIL: Final = "[email]"
PHONE: Final = "[phone]"
USER: Final = "[user]"


class _Private(NamedTuple):
    """A kind of personal data: how it looks, what stands in for it, and what it is called."""

    shape: re.Pattern[str]
    stand_in: str
    kind: str


_MAIL_ADDRESSES: Final = _Private(_EMAIL, EMAIL, "mail_address")
_PHONE_NUMBERS: Final = _Private(_PHONE, PHONE, "phone_number")
_USER_NAMES: Final = _Private(_HOME, rf"\g<root>{USER}", "user_name")


def scrubbed_text(text: str, field: str, found: list[Redaction]) -> str:
    r"""Give `text` without secrets and personal data, noting what was taken out in `found`.

    >>> found = []
    >>> scrubbed_text("mail ann@example.org from /home/ann/notes", "action", found)
    'mail [email] from /home/[user]/notes'
    >>> [redaction.kind for redaction in found]
    ['mail_address', 'user_name']
    """
    text = redacted_text(text, field, found)
    if "@" in text:
        text = _replaced(_MAIL_ADDRESSES, text, field, found)
    if "-" in text or "+" in text or "(" in text:
        text = _replaced(_PHONE_NUMBERS, text, field, found)
    if "/home/" in text or "Users" in text:
        text = _replaced(_USER_NAMES, text, field, found)
    return text


def _replaced(private: _Private, text: str, field: str, found: list[Redaction]) -> str:
    text, count = private.shape.subn(private.stand_in, text)
    found.extend([Redaction(field=field, kind=private.kind)] * count)
    return text


def scrubbed_object(value: JsonObject, field: str, found: list[Redaction]) -> JsonObject:
    """Give a JSON object with the same taken out of its keys and texts."""
    scrubbed: JsonObject = {}
    for key, item in value.items():
        name = scrubbed_text(key, field, found)
        scrubbed[name] = _scrubbed_value(item, f"{field}.{name}", found)
    return scrubbed


def _scrubbed_value(value: object, field: str, found: list[Redaction]) -> object:
    if isinstance(value, str):
        return scrubbed_text(value, field, found)
    if isinstance(value, dict):
        return scrubbed_object(value, field, found)
    if isinstance(value, (list, tuple)):
        return [_scrubbed_value(item, field, found) for item in value]
    return value
