"""Clocks that stand still, go back or are centuries off: ids stay unique and the order makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.storage import open_storage
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, pattern
from tests.faults.wrong_clocks import (
    CLOCKS,
    NOW,
    YEAR,
)


@pytest.fixture(params=CLOCKS, ids=lambda clock: clock.__name__)
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReasoningBank]:
    """A bank whose clock is not what it should be."""
    times = request.param()
    with ReasoningBank(
        open_storage(tmp_path / "bank.db"), embedder=SmallEmbedder(), clock=lambda: next(times)
    ) as opened:
        yield opened


def test_ids_are_unique(bank: ReasoningBank) -> None:
    ids = [bank.store_pattern(pattern(number)) for number in range(50)]
    ids += bank.store_patterns([pattern(number) for number in range(50, 300)])
    assert len(set(ids)) == 300
    assert {one.version for one in ids} == {7}
    assert bank.get_stats().total_patterns == 300
    assert faults(bank) == []


def test_history_is_in_the_order_of_what_happened(bank: ReasoningBank) -> None:
    stored = bank.store_pattern(pattern(1))
    for title in ("one", "two", "three"):
        bank.update_pattern(stored, title=title)
    bank.delete_pattern(stored)
    history = bank.history(stored)
    assert [change.kind for change in history] == ["created", *["updated"] * 3, "deleted"]
    assert [change.version for change in history] == [0, 1, 2, 3, 4]


def test_outcomes_and_merges_are_in_the_order_of_what_happened(bank: ReasoningBank) -> None:
    stored = bank.store_pattern(pattern(1))
    for number in range(20):
        bank.record_outcome(pattern=stored, success=True, evidence={"number": number})
        bank.store_pattern(pattern(1, metadata={"number": number}))
    outcomes = [outcome.evidence["number"] for outcome in bank.outcomes(stored)]
    assert outcomes == list(range(20))
    merges = [seen.content["metadata"] for seen in bank.observations(stored)]
    assert merges == [{"number": number} for number in range(20)]


def test_the_newest_change_counts_whatever_its_time(bank: ReasoningBank) -> None:
    stored = bank.store_pattern(pattern(1, title="first"))
    bank.store_pattern(pattern(1, title="second"))
    found = bank.get_pattern(stored)
    assert found is not None
    assert (found.title, found.version) == ("second", 2)


def test_categories_are_in_an_order_that_does_not_change(bank: ReasoningBank) -> None:
    bank.store_patterns([pattern(number, success_score=0.5) for number in range(30)])
    found = bank.search_by_category("line", 100)
    assert found == bank.search_by_category("line", 100)
    assert [(one.created_at, one.id) for one in found] == sorted(
        ((one.created_at, one.id) for one in found),
        key=lambda place: (reversed_text(place[0]), place[1]),
    )


def reversed_text(text: str) -> list[int]:
    return [-ord(letter) for letter in text]


@pytest.mark.parametrize("away", [-YEAR, YEAR], ids=["too late", "too early"])
def test_what_expires_does_so_by_the_clock_there_is(away: int, tmp_path: Path) -> None:
    clock = [NOW]
    with ReasoningBank(
        open_storage(tmp_path / "bank.db"), embedder=SmallEmbedder(), clock=lambda: clock[0]
    ) as bank:
        bank.store_pattern(pattern(1, expires_at="2026-11-18T12:00:00Z"))
        seen = []
        for clock[0] in (NOW, NOW + away, NOW, NOW - away):
            counted = bank.get_stats().active_patterns
            assert counted == len(bank.search_by_category("line"))
            assert counted == len(bank.find_similar("check bearing"))
            seen.append(counted)
        # It comes back when the clock does: nothing was removed because of a wrong clock.
        assert seen == ([1, 1, 1, 0] if away < 0 else [1, 0, 1, 1])
