"""Families that are sets of tests: played in a random order, their long forms too, and counted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.faults.campaign.rounds import Family, LeftOut, Round
from tests.faults.children import CHECKOUT
from tests.faults.counting import FILE_VARIABLE, SEED_VARIABLE, count, handed_over

_SHOWN = 4_000
_ENOUGH_SECONDS = 300.0
"""The time left for which the long forms of tests are played: one of them may take minutes."""


def played(selection: tuple[str, ...], *options: str) -> Callable[[Round], str]:
    """Give the play of a family whose rounds are these files of tests, or of the so-many-th group.

    Args:
        selection: Files separated by spaces, one group a round, in turn.
        options: Of pytest, beside those that every round has.
    """

    def play(this: Round) -> str:
        return _run(this, selection[this.number % len(selection)].split(), options)

    return play


def _run(this: Round, files: list[str], options: tuple[str, ...]) -> str:
    report, counts = this.folder / "report.xml", this.folder / "counts"
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider",
            "-m", "" if this.seconds >= _ENOUGH_SECONDS else "not long",
            f"--basetemp={this.folder / 'temporary'}", f"--junitxml={report}",
            f"--randomly-seed={this.seed}", f"--hypothesis-seed={this.seed}", *options, *files,
        ],
        cwd=CHECKOUT,
        env={**os.environ, SEED_VARIABLE: str(this.seed), FILE_VARIABLE: str(counts)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    said = done.stdout[-_SHOWN:] + done.stderr[-_SHOWN:]
    assert report.exists(), said
    passed, failed, reasons = _read(report)
    told = handed_over(counts)
    count(
        acknowledged=told.acknowledged,
        lost=told.lost,
        doubled=told.doubled,
        wrong=told.wrong,
        refused=told.refused,
    )
    assert failed == 0, said
    assert done.returncode == 0, said
    if not passed:
        raise LeftOut("; ".join(sorted(reasons)) or "no test was found")
    left = f", {len(reasons)} reasons to leave out others" if reasons else ""
    return f"{passed} tests in the last round{left}"


def _read(report: Path) -> tuple[int, int, set[str]]:
    """Give how many tests passed and failed, and why others were left out."""
    passed = failed = 0
    reasons: set[str] = set()
    for case in ET.parse(report).getroot().iter("testcase"):
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skipped is not None:
            reasons.add(skipped.get("message", "no reason given"))
        else:
            passed += 1
    return passed, failed, reasons


READING = Family(
    name="readonly",
    question="the file, its directory or its file system may not be written, by an ordinary user and "
    "by root (the tests of tests/faults/test_read_only.py)",
    play=played(("tests/faults/test_read_only.py",)),
    share=0.25,
    short=False,
    most=3,
)
FORKS = Family(
    name="forks",
    question="a program forks, pickles, copies, closes and forgets open banks, also in the middle of "
    "a transaction (the tests of forks, threads and event loops)",
    play=played(
        (
            "tests/faults/test_forks.py tests/faults/test_background_consolidation.py",
            "tests/faults/test_threads.py tests/faults/test_event_loop.py",
        )
    ),
    share=0.5,
    short=False,
)
ROLLOUT = Family(
    name="rollout",
    question="eight writers go on while a bank is moved to another file step by step, and are killed "
    "(the tests of rollouts)",
    play=played(("tests/faults/test_rollouts.py", "tests/storage/rollout/test_faults.py")),
    share=0.75,
    short=False,
)
STATES = Family(
    name="states",
    question="a bank does what a dictionary would on random walks, and a search what comparing "
    "everything would (hypothesis state machines)",
    play=played(("tests/bank/test_state_machine.py", "tests/storage/test_vector_index.py")),
    share=2.0,
    short=False,
)
POSTGRES = Family(
    name="postgres",
    question="the server is killed, fails over or cuts a connection in a transaction, the pool is "
    "exhausted, statements time out, and tenants try to get around their walls",
    play=played(
        (
            "tests/postgres/test_killed_server.py tests/postgres/test_failover.py",
            "tests/postgres/test_cut_connections.py",
            "tests/postgres/test_many_at_once.py tests/postgres/test_refusals.py",
            "tests/postgres/test_tenancy.py tests/postgres/test_migrating.py",
        )
    ),
    share=2.0,
    short=False,
)
