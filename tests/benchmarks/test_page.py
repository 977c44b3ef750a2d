"""The page with the numbers says what the stored baselines say."""

from __future__ import annotations

import msgspec

from benchmarks import page
from reasoningbank.benchmark import BenchmarkReport
from reasoningbank.benchmark.figures import LABELS


def test_the_page_is_what_the_baselines_call_for():
    assert page.PAGE.read_text("utf-8") == page.page()


def test_a_page_changed_by_hand_is_noticed(tmp_path, monkeypatch, capsys):
    changed = tmp_path / "benchmarks.md"
    changed.write_text(page.page().replace("Load average", "Lode average"), "utf-8")
    monkeypatch.setattr(page, "PAGE", changed)

    assert page.main(["--check"]) == 1
    assert page.main([]) == 0
    assert page.main(["--check"]) == 0
    assert "run python -m benchmarks.page" in capsys.readouterr().out


def test_the_page_names_every_limit_that_is_missed():
    stored = msgspec.json.decode(page.BASELINE.read_bytes(), type=BenchmarkReport)

    [sentence] = [line for line in page.page().splitlines() if line.startswith("A limit in *must*")]
    assert all(LABELS[figure.name] in sentence for figure in stored.missed())
    assert ("No figure misses its limit." in sentence) == (stored.missed() == [])
