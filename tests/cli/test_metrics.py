"""`reasoningbank metrics`: what all programs asked of the bank."""

from __future__ import annotations

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.cli.quantities import duration, seconds_of
from reasoningbank.domain.errors import InvalidInput


@pytest.fixture
def used(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_pattern(
            task_description="Add login to the API", task_category="backend", strategy="Test first."
        )
        bank.recall("add a login")
        bank.recall("zzz qqq xyxyx")
        with pytest.raises(InvalidInput):
            bank.search_by_category("")
    return path


def test_the_table_shows_what_another_process_did(call, used):
    shown = call("metrics", "--db", used)

    assert shown.status == 0
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["OPERATION", "CALLS", "PER", "S", "P50", "P95", "P99", "ROWS", "BYTES", "ERRORS"]  # fmt: skip
    [stored] = [line.split() for line in lines if line.startswith("store_pattern")]
    assert stored[2] == "<0.01"  # one call in a day
    assert "2, of which 1 abstained (50%)" in shown.stdout
    assert "invalid_input 1" in shown.stdout
    assert max(map(len, lines)) <= 80


def test_json_has_the_same_figures(call, used):
    counted = call("metrics", "--db", used, "--json").json

    assert counted["recalls"]["recalls"] == 2
    [stored] = [one for one in counted["operations"] if one["name"] == "store_pattern"]
    assert (stored["calls"], stored["rows"], stored["timed"]) == (1, 1, 1)
    assert 0 < stored["p50"] <= stored["p99"]


def test_looking_is_not_counted(call, used):
    call("metrics", "--db", used)
    counted = call("metrics", "--db", used, "--json").json

    assert {one["name"] for one in counted["operations"]} == {
        "recall",
        "search_by_category",
        "store_pattern",
    }


def test_a_bank_that_nobody_asked_says_so(call, tmp_path):
    shown = call("metrics", "--db", tmp_path / "new.db")

    assert shown.stdout.startswith("Nothing was asked of the bank since 20")


def test_watching_shows_it_until_interrupted(call, used, monkeypatch):
    from reasoningbank.cli.verbs import measuring

    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(measuring.time, "sleep", sleep)
    shown = call("metrics", "--db", used, "--watch", "--every", "0.5")

    assert shown.status == 0
    assert shown.stdout.count("OPERATION") == 3
    assert slept == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("written", ["", "yesterday", "10", "-1h", "1w"])
def test_a_time_that_is_none_is_refused(call, used, written):
    ended = call("metrics", "--db", used, "--since", written)

    assert ended.status == 2
    assert "since is not a length of time" in ended.stderr


def test_times_are_read_and_written():
    assert [seconds_of(text, "since") for text in ("30s", "1.5m", "24h", "7d")] == [
        30.0,
        90.0,
        86_400.0,
        604_800.0,
    ]
    assert [duration(one) for one in (None, 8.1e-6, 0.0123, 4.5, 1234)] == [
        "-",
        "8.1 µs",
        "12.3 ms",
        "4.5 s",
        "1,234 s",
    ]
