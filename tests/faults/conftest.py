"""Seeds that are printed, and a folder in memory for tests that make hundreds of banks."""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.counting import SEED_VARIABLE

_IN_MEMORY = Path("/dev/shm")
_PATIENCE_SECONDS = 600
_used: list[tuple[str, int]] = []


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """The seed of this test; set FAULT_SEED to repeat one that was printed."""
    given = os.environ.get(SEED_VARIABLE)
    drawn = int(given) if given else random.SystemRandom().getrandbits(32)
    _used.append((request.node.nodeid, drawn))
    return drawn


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, drawn in _used:
        terminalreporter.write_line(f"{name}: repeat with {SEED_VARIABLE}={drawn}")


@pytest.fixture(autouse=True)
def patience(request: pytest.FixtureRequest) -> Iterator[None]:
    """End a test that waits for what never comes; how long is no measure of speed."""
    if not hasattr(signal, "alarm") or request.node.get_closest_marker("long"):
        yield
        return

    def give_up(*_: object) -> None:
        raise AssertionError(f"it hangs: nothing has come for {_PATIENCE_SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_PATIENCE_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder whose files need not reach a disk: what is injected does not ask where they are."""
    if not os.access(_IN_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="reasoningbank-", dir=_IN_MEMORY) as folder:
        yield Path(folder)
