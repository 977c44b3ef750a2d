"""Power losses: writes that were not flushed are lost, torn and out of order, and the bank is sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank.storage import Durability
from tests.faults.losing_power import (
    lose_power_again_and_again,
    lose_power_while_made,
    recording,
)
from tests.faults.recorded_files import (
    Event,
)


@pytest.fixture
def recorded() -> Iterator[list[Event]]:
    with recording() as events:
        yield events


@pytest.mark.parametrize("durability", ["normal", "full"])
def test_a_power_loss_costs_at_most_what_was_not_promised(
    durability: Durability, quick_folder: Path, recorded: list[Event], seed: int
) -> None:
    lose_power_again_and_again(quick_folder, durability, recorded, seed, every=7)


@pytest.mark.long
@pytest.mark.parametrize("durability", ["normal", "full"])
def test_a_power_loss_after_any_write_costs_at_most_what_was_not_promised(
    durability: Durability, quick_folder: Path, recorded: list[Event], seed: int
) -> None:
    for round_number in range(10):
        folder = quick_folder / str(round_number)
        folder.mkdir()
        lose_power_again_and_again(folder, durability, recorded, seed + round_number, every=1)


def test_a_power_loss_while_a_bank_is_made_leaves_a_whole_one_or_none(
    quick_folder: Path, recorded: list[Event], seed: int
) -> None:
    lose_power_while_made(quick_folder, recorded, seed)
