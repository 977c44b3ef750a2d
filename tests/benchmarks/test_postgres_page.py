"""The page with PostgreSQL's numbers says what the stored baseline says."""

from __future__ import annotations

import msgspec

from benchmarks import postgres_page
from benchmarks.postgres import BASELINE, Report


def test_the_page_is_what_the_baseline_calls_for():
    assert postgres_page.PAGE.read_text("utf-8") == postgres_page.page()


def test_a_page_changed_by_hand_is_noticed(tmp_path, monkeypatch, capsys):
    changed = tmp_path / "postgres-figures.md"
    changed.write_text(postgres_page.page().replace("load average", "lode average"), "utf-8")
    monkeypatch.setattr(postgres_page, "PAGE", changed)

    assert postgres_page.main(["--check"]) == 1
    assert postgres_page.main([]) == 0
    assert postgres_page.main(["--check"]) == 0
    assert "run python -m benchmarks.postgres_page" in capsys.readouterr().out


def test_the_page_names_every_limit_that_is_passed():
    stored = msgspec.json.decode(BASELINE.read_bytes(), type=Report)
    [sentence] = [
        line for line in postgres_page.page().splitlines() if line.startswith("The limits")
    ]
    over = [
        pair.name
        for pair in stored.pairs
        if pair.size >= 100_000 and pair.ours.p50 > postgres_page.LIMITS[pair.name] * pair.raw.p50
    ]
    assert all(postgres_page.NAMES[name] in sentence for name in over)


def test_a_width_of_filter_that_finds_too_few_would_be_seen():
    stored = msgspec.json.decode(BASELINE.read_bytes(), type=Report)
    for figures in stored.vectors:
        for index in figures.indexes:
            assert min(index.recall.values()) >= 0.98, index.kind
