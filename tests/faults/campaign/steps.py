"""Every statement and every write of every change fails in turn, or is the last a process makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.faults.campaign.rounds import Family, Round
from tests.faults.failing_steps import (
    fail_each_step,
    input_output_error,
    interrupted,
    no_space,
    statements_that_fail,
    writes_that_fail,
)
from tests.faults.killing import kill_at_each_step
from tests.faults.operations import CHANGES


def _statement(folder: Path, change: str) -> None:
    with statements_that_fail():
        fail_each_step(folder, change, input_output_error, once=True)


def _statements_from_there(folder: Path, change: str) -> None:
    with statements_that_fail():
        fail_each_step(folder, change, input_output_error, once=False)


def _interrupt(folder: Path, change: str) -> None:
    with statements_that_fail():
        fail_each_step(folder, change, interrupted, once=True)


def _write(folder: Path, change: str) -> None:
    with writes_that_fail():
        fail_each_step(folder, change, input_output_error, once=True)


def _no_space(folder: Path, change: str) -> None:
    with writes_that_fail():
        fail_each_step(folder, change, no_space, once=False)


def _killed(folder: Path, change: str) -> None:
    kill_at_each_step(folder, change, torn=False)


def _killed_in_a_write(folder: Path, change: str) -> None:
    kill_at_each_step(folder, change, torn=True)


_WAYS: tuple[Callable[[Path, str], None], ...] = (
    _statement,
    _killed,
    _write,
    _interrupt,
    _no_space,
    _killed_in_a_write,
    _statements_from_there,
)
# Changes by ways, so ordered that a few rounds in a row meet most of both.
CASES = [
    (way, change)
    for shift in range(len(CHANGES))
    for way, change in (
        (way, list(CHANGES)[(position + shift) % len(CHANGES)])
        for position, way in enumerate(_WAYS)
    )
]


def _play(this: Round) -> str:
    way, change = CASES[this.number % len(CASES)]
    way(this.folder, change)
    return f"{len(CHANGES)} changes x {len(_WAYS)} ways are {len(CASES)} rounds"


FAMILY = Family(
    name="steps",
    question="each statement and each write of a change fails in turn, or the process is killed there",
    play=_play,
    share=2.0,
    in_memory=True,
    most=len(CASES),
)
