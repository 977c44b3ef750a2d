"""Banks to consolidate, on each backend that needs no server, with a clock that can be put forward."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.storage import open_storage
from tests.bank.consolidation.material import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bank(any_target: str | Path, clock: Clock) -> Iterator[ReasoningBank]:
    with ReasoningBank(open_storage(any_target), clock=clock) as opened:
        yield opened
