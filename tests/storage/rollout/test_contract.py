"""A rollout does what a bank does, and whatever is done leaves both its banks equal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.storage import StorageBackend
from tests.bank.test_state_machine import BankOnAFile, Letters, rule, walk
from tests.spec.runner import DirectFace, Run, Stores
from tests.spec.test_scenarios import SCENARIOS
from tests.storage.rollout.pairs import Settled, begun, level, opened


class PairedStores(Stores):
    """Stores that are rollouts, answered by the candidate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.rollouts = {}

    def open(self, name: str) -> StorageBackend:
        path = self.folder / f"{name}.db"
        self.rollouts[name] = begun(path)
        return opened(path, Settled)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_rollout_does_what_the_scenario_says_and_both_banks_are_equal(name, tmp_path):
    stores = PairedStores(tmp_path)
    with Run(stores, DirectFace()) as run:
        run.run(SCENARIOS[name])

        assert run.damage() == []

    for rollout in stores.rollouts.values():
        level(rollout)
        assert rollout.status().mismatches == ()


class BankInARollout(BankOnAFile):
    def bank_on(self, target: str | Path) -> ReasoningBank:
        if target == "memory:":  # where patterns are moved to, away from the rollout
            return super().bank_on(target)
        path = Path(target)
        begun(path)
        return ReasoningBank(
            opened(path, Settled),
            embedder=Letters(),
            clock=lambda: self.now,
            random_bytes=self.random_bytes,
        )

    @rule()
    def open_all_again(self) -> None:
        for bank in self.banks:
            bank.close()
        self.banks = self.opened()

    def teardown(self) -> None:
        for bank in self.banks:
            bank.close()
        rollout = begun(self.folder / "bank.db")
        level(rollout)
        assert rollout.status().mismatches == ()
        shutil.rmtree(self.folder)


def test_a_rollout_does_what_a_dictionary_would_and_ends_with_equal_banks() -> None:
    walk(BankInARollout, examples=8, steps=30)


@pytest.mark.long
def test_a_rollout_does_what_a_dictionary_would_on_many_walks() -> None:
    walk(BankInARollout, examples=200, steps=60)
