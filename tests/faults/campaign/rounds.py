"""A family of faults, a round of it, and playing rounds until their time is over."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from tests.faults.counting import Counts, taken

_IN_MEMORY = Path("/dev/shm")
_PATIENCE_SECONDS = 1_800
"""How long a round may take beyond its time before it is taken for hung; not a measure of speed."""
_SHOWN_LINES = 40
_MOST_FAILURES = 5


class LeftOut(Exception):
    """A family that cannot be played here, and why."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round of a family.

    Args:
        family: Its name.
        number: Counted from 0; families with a list of cases take the case from it.
        seed: All that is drawn in the round comes from it.
        folder: An empty folder of this round's own.
        seconds: What is left of the family's time; a round that takes more is not cut off.
        short: Whether a few seconds must do.
    """

    family: str
    number: int
    seed: int
    folder: Path
    seconds: float
    short: bool

    @property
    def chance(self) -> random.Random:
        """Give randomness that is the same each time the round is played."""
        return random.Random(self.seed)


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of fault, and how a round of it is played.

    Args:
        name: What ``--family`` takes.
        question: What is asked of the bank, as a sentence for the table of the page.
        play: Plays one round; gives a note for the table or None. Fails by an `AssertionError`,
            or by any other error, which is then an untyped one.
        share: Its part of the time, beside the 1.0 of the others.
        short: Whether the short form plays it; what is a set of tests is part of `make test` anyway.
        in_memory: Whether its files may lie in memory: where it makes no difference to what is shown.
        most: The rounds after which there is nothing new to see, or None.
    """

    name: str
    question: str
    play: Callable[[Round], str | None]
    share: float = 1.0
    short: bool = True
    in_memory: bool = False
    most: int | None = None


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A round that did not go as it must, and how to play it again."""

    family: str
    round: int
    repeat: str
    said: str


class Result(msgspec.Struct, kw_only=True):
    """What came of a family."""

    family: str
    rounds: int = 0
    counts: Counts = msgspec.field(default_factory=Counts)
    seconds: float = 0.0
    note: str = ""
    failures: list[Failure] = msgspec.field(default_factory=list)


def seed_of(seed: int, family: str, number: int) -> int:
    """Give the seed of one round, which depends on nothing else that is played."""
    digest = hashlib.sha256(f"{seed} {family} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def play(
    family: Family,
    *,
    seed: int,
    seconds: float,
    short: bool,
    only: int | None = None,
    on_failure: Callable[[Failure], None],
) -> Result:
    """Play rounds of a family until its time is over; one at least, or the one that is asked for.

    A family that fails again and again ends before its time: what is seen then has been seen.
    """
    result = Result(family=family.name)
    began = time.monotonic()
    number = only or 0
    try:
        while True:
            left = max(0.0, seconds - (time.monotonic() - began))
            note = _play_one(family, _Given(seed, number, left, short), result, on_failure)
            result.note = note or result.note
            number += 1
            over = time.monotonic() - began >= seconds or result.rounds == family.most
            if len(result.failures) == _MOST_FAILURES:
                result.note = f"ended after {_MOST_FAILURES} failed rounds; {result.note}"
                break
            if over or only is not None:
                break
    except LeftOut as reason:
        result.note = f"left out: {reason}"
    result.seconds = round(time.monotonic() - began, 1)
    return result


class _Given(NamedTuple):
    """What a round is made of."""

    seed: int
    number: int
    seconds: float
    short: bool


def _play_one(
    family: Family, given: _Given, result: Result, tell: Callable[[Failure], None]
) -> str | None:
    taken()
    said, note = "", None
    counts = Counts()
    with _folder(in_memory=family.in_memory) as folder, _patience(given.seconds):
        try:
            note = family.play(
                Round(
                    family=family.name,
                    number=given.number,
                    seed=seed_of(given.seed, family.name, given.number),
                    folder=folder,
                    seconds=given.seconds,
                    short=given.short,
                )
            )
        except LeftOut:
            raise
        except AssertionError:
            said = traceback.format_exc()
            counts = taken()
            # What was lost or doubled is counted where it was looked for.
            counts.wrong += not counts.bad
        except Exception:  # noqa: BLE001 - any error that is not the bank's own is what is looked for
            said = traceback.format_exc()
            counts = taken()
            counts.untyped += 1
        else:
            counts = taken()
    result.rounds += 1
    result.counts.add(counts)
    if said or counts.bad:
        repeat = f"--family {family.name} --seed {given.seed} --round {given.number}"
        if given.short:
            repeat += " --short"
        shown = "\n".join(said.splitlines()[-_SHOWN_LINES:])
        failure = Failure(family=family.name, round=given.number, repeat=repeat, said=shown)
        result.failures.append(failure)
        tell(failure)
    return note


@contextmanager
def _folder(*, in_memory: bool) -> Iterator[Path]:
    place = _IN_MEMORY if in_memory and os.access(_IN_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="reasoningbank-faults-", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _patience(given: float) -> Iterator[None]:
    """End a round that waits for what never comes long after the seconds it was given."""
    seconds = int(given) + _PATIENCE_SECONDS

    def give_up(*_: object) -> None:
        raise AssertionError(f"it hangs: nothing has come for {seconds} seconds")

    if not hasattr(signal, "alarm"):
        yield
        return
    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
