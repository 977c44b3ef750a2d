"""Secrets by their shape; look-alikes stay."""

from __future__ import annotations

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.pattern import Redaction
from reasoningbank.domain.redaction import redacted_object, redacted_text

LETTERS = string.ascii_letters + string.digits


def letters(count: int, alphabet: str = LETTERS) -> str:
    """Made at run time, so that no scanner takes this file for a leak."""
    return "".join(random.Random(count).choices(alphabet, k=count))


SECRETS = {
    "github_token": "gh" + "p_" + letters(36),
    "gitlab_token": "glpat" + "-" + letters(20),
    "anthropic_key": "sk-" + "ant-" + letters(40),
    "openai_key": "sk-" + "proj-" + letters(48),
    "aws_access_key_id": "AK" + "IA" + letters(16, string.ascii_uppercase),
    "aws_secret_access_key": "aws_secret_" + "access_key = " + letters(40),
    "google_api_key": "AI" + "za" + letters(35),
    "slack_token": "xo" + "xb-" + letters(24),
    "slack_webhook": "https://hooks.slack" + ".com/services/" + letters(24),
    "stripe_key": "sk_" + "live_" + letters(24),
    "npm_token": "npm" + "_" + letters(36),
    "pypi_token": "pypi-" + "AgEIcHlwaS5vcmc" + letters(60),
    "huggingface_token": "hf" + "_" + letters(34),
    "sendgrid_key": "SG" + "." + letters(22) + "." + letters(43),
    "jwt": "ey" + "J" + letters(20) + ".ey" + "J" + letters(30) + "." + letters(43),
    "bearer_token": "Authorization: " + "Bearer " + letters(30),
    "url_password": "postgres://admin:" + letters(12) + "@",
    "assigned_secret": "password = '" + letters(12),
    "private_key": "-----BEGIN RSA PRIVATE"
    " KEY-----\n" + letters(64) + "\n-----END RSA PRIVATE KEY-----",
}
SHORT_KEYS = ["sk-" + letters(length) for length in (32, 33, 36, 48)] + ["sk-or-v1-" + letters(64)]
AFTER = {"url_password": "db.example.org/x", "assigned_secret": "'"}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_replaced_by_its_kind_and_reported(kind: str) -> None:
    found: list[Redaction] = []
    secret = SECRETS[kind]
    text = f"First run it with {secret}{AFTER.get(kind, '')} and then stop."
    clean = redacted_text(text, "strategy", found)
    assert secret not in clean
    assert f"[redacted:{kind}]" in clean
    assert clean.startswith("First run it with ")
    assert clean.endswith(" and then stop.")
    assert Redaction(field="strategy", kind=kind) in found


@pytest.mark.parametrize("key", SHORT_KEYS)
def test_keys_of_other_providers_in_the_form_of_openai_are_found(key: str) -> None:
    found: list[Redaction] = []
    assert redacted_text(f"run with {key} twice", "strategy", found) == (
        "run with [redacted:openai_key] twice"
    )
    assert found == [Redaction(field="strategy", kind="openai_key")]


@pytest.mark.parametrize(
    "text",
    [
        "Set OPENAI_API_KEY in the environment; never write the key down.",
        "Use sk-learn and a desk-lamp, or ask-me-anything-about-this-very-long-name.",
        "git clone https://github.com/org/repo.git and curl http://localhost:8080/a@b",
        "ssh://git@example.org:22/repo is fine, and so is user:pass in prose.",
        "The header is `Authorization: Bearer <token>`; password: '...' must be rotated.",
        "password = os.environ['DB_PASSWORD'] and api_key: ${API_KEY}",
        "AKIA is the prefix; eyJ begins a JWT; a hash is 3f786850e387550fdab836ed7e6dc881de23001b",
        "Commit 9fceb02d0ae598e95dc970b74767f19372d61af8 fixed hf_hub and npm_config_cache.",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "550e8400-e29b-41d4-a716-446655440000",
        "the branch sk-thisisaverylongnameofabranchwithoutdigits",
        "task-0123456789012345678901234567890123456789 and disk-" + "0" * 40,
    ],
)
def test_harmless_look_alikes_stay(text: str) -> None:
    found: list[Redaction] = []
    assert redacted_text(text, "strategy", found) == text
    assert not found


def test_secrets_are_found_in_every_corner_of_a_json_object() -> None:
    found: list[Redaction] = []
    secret = SECRETS["github_token"]
    clean = redacted_object(
        {"a": [{"b": secret}], secret: 1, "n": 5, "t": (secret,)}, "metadata", found
    )
    assert secret not in repr(clean)
    assert clean["n"] == 5
    assert {redaction.kind for redaction in found} == {"github_token"}
    assert len(found) == 3


@given(st.text(), st.sampled_from(sorted(SECRETS)))
def test_redacting_twice_changes_nothing_more(text: str, kind: str) -> None:
    once = redacted_text(f"{text} {SECRETS[kind]}{AFTER.get(kind, '')} {text}", "strategy", [])
    again: list[Redaction] = []
    assert redacted_text(once, "strategy", again) == once
    assert not again


@pytest.mark.parametrize(
    "start", ["-----BEGIN RSA PRIVATE KEY-----", "://" + "a" * 64 + ":", "eyJ"]
)
def test_a_long_text_full_of_beginnings_is_read_in_linear_work(start: str) -> None:
    text = (start + "-" * 5) * 4_000
    assert isinstance(redacted_text(text[:65_536], "strategy", []), str)
