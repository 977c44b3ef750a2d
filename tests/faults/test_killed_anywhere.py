"""SIGKILL at random moments: what was answered is there, whole, and the bank needs no repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.killing import (
    kill_again_and_again,
)


def test_what_was_answered_before_a_kill_is_there_after_it(tmp_path: Path, seed: int) -> None:
    kill_again_and_again(tmp_path, 12, seed)


@pytest.mark.long
def test_a_hundred_kills_lose_nothing(tmp_path: Path, seed: int) -> None:
    kill_again_and_again(tmp_path, 100, seed)
