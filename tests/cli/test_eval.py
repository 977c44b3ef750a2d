"""`reasoningbank eval`: the comparison from the command line."""

from __future__ import annotations

import pytest

pytest.importorskip("bm25s", reason="needs the extra eval")
pytest.importorskip("matplotlib", reason="needs the extra eval")

SMALL = (
    "--streams", "1", "--visits", "4", "--processes", "1", "--arm", "bank", "--arm", "no-memory",
    "--environment", "click-button", "--environment", "enter-text", "--environment", "use-slider-2",
)  # fmt: skip


def test_eval_prints_a_table_and_keeps_report_and_curves(call, tmp_path):
    ended = call("eval", "miniwob", "--out", tmp_path / "out", *SMALL)

    assert ended.status == 0
    assert "3 environments, 4 visits of each" in ended.stdout
    assert "no-memory" in ended.stdout
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "runs", "report.json", "report.md", "curves.png",
    }  # fmt: skip


def test_eval_as_json_gives_the_report_that_is_written(call, tmp_path):
    told = call("eval", "miniwob", "--out", tmp_path, *SMALL, "--json").json

    assert told["best_rival"] == "no-memory"
    assert told["plan"]["visits"] == 4
    assert set(told["arms"]) == {"bank", "no-memory"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (("atlantis",), "world"),
        (("miniwob", "--arm", "witch"), "arm"),
        (("miniwob", "--environment", "attic"), "environments"),
        (("miniwob", "--visits", "31"), "visits"),
        (("miniwob", "--held-out", "1.5"), "held_out"),
        (("miniwob", "--streams", "0"), "streams"),
    ],
)
def test_eval_names_what_it_cannot_do(call, tmp_path, asked, field):
    ended = call("eval", *asked, "--out", tmp_path / "out")

    assert ended.status == 2
    assert field in ended.stderr
    assert not (tmp_path / "out").exists()


def test_a_matrix_that_is_none_is_said_to_be_none(call, tmp_path):
    (tmp_path / "m.gz").write_bytes(b"no matrix")
    ended = call("eval", "miniwob", "--matrix", tmp_path / "m.gz", "--out", tmp_path / "out")

    assert ended.status != 0
    assert "is not a recorded matrix" in ended.stderr
