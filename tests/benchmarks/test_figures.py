"""Figures against their limits, and a run against an earlier one."""

from __future__ import annotations

import json

import pytest

from benchmarks.baseline import Comparable, comparison_table, read_figures, regressions
from reasoningbank.benchmark.figures import (
    LABELS,
    Figure,
    limits_of,
    search_figure,
    timed_figure,
    verdict_of,
)


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure(name="find_similar", size=10_000, unit="ms", value=0.6), "aim"),
        (Figure(name="find_similar", size=10_000, unit="ms", value=0.7), "must"),
        (Figure(name="find_similar", size=10_000, unit="ms", value=3.1), "missed"),
        (Figure(name="find_similar", size=1_000_000, unit="ms", value=149.0), "must"),
        (Figure(name="recall", size=10_000, unit="ms", value=2.9), "must"),
        (Figure(name="recall_three_groups", size=10_000, unit="ms", value=3.1), "missed"),
        (Figure(name="recall", size=100_000, unit="ms", value=9.0), "none"),
        (Figure(name="learn", unit="ms", value=20.1), "missed"),
        (Figure(name="recall_at_10", size=100_000, unit="share", value=0.999), "missed"),
        (Figure(name="recall_at_10", size=1_000_000, unit="share", value=0.999), "aim"),
        (Figure(name="recall_at_10", size=1_000_000, unit="share", value=0.981), "must"),
        (Figure(name="recall_at_10", size=1_000_000, unit="share", value=0.97), "missed"),
        (Figure(name="memory", size=10_000, unit="MB", value=56.0), "missed"),
        (Figure(name="memory", size=1_000, unit="MB", value=1e9), "none"),
        (Figure(name="get", size=1_000, unit="µs", value=5.0, ratio=1.4), "aim"),
        (Figure(name="get", size=1_000, unit="µs", value=5.0, ratio=2.6), "missed"),
        (Figure(name="get", size=1_000, unit="µs", value=201.0, ratio=1.0), "missed"),
        (Figure(name="store_one", size=1_000, unit="µs", value=499.0, ratio=2.9), "must"),
        (Figure(name="help", unit="ms", note="there is no such command"), "none"),
        (Figure(name="heavy_modules", unit="count", value=1), "missed"),
    ],
    ids=lambda value: value.key if isinstance(value, Figure) else value,
)
def test_a_figure_is_held_to_the_limit_of_its_size(figure, verdict):
    assert verdict_of(figure) == verdict


def test_every_name_with_a_limit_has_a_label():
    sizes = (None, 1_000, 10_000, 100_000, 1_000_000)
    limited = {
        name
        for name in LABELS
        for size in sizes
        if limits_of(Figure(name=name, size=size, unit="ms", value=1.0))
    }

    assert limited >= {"find_similar", "recall_at_10", "memory", "get", "store_many_per_row"}
    assert limits_of(Figure(name="interpreter", unit="ms", value=1.0)) == ()


def test_the_ratio_is_between_the_medians():
    figure = timed_figure("get", 1_000, [2_000, 3_000, 90_000], [1_000, 1_500, 1_700])

    assert figure.ratio == 2.0
    assert figure.value == 3.0


def test_a_search_is_told_in_milliseconds_with_its_processor_time():
    figure = search_figure("find_similar", 1_000, ([9_500_000], [2_500_000]))

    assert (figure.value, figure.cpu, figure.unit) == (9.5, 2.5, "ms")
    assert figure.ours.p50 == 9_500.0


def amount(value: float, name: str = "get") -> Comparable:
    return Comparable(name, value, "x raw")


def test_a_figure_a_third_worse_than_its_baseline_is_flagged():
    before = {"get@1000": amount(2.0), "category@1000": amount(2.0)}
    now = {"get@1000": amount(2.5), "category@1000": amount(2.7), "new@1000": amount(9.0)}

    assert regressions(before, now) == ["category@1000"]
    table = comparison_table(before, now)
    assert "| category@1000 | 2 x raw | 2.7 x raw | 1.35 WORSE |" in table
    assert "| get@1000 | 2 x raw | 2.5 x raw | 1.25 |" in table
    assert "| new@1000 | | 9 x raw | new |" in table


def test_any_loss_of_recall_is_flagged():
    before = {"recall": amount(1.0, "recall_at_10")}

    assert regressions(before, {"recall": amount(0.999, "recall_at_10")}) == ["recall"]
    assert regressions({"recall": amount(0.9, "recall_at_10")}, before) == []


def test_a_figure_that_is_no_longer_measured_is_shown_but_not_another_size():
    before = {"get@1000": amount(2.0), "lost@1000": amount(2.0), "get@1000000": amount(2.0)}

    table = comparison_table(before, {"get@1000": amount(2.0)})

    assert "| lost@1000 | 2 x raw | | gone |" in table
    assert "1000000" not in table


def test_a_baseline_is_compared_by_what_other_work_moves_least(tmp_path):
    stored = tmp_path / "baseline.json"
    figures = [
        {"key": "get@1", "name": "get", "unit": "µs", "value": 9.0, "ratio": 1.5},
        {"key": "find_similar@1", "name": "find_similar", "unit": "ms", "value": 9.0, "cpu": 2.0},
        {"key": "memory@1", "name": "memory", "unit": "MB", "value": 40.0, "ratio": None},
        {"key": "import", "name": "import", "unit": "ms", "value": 90.0},
        {"key": "import_cpu", "name": "import_cpu", "unit": "ms", "value": 60.0},
        {"key": "help_cpu", "name": "help_cpu", "unit": "ms", "value": None},
    ]
    stored.write_text(json.dumps({"figures": figures}), "utf-8")

    assert read_figures(stored) == {
        "get@1": Comparable("get", 1.5, "x raw"),
        "find_similar@1": Comparable("find_similar", 2.0, "ms CPU"),
        "memory@1": Comparable("memory", 40.0, "MB"),
        "import_cpu": Comparable("import_cpu", 60.0, "ms"),
    }
