"""The fault campaign would notice: each way of counting is given a fault that is planted."""

from __future__ import annotations

import json
import random
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from reasoningbank import ReasoningBank
from tests.faults import recorded_files
from tests.faults.campaign import crowd, families
from tests.faults.campaign.report import Report, report_of, table, write
from tests.faults.campaign.rounds import Failure, Family, LeftOut, Result, Round, play, seed_of
from tests.faults.campaign.soak import Sample, assert_flat
from tests.faults.counting import count, taken
from tests.faults.crowding import own
from tests.faults.killing import assert_as_answered
from tests.faults.losing_power import lose_power_again_and_again, recording


def played(how, **options) -> tuple[Result, list[Failure]]:
    told: list[Failure] = []
    family = Family(name="planted", question="?", play=how, most=2)
    result = play(family, seed=5, seconds=60, short=True, on_failure=told.append, **options)
    return result, told


def test_what_a_round_acknowledged_is_added_up():
    result, told = played(lambda _: count(acknowledged=3, refused=1))
    assert (result.rounds, result.counts.acknowledged, result.counts.refused) == (2, 6, 2)
    assert (result.counts.bad, told) == (0, [])


def test_what_is_not_as_it_must_be_is_wrong_and_named_with_its_seed():
    def fail(this: Round) -> None:
        assert this.number == 0, "planted"

    result, [failure] = played(fail)
    assert (result.counts.wrong, result.counts.untyped) == (1, 0)
    assert failure.repeat == "--family planted --seed 5 --round 1 --short"
    assert "planted" in failure.said


def test_what_was_lost_is_counted_as_lost_and_not_as_wrong_too():
    def lose(this: Round) -> None:
        count(lost=2, doubled=1)
        raise AssertionError

    result, _ = played(lose)
    assert (result.counts.lost, result.counts.doubled, result.counts.wrong) == (4, 2, 0)


def test_what_is_counted_as_lost_fails_its_round_even_when_nothing_else_does():
    assert len(played(lambda _: count(lost=1))[1]) == 2


def test_any_other_error_is_untyped():
    def raise_something(_: Round) -> None:
        raise ZeroDivisionError

    assert played(raise_something)[0].counts.untyped == 2


def test_a_family_that_cannot_be_played_says_why():
    def leave_out(_: Round) -> None:
        raise LeftOut("no disk")

    result, told = played(leave_out)
    assert (result.rounds, result.note, told) == (0, "left out: no disk", [])


def test_one_round_is_played_again_with_the_same_seed_and_an_empty_folder():
    seen = []

    def look(this: Round) -> None:
        assert not list(this.folder.iterdir())
        seen.append((this.number, this.seed, this.chance.random()))

    played(look)
    first = list(seen)
    seen.clear()
    result, _ = played(look, only=1)
    assert (seen, result.rounds) == ([first[1]], 1)
    assert seed_of(5, "planted", 1) == first[1][1] != first[0][1]


def test_the_table_ends_with_the_totals_and_the_file_holds_the_same(tmp_path: Path):
    results = [played(lambda _: count(acknowledged=3))[0] for _ in range(2)]
    report = report_of(results, seed=5, short=True)
    assert table(report).splitlines()[-1].split()[:3] == ["all", "4", "12"]
    write(report, tmp_path / "made" / "report.json")
    assert (
        msgspec.json.decode((tmp_path / "made" / "report.json").read_bytes(), type=Report) == report
    )


def test_every_family_has_a_name_of_its_own():
    names = [family.name for family in families.ALL]
    assert len(set(names)) == len(names) > 15


def test_every_family_is_on_the_page(checkout: Path):
    page = (checkout / "docs" / "faults.md").read_text("utf-8")
    rows = [line.split("|")[1].strip(" `") for line in page.splitlines() if line.startswith("| `")]
    assert rows == [family.name for family in families.ALL]


# What looks at a bank after a fault


def test_a_pattern_that_was_answered_and_is_not_there_is_lost(tmp_path: Path):
    ReasoningBank.open(tmp_path / "bank.db").close()
    entry = {"kind": "store", "label": "1-1"}
    answered = {**entry, "ids": [str(uuid4())], "answered": True}
    (tmp_path / "journal").write_text(f"{json.dumps(entry)}\n{json.dumps(answered)}\n")
    taken()
    with pytest.raises(AssertionError):
        assert_as_answered(tmp_path / "bank.db", tmp_path / "journal")
    assert taken().lost == 1


def test_a_pattern_that_nobody_in_a_crowd_was_told_of_is_doubled(tmp_path: Path):
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        stored = str(bank.store_pattern(own("1")))
        bank.store_pattern(own("2"))
    journal = tmp_path / "journal"
    journal.write_text(json.dumps({"kind": "stored", "id": stored, "label": "1"}) + "\n")
    taken()
    with pytest.raises(AssertionError):
        crowd.compare(tmp_path / "bank.db", crowd.expected([journal]))
    assert (taken().doubled, crowd.expected([journal]).notes) == (1, 1)


def test_a_disk_that_does_not_flush_is_noticed(quick_folder: Path, monkeypatch):
    monkeypatch.setattr(recorded_files._File, "flush", lambda _: None)
    with recording() as events, pytest.raises(Exception) as raised:
        lose_power_again_and_again(quick_folder, "full", events, 3, 10)
    assert raised.type is AssertionError or hasattr(raised.value, "code")
    taken()


@pytest.mark.parametrize("what", ["memory", "file", "handles"])
def test_what_grows_in_a_soak_is_named(what: str):
    chance = random.Random(1)

    def sample(number: int) -> Sample:
        values = {"memory": 80_000_000, "file": 3_000_000, "handles": 20}
        values[what] += int(values[what] * 0.05 * max(0, number - 10))
        return Sample(number, number * 100, number * 50, **values)

    flat = [Sample(n, n, n, 80_000_000 + chance.randrange(10**6), 3_000_000, 20) for n in range(30)]
    assert len(assert_flat(flat)) == 3
    with pytest.raises(AssertionError, match=f"{what} grows"):
        assert_flat([sample(number) for number in range(30)])
