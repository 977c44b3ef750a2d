"""Secrets are taken out of text before it is stored, known by the shape of their value.

Precision first: a shape is listed only where ordinary prose and code do not produce it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import Redaction


class _Shape(NamedTuple):
    """A kind of secret: pieces one of which its text holds, in small letters, and what it is like."""

    kind: str
    pieces: tuple[str, ...]
    expression: re.Pattern[str]


def _shape(kind: str, pieces: tuple[str, ...], *expression: str) -> _Shape:
    return _Shape(kind, pieces, re.compile("".join(expression)))


_ASSIGNED = _shape(
    "assigned_secret",
    ('="', "='", ':"', ":'", '= "', "= '", ': "', ": '"),
    r"(?i:\b(?:password|passwd|api[_-]?key|secret[_-]?key|access[_-]?token|client[_-]?secret",
    r"|auth[_-]?token)[\"']? ?[:=] ?[\"'])[^\s\"'<>{}$]{8,256}(?=[\"'])",
)
_AWS_SECRET = _shape(
    "aws_secret_access_key",
    ("aws_secret", "awssecret"),
    r"(?i:aws_?secret_?access_?key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?",
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
)

# Shapes by a sign that all their texts hold: one look for it spares most texts the rest.
_SHAPES: Final[dict[str, tuple[_Shape, ...]]] = {
    "_": (
        _shape(
            "github_token",
            ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
            r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})",
        ),
        _shape("stripe_key", ("k_live_", "k_test_"), r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
        _shape("npm_token", ("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
        _shape("huggingface_token", ("hf_",), r"\bhf_[A-Za-z0-9]{30,}"),
    ),
    "-": (
        _shape(
            "private_key",
            ("-----begin",),
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----",
            r"(?:[^-]|-(?!----END ))*(?:-----END [A-Z0-9 ]{0,40}-----)?",
        ),
        _shape("gitlab_token", ("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
        _shape("anthropic_key", ("sk-ant-",), r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
        _shape(
            "openai_key",
            ("sk-",),
            r"\bsk-(?:proj-|svcacct-|admin-|or-v1-)[A-Za-z0-9_-]{20,}",
            # Others that speak its protocol give out shorter ones; names of things have no digits.
            r"|\bsk-(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9]{32,}",
        ),
        _shape("slack_token", ("xox",), r"\bxox[abeoprs]-(?=[A-Za-z-]*[0-9])[A-Za-z0-9-]{10,}"),
        _shape("pypi_token", ("pypi-",), r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ),
    ":": (
        _shape(
            "slack_webhook",
            ("hooks.slack.com",),
            r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}",
        ),
        _shape(
            "url_password",
            ("://",),
            r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@'\"<>]{0,64}:[^\s/:@'\"<>]{3,256}@(?=[\w\[])",
        ),
        _shape(
            "bearer_token",
            ("authorization",),
            r"(?i:\bauthorization[\"']?\s{0,3}:\s{0,3}[\"']?(?:bearer|basic)\s{1,3})",
            r"[A-Za-z0-9._~+/=-]{16,}",
        ),
        _AWS_SECRET,
        _ASSIGNED,
    ),
    "=": (_AWS_SECRET, _ASSIGNED),
    "akia": (_shape("aws_access_key_id", ("akia",), r"\bAKIA[A-Z2-7]{16}\b"),),
    "asia": (_shape("aws_access_key_id", ("asia",), r"\bASIA[A-Z2-7]{16}\b"),),
    "aiza": (_shape("google_api_key", ("aiza",), r"\bAIza[A-Za-z0-9_-]{35}"),),
    "eyj": (
        _shape(
            "jwt",
            ("eyj",),
            r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}",
        ),
    ),
    "sg.": (_shape("sendgrid_key", ("sg.",), r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{40,46}"),),
}


def may_hold_secret(texts: Sequence[str]) -> bool:
    """Give False when none of the texts holds a piece of any shape: one look instead of many."""
    small = "\0".join(texts).lower()
    for sign, shapes in _SHAPES.items():
        if sign in small:
            for shape in shapes:
                for piece in shape.pieces:
                    if piece in small:
                        return True
    return False


def redacted_text(text: str, field: str, found: list[Redaction]) -> str:
    """Give `text` with each secret replaced by ``[redacted:kind]``, noting them in `found`.

    >>> found = []
    >>> redacted_text("clone https://me:hunter2secret@example.org/x.git", "strategy", found)
    'clone [redacted:url_password]example.org/x.git'
    >>> found[0].kind
    'url_password'
    """
    small = text.lower()
    for sign, shapes in _SHAPES.items():
        if sign in small:
            for shape in shapes:
                if any(piece in small for piece in shape.pieces):
                    text, count = shape.expression.subn(f"[redacted:{shape.kind}]", text)
                    found.extend([Redaction(field=field, kind=shape.kind)] * count)
    return text


def redacted_object(value: JsonObject, field: str, found: list[Redaction]) -> JsonObject:
    """Give a JSON object with the secrets in its texts replaced, noting them in `found`."""
    texts: list[str] = []
    if _gather(value, texts) and not may_hold_secret(texts):
        return value
    return _redacted_object(value, field, found)


def _gather(value: object, texts: list[str]) -> bool:
    """Add every text in a JSON value; give False where it has another form than it is stored in."""
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, dict):
        texts.extend(value)
        return all(_gather(item, texts) for item in value.values())
    elif isinstance(value, list):
        return all(_gather(item, texts) for item in value)
    return not isinstance(value, tuple)


def _redacted_object(value: JsonObject, field: str, found: list[Redaction]) -> JsonObject:
    redacted: JsonObject = {}
    for key, item in value.items():
        name = redacted_text(key, field, found)  # a secret key must not stand in the field's name
        redacted[name] = _redacted_value(item, f"{field}.{name}", found)
    return redacted


def _redacted_value(value: object, field: str, found: list[Redaction]) -> object:
    if isinstance(value, str):
        return redacted_text(value, field, found)
    if isinstance(value, dict):
        return _redacted_object(value, field, found)
    if isinstance(value, (list, tuple)):
        return [_redacted_value(item, field, found) for item in value]
    return value
