"""What every test stands on: a home of its own, no environment of the developer's, banks that are closed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import configuration, settings

from tests.faults.counting import hand_over
from tests.homes import environment_of

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank

CHECKOUT = Path(__file__).resolve().parent.parent

# Servers and databases for whoever asks for one; nothing is started before.
pytest_plugins = ["tests.postgres.fixtures"]

# Examples are kept in the checkout although every test runs in a directory of its own. No deadline: a loaded
# machine is slow, not wrong, and no test here measures time.
configuration.set_hypothesis_home_dir(CHECKOUT / ".hypothesis")
settings.register_profile("reasoningbank", deadline=None, print_blob=True)
settings.load_profile("reasoningbank")


# What a shell starts in the background ignores Ctrl-C, and so would every process that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seed at the end as well: `-q` leaves out the header that would carry it."""
    seed = terminalreporter.config.getoption("randomly_seed", default=None)
    if seed is not None:
        terminalreporter.write_line(f"random order: repeat with -p randomly --randomly-seed={seed}")


def pytest_sessionfinish() -> None:
    """Tell a campaign that started these tests what was acknowledged, and what became of it."""
    hand_over()


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home and working directory, and no setting inherited from whoever runs the tests.

    Without it a test could find the developer's own bank, or leave one behind.
    """
    root = tmp_path_factory.mktemp("home")
    work = root / "work"
    work.mkdir()
    for name, value in environment_of(root):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(work)
    return root


@pytest.fixture
def checkout() -> Path:
    """The root of the repository, for tests about its files."""
    return CHECKOUT


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[ReasoningBank]:
    """An empty bank on a SQLite file."""
    from reasoningbank import ReasoningBank

    with ReasoningBank.open(tmp_path / "bank.db") as opened:
        yield opened


@pytest.fixture(params=["sqlite", "memory", "postgres"])
def any_target(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where an empty bank can be opened, on each backend, one after the other."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_dsn"))
    return "memory:" if request.param == "memory" else tmp_path / "bank.db"


@pytest.fixture
def any_bank(any_target: str | Path) -> Iterator[ReasoningBank]:
    """An empty bank on each backend, one after the other."""
    from reasoningbank import ReasoningBank

    with ReasoningBank.open(any_target) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of evaluation data kept outside the repository, or a skip that says where it was sought."""
    asked = os.environ.get("REASONINGBANK_SHARED")
    folder = Path(asked) if asked else CHECKOUT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip(f"no evaluation data in {folder} (set REASONINGBANK_SHARED to its folder)")
    return folder
