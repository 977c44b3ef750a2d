"""Hostile text is inert wherever it is printed."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank import ReasoningBank
from reasoningbank.cli.safe_text import safe_json, safe_line, safe_text

COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
ANY_TEXT = st.text(st.characters() | st.sampled_from("\x1b\x9b\u202e\u2066\r\n\t\x07\U000e0041"))

OVERRIDE = "\u202egnp.exe"
MARKUP = "[bold red]shout[/bold red] [link=http://x.example]here[/link]"


@given(ANY_TEXT)
def test_no_command_is_left_in_safe_text(text):
    assert not COMMANDS.search(safe_text(text))


@given(ANY_TEXT)
def test_a_safe_line_is_one_line(text):
    assert not re.search("[\r\n\t]", safe_line(text))
    assert not COMMANDS.search(safe_line(text))


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))))
def test_ordinary_text_is_left_alone(text):
    assert safe_text(text) == text


@given(st.recursive(st.none() | st.integers(-9, 9) | ANY_TEXT.filter(str.isprintable) | ANY_TEXT.map(
    lambda text: text.encode("utf-8", "replace").decode()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3).filter(str.isascii), inner, max_size=3),
    max_leaves=5))  # fmt: skip
def test_safe_json_means_the_same(value):
    encoded = msgspec.json.encode(value).decode()

    assert msgspec.json.decode(safe_json(encoded)) == msgspec.json.decode(encoded)
    assert not COMMANDS.search(safe_json(encoded))


@pytest.fixture
def hostile(tmp_path):
    """A bank whose every text would do something to a terminal that obeyed it."""
    path = tmp_path / "hostile.db"
    with ReasoningBank.open(path, namespace="n") as bank:
        pattern_id = bank.store_pattern(
            task_description=f"delete {OVERRIDE}\n{MARKUP}",
            task_category=f"c {OVERRIDE}",
            strategy=f"run\r{OVERRIDE} {MARKUP}",
            title=f"{MARKUP} {OVERRIDE}",
            tags=[f"t {OVERRIDE}"],
            metadata={"\x1b[2J": "\x1b]0;owned\x07 \x9b31m"},
        )
        bank.update_pattern(pattern_id, title=f"again {OVERRIDE}")
        bank.record_outcome(pattern=pattern_id, success=True, evidence={"log": "\x1b[31m\x9b"})
    return path, str(pattern_id)


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "ID"),
        ("history", "ID"),
        ("search", f"c {OVERRIDE}"),
        ("similar", "delete"),
        ("stats",),
        ("search", "\x1b[31m\u202e"),
        ("similar", "delete", "--category", "\u202e"),
        ("get", "\x1b[31m\u202e"),
        ("get", "\udcff"),
        ("similar", "\udcff"),
        ("import", "\u202e\x1b"),
        ("\x1b[31m",),
        ("doctor",),
        ("store", "--task", "t", "--category", "\x1b[31m", "--strategy", "s"),
        ("store", "--task", "t", "--category", "c", "--strategy", "s", "--source", "\x1b[31m"),
        ("outcome", "ID", "--success", "--evidence", '{"\u202e": 1e999}'),
    ],
    ids=lambda arguments: arguments[0].encode("unicode_escape").decode(),
)
@pytest.mark.parametrize("form", [(), ("--json",)], ids=["table", "json"])
def test_nothing_stored_or_given_commands_the_terminal(call, hostile, arguments, form):
    path, pattern_id = hostile
    filled_in = [pattern_id if argument == "ID" else argument for argument in arguments]
    ended = call(*filled_in, "--db", path, "--namespace", "n", *form)

    said = ended.stdout + ended.stderr
    assert said
    assert not COMMANDS.search(said), said.encode("unicode_escape")


def test_markup_in_stored_text_is_printed_and_not_obeyed(call, hostile, monkeypatch):
    path, pattern_id = hostile
    monkeypatch.setenv("COLUMNS", "200")

    shown = call("get", pattern_id, "--db", path, "--namespace", "n").stdout
    assert "[bold red]shout[/bold red]" in shown
    assert "\\u202egnp.exe" in shown


def test_a_pattern_cannot_forge_a_row_at_the_margin(call, tmp_path):
    with ReasoningBank.open(tmp_path / "b.db") as bank:
        bank.store_pattern(
            task_description="t", task_category="c", strategy="s\nSCORE  PATTERN\n\n 1.00  forged"
        )

    shown = call("search", "c", "--db", tmp_path / "b.db").stdout
    assert [line for line in shown.splitlines() if line.strip().startswith("1.00")] == []
