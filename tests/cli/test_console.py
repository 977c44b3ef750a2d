"""Parts of tables, on any text and in any width."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.cli import console

ANY_TEXT = st.text(st.characters() | st.sampled_from(" \n\t-a"), max_size=300)


def lines_shown(content, capsys, monkeypatch, columns: int) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    console.show(content)
    return capsys.readouterr().out.splitlines()


@given(ANY_TEXT, st.integers(5, 120), st.integers(1, 4))
def test_an_excerpt_has_at_most_its_lines_and_its_width(content, width, lines):
    from rich.cells import cell_len
    from rich.console import Console

    out = Console(width=width, markup=False, highlight=False, emoji=False)
    with out.capture() as captured:
        out.print(console.Excerpt(content, lines))

    shown = captured.get().splitlines()
    assert len(shown) <= max(lines, 1)
    assert all(cell_len(line) <= width for line in shown)


def test_an_excerpt_that_was_cut_ends_with_dots_and_another_does_not(capsys, monkeypatch):
    long = lines_shown(console.Excerpt("word " * 500), capsys, monkeypatch, 40)
    short = lines_shown(console.Excerpt("word " * 20), capsys, monkeypatch, 40)

    assert len(long) == 3
    assert long[-1].endswith(" ...")
    assert short == ["word " * 7 + "word"] * 2 + ["word word word word"]


@pytest.mark.parametrize(
    "content", ["x" * 5000, " " * 5000, "\n" * 5000 + "end", "\u0301" * 5000, ""]
)
def test_an_excerpt_of_odd_texts_is_short(capsys, monkeypatch, content):
    assert len(lines_shown(console.Excerpt(content), capsys, monkeypatch, 40)) <= 3


def test_no_line_ends_in_spaces(capsys, monkeypatch):
    table = console.table(("A", "B"), [("1", "two"), ("three", "4")])

    shown = lines_shown(table, capsys, monkeypatch, 60)
    assert [line for line in shown if re.search(" $", line)] == []
