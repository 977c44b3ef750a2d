"""The scripts behind the pages on tuning and on sizes run, and print every row that the pages have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import sizes, tuning

DOCS = Path(__file__).resolve().parents[2] / "docs"


def heads_of(text: str) -> set[str]:
    """Give the head lines of all tables, numbers of patterns left out."""
    return {
        re.sub(r"[\d,]+", "N", before)
        for before, line in zip(text.splitlines(), text.splitlines()[1:], strict=False)
        if re.fullmatch(r"\|[-|]+\|?", line)
    }


@pytest.mark.parametrize(
    "section", [one for one in tuning.SECTIONS if one not in {"writers", "starting", "durability"}]
)
def test_a_section_prints_its_table_as_the_page_has_it(section, capsys):
    tuning.main([section, "--size", "60", "--quick"])
    printed = capsys.readouterr().out

    assert heads_of(printed)
    assert heads_of(printed) <= heads_of((DOCS / "tuning.md").read_text("utf-8"))


def test_an_unknown_section_is_refused(capsys):
    with pytest.raises(SystemExit):
        tuning.main(["speed"])

    assert "unknown section: speed" in capsys.readouterr().err


def test_sizes_are_told_by_table_by_event_and_after_taking_away(tmp_path, capsys):
    sizes.main(["--size", "60", "--json", str(tmp_path / "sizes.json")])
    printed = capsys.readouterr().out
    page = (DOCS / "sizes.md").read_text("utf-8")

    for row in ("`patterns`", "`pattern_embeddings`", "an outcome of a pattern", "a recall"):
        assert f"{row} |" in printed
        assert f"{row} |" in page
    assert (tmp_path / "sizes.json").stat().st_size > 0
