"""The comparison with peers: what is told counts as acknowledged, and what cannot be done is said."""

from __future__ import annotations

import sys

import pytest

from benchmarks.peers import speaking
from benchmarks.peers.__main__ import install
from benchmarks.peers.contestants import CONTESTANTS, OPERATIONS
from benchmarks.peers.environments import NotInstalled
from benchmarks.peers.measuring import measured, numbers_for, warm_up
from benchmarks.peers.rows import recall_at_10, write_rows
from benchmarks.peers.speaking import Driver, Failed
from benchmarks.peers.surviving import killed

SIZE = 60
BY_NAME = {one.name: one for one in CONTESTANTS}
# Those that run in the environment of the tests.
HERE = [BY_NAME["bank"], BY_NAME["numpy"]]


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    write_rows(folder, SIZE)
    return folder


@pytest.fixture(autouse=True)
def _in_this_environment(monkeypatch):
    monkeypatch.setattr(speaking, "python_of", lambda _: sys.executable)
    monkeypatch.setattr("benchmarks.peers.measuring.STARTS", 1)


def test_the_bank_and_a_matrix_are_measured_side_by_side_and_both_find_the_nearest(rows, tmp_path):
    timed, prints, out = measured(HERE, SIZE, rows, tmp_path, lambda _: None)

    assert out == {}
    assert {one.operation for one in timed if one.contestant == "bank"} == set(OPERATIONS)
    assert all(one.spread is not None and one.failed is None for one in timed)
    assert [one.recall_at_10 for one in prints] == [1.0, 1.0]
    assert all(one.bytes_per_row > 0 and one.open_ms > 0 for one in prints)


def test_nothing_the_bank_acknowledged_is_lost_when_it_is_killed(rows, tmp_path):
    survival = killed(BY_NAME["bank"], rows, tmp_path, rounds=2, seed=1)

    assert survival.acknowledged >= 10
    assert (survival.lost, survival.unreadable) == (0, 0)


def test_a_row_that_is_missing_after_a_kill_is_counted(rows, tmp_path, monkeypatch):
    heard = Driver.hear

    def invented(driver):
        told = heard(driver)
        return {"stored": 10_000} if told is not None and "stored" in told else told

    monkeypatch.setattr(Driver, "hear", invented)
    survival = killed(BY_NAME["numpy"], rows, tmp_path, rounds=1, seed=1)

    assert survival.lost == survival.acknowledged > 0


def test_what_a_contestant_says_when_it_fails_is_told(rows, tmp_path):
    with Driver(BY_NAME["numpy"], rows) as driver:
        driver.ask("open", path=str(tmp_path / "store"))
        with pytest.raises(Failed, match="KeyError"):
            driver.ask("time", operation="store_text", numbers=[0], seconds=1)


def test_a_contestant_that_cannot_be_installed_is_left_out_with_the_reason(monkeypatch, capsys):
    def refuse(*_):
        raise NotInstalled("no such package")

    monkeypatch.setattr("benchmarks.peers.__main__.prepared", refuse)
    weights, left_out = install([BY_NAME["chromadb"]])

    assert (weights, left_out) == ({}, {"chromadb": "not installed: no such package"})
    assert "SKIPPED: Chroma: no such package" in capsys.readouterr().err


def test_rows_that_miss_the_nearest_lower_the_recall(rows):
    assert recall_at_10(rows, SIZE, [(0, [])]) == 0
    assert recall_at_10(rows, SIZE, [(0, list(range(SIZE)))]) == 1


def test_no_row_is_stored_twice_by_the_timed_calls():
    stores = [one for one in OPERATIONS if one.startswith("store")]
    numbers = [
        number + offset
        for one in stores
        for number in numbers_for(one, SIZE) + warm_up(one, SIZE)
        for offset in range(1_000 if one == "store_thousand" else 1)
    ]

    assert len(numbers) == len(set(numbers))
    assert min(numbers) >= SIZE
