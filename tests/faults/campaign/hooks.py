"""Hooks of an editor that meet odd input and banks that are held, damaged, missing or another's."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import apsw

from reasoningbank import ReasoningBank
from tests.faults.campaign.rounds import Family, Round
from tests.faults.counting import count
from tests.faults.foreign_files import TABLES, made_foreign
from tests.hooks.host import PROGRAM, RECORDED, recorded

_CALLS = 12
_FEW_CALLS = 4
_BUDGET_SECONDS = 10.0
"""Of a process on a machine that does other things; its own deadline is 1.7 s, and is tested as such."""
_slowest = 0.0


def _play(this: Round) -> str:
    global _slowest  # noqa: PLW0603 - the note of the family tells the slowest of all rounds
    chance = this.chance
    names = sorted(path.stem for path in RECORDED.glob("*.json"))
    for number in range(_FEW_CALLS if this.short else _CALLS):
        home = this.folder / str(number)
        (home / "work").mkdir(parents=True)
        state = chance.choice(list(_STATES))
        with _STATES[state](home):
            name = chance.choice(names)
            began = time.monotonic()
            done = _called(home, name.partition("-")[0], _input(name, home, chance))
            took = time.monotonic() - began
        _slowest = max(_slowest, took)
        what = f"{name} on a bank that is {state}"
        assert done.returncode == 0, f"{what}: {done.returncode} {done.stderr!r}"
        assert done.stderr == b"", f"{what}: {done.stderr!r}"
        assert not done.stdout or isinstance(json.loads(done.stdout), dict), what
        assert took < _BUDGET_SECONDS, f"{what}: {took:.1f} s"
        count(acknowledged=1)
    return f"acknowledged counts hooks that ended with status 0; the slowest took {_slowest:.1f} s"


def _called(home: Path, event: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    folders = {"HOME": "", "XDG_STATE_HOME": "state", "XDG_DATA_HOME": "data"}
    return subprocess.run(
        [*PROGRAM, "hook", event],
        input=given,
        capture_output=True,
        check=False,
        timeout=60,
        env={**os.environ, **{name: str(home / folder) for name, folder in folders.items()}},
    )


def _input(name: str, home: Path, chance: random.Random) -> bytes:
    sound = json.dumps(recorded(name, cwd=str(home / "work"))).encode()
    kind = chance.randrange(6)
    if kind == 0:
        return sound[: chance.randrange(len(sound))]
    if kind == 1:
        content = bytearray(sound)
        for _ in range(5):
            content[chance.randrange(len(content))] = chance.randrange(256)
        return bytes(content)
    if kind == 2:
        changed = recorded(name, cwd=str(home / "work"))
        changed[chance.choice(sorted(changed))] = chance.choice(
            [None, 7, [], {}, "", "x" * 100_000]
        )
        return json.dumps(changed).encode()
    return sound


def _bank_path(home: Path) -> Path:
    path = home / "data" / "reasoningbank" / "bank.db"
    path.parent.mkdir(parents=True)
    return path


@contextmanager
def _missing(home: Path) -> Iterator[None]:
    yield


@contextmanager
def _known(home: Path) -> Iterator[None]:
    with ReasoningBank.open(_bank_path(home)) as bank:
        bank.store_pattern(
            task_description="Make the failing tests of the invoice parser pass",
            task_category="debugging",
            strategy="Read the first assertion that fails before changing anything.",
        )
    yield


@contextmanager
def _held(home: Path) -> Iterator[None]:
    with _known(home):
        holder = apsw.Connection(str(home / "data" / "reasoningbank" / "bank.db"))
        holder.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        holder.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            holder.close()


@contextmanager
def _damaged(home: Path) -> Iterator[None]:
    with _known(home):
        path = home / "data" / "reasoningbank" / "bank.db"
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xa5" * (len(content) - 4096)
        path.write_bytes(content)
        yield


@contextmanager
def _foreign(home: Path) -> Iterator[None]:
    made_foreign(_bank_path(home), TABLES["agentic-flow"][1], "wal").close()
    yield


_STATES: dict[str, Callable[[Path], AbstractContextManager[None]]] = {
    "missing": _missing,
    "sound": _known,
    "held by another process": _held,
    "damaged": _damaged,
    "another program's": _foreign,
}


FAMILY = Family(
    name="hooks",
    question="hooks are given odd input, and banks that are missing, held, damaged or another "
    "program's",
    play=_play,
    share=0.5,
)
