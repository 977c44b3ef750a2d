"""Secrets are taken out of text before it is stored, known by the shape of their value.

Precision first: a shape is listed only where ordinary prose and code do not produce it.
"""

from __future__ import annotations

import re
from typing import Final

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.pattern import Redaction

_SHAPES: Final[tuple[tuple[str, str], ...]] = (
    (
        "private_key",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^-]|-(?!----END ))*(?:-----END [A-Z0-9 ]{0,40}-----)?",
    ),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}"),
    ("github_token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{40,255})"),
    ("gitlab_token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("anthropic_key", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    ("openai_key", r"\bsk-(?:proj-|svcacct-|admin-)[A-Za-z0-9_-]{20,}|\bsk-[A-Za-z0-9]{40,}"),
    ("aws_access_key_id", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    (
        "aws_secret_access_key",
        r"(?i:aws_?secret_?access_?key)[\"']?\s{0,3}[:=]\s{0,3}[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
    ),
    ("google_api_key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("slack_token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("slack_webhook", r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    ("stripe_key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("npm_token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("pypi_token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,}"),
    ("huggingface_token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("sendgrid_key", r"\bSG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{40,46}"),
    (
        "bearer_token",
        r"(?i:\bauthorization)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?i:bearer|basic)\s{1,3}[A-Za-z0-9._~+/=-]{16,}",
    ),
    (
        "url_password",
        r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@'\"<>]{1,64}:[^\s/:@'\"<>]{3,256}@(?=[\w\[])",
    ),
    (
        "assigned_secret",
        r"(?i:\b(?:password|passwd|api[_-]?key|secret[_-]?key|access[_-]?token|client[_-]?secret|auth[_-]?token)"
        r"[\"']?\s{0,3}[:=]\s{0,3}[\"'])[^\s\"'<>{}$]{8,256}(?=[\"'])",
    ),
)

# One literal of every shape: most texts hold none of them, and `in` is quicker than the expression.
_HINTS: Final = (
    "-----BEGIN", "eyJ", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-",
    "AKIA", "ASIA", "AIza", "xox", "hooks.slack", "k_live_", "k_test_", "npm_", "pypi-", "hf_",
    "SG.", "://",
)  # fmt: skip
_WORD_HINTS: Final = re.compile(
    r"(?i:authorization|passw|api[_-]?key|secret|access[_-]?token|auth[_-]?token)"
)
_ANY: Final = re.compile("|".join(f"(?P<{kind}>{shape})" for kind, shape in _SHAPES))


def redacted_text(text: str, field: str, found: list[Redaction]) -> str:
    """Give `text` with each secret replaced by ``[redacted:kind]``, noting them in `found`.

    >>> found = []
    >>> redacted_text("clone https://me:hunter2secret@example.org/x.git", "strategy", found)
    'clone [redacted:url_password]example.org/x.git'
    >>> found[0].kind
    'url_password'
    """
    if not any(hint in text for hint in _HINTS) and _WORD_HINTS.search(text) is None:
        return text

    def replace(match: re.Match[str]) -> str:
        kind = match.lastgroup or "secret"
        found.append(Redaction(field=field, kind=kind))
        return f"[redacted:{kind}]"

    return _ANY.sub(replace, text)


def redacted_object(value: JsonObject, field: str, found: list[Redaction]) -> JsonObject:
    """Give a JSON object with the secrets in its texts replaced, noting them in `found`."""
    return {
        redacted_text(key, field, found): _redacted_value(item, f"{field}.{key}", found)
        for key, item in value.items()
    }


def _redacted_value(value: object, field: str, found: list[Redaction]) -> object:
    if isinstance(value, str):
        return redacted_text(value, field, found)
    if isinstance(value, dict):
        return redacted_object(value, field, found)
    if isinstance(value, (list, tuple)):
        return [_redacted_value(item, field, found) for item in value]
    return value
