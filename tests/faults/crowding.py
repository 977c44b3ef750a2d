"""The program of a crowd: threads and tasks of an event loop that all change one bank, and note every answer."""
# ruff: noqa: T201 - the parent waits for what a program prints

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NamedTuple

from reasoningbank import AsyncReasoningBank, PatternInput, ReasoningBank

SHARED = 12
"""How many patterns everybody in a crowd stores: they are one each in the end."""
CATEGORY = "crowd"
_KINDS = ("store", "store", "store", "shared", "update", "outcome", "delete", "erase", "find")


class Call(NamedTuple):
    """A method of a bank and what it is given."""

    method: str
    arguments: tuple[object, ...] = ()
    options: dict[str, object] = {}  # noqa: RUF012 - never changed


Note = Callable[..., None]
Actor = Generator[Call, object, None]


def own(label: str) -> PatternInput:
    """Give the pattern that one actor alone stores."""
    return PatternInput(
        task_description=f"sort the parcel {label} by its street",
        task_category=CATEGORY,
        strategy=f"parcel {label} goes by its first letter",
    )


def shared(number: int) -> PatternInput:
    """Give the pattern that every actor stores."""
    return PatternInput(
        task_description=f"weigh the sack {number} of the crowd",
        task_category=CATEGORY,
        strategy=f"sack {number} is weighed twice",
    )


def work_in_a_crowd(
    path: str, worker: int, seed: int, actors: int, steps: int, journal: str
) -> int:
    """Let half the actors be threads and half be tasks of one event loop; give how many there were."""
    print("ready", flush=True)
    sys.stdin.readline()
    lock = threading.Lock()
    with Path(journal).open("a", encoding="ascii") as notes:

        def note(**entry: object) -> None:
            with lock:
                notes.write(json.dumps(entry) + "\n")
                notes.flush()

        playing = [
            _actor(f"{worker}-{number}", random.Random(f"{seed} {worker} {number}"), steps, note)
            for number in range(actors)
        ]
        errors: list[BaseException] = []
        with ReasoningBank.open(path) as bank:
            threads = [
                threading.Thread(target=_in_thread, args=(bank, actor, errors))
                for actor in playing[: actors // 2]
            ]
            for thread in threads:
                thread.start()
            asyncio.run(_as_tasks(path, playing[actors // 2 :]))
            for thread in threads:
                thread.join()
    if errors:
        raise errors[0]
    return actors


def _actor(label: str, chance: random.Random, steps: int, note: Note) -> Actor:
    """Ask for changes and look at the answers; whoever drives this makes the calls."""
    living: list[str] = []
    for number in range(steps):
        kind = chance.choice(_KINDS)
        name = f"{label}-{number}"
        if kind == "store" or (not living and kind != "shared"):
            stored = str((yield Call("store_pattern", (own(name),))))
            note(kind="stored", id=stored, label=name)
            living.append(stored)
            found = yield Call("get_pattern", (stored,))
            assert found is not None, f"{name} was acknowledged and cannot be read"
        elif kind == "shared":
            which = chance.randrange(SHARED)
            stored = str((yield Call("store_pattern", (shared(which),))))
            note(kind="shared", id=stored, label=str(which))
        elif kind == "update":
            which_id = chance.choice(living)
            yield Call("update_pattern", (which_id,), {"strategy": f"parcel {name} is turned"})
            note(kind="updated", id=which_id, label=name)
        elif kind == "outcome":
            which_id = chance.choice(living)
            yield Call("record_outcome", (), {"pattern": which_id, "success": True})
            note(kind="outcome", id=which_id)
        elif kind == "find":
            yield Call("find_similar", (f"sort the parcel {name}",), {"top_k": 3})
        else:
            which_id = living.pop(chance.randrange(len(living)))
            yield Call("delete_pattern" if kind == "delete" else "erase", (which_id,))
            note(kind="removed", id=which_id)
            found = yield Call("get_pattern", (which_id,))
            assert found is None, f"{which_id} was removed and is still read"


def _in_thread(bank: ReasoningBank, actor: Actor, errors: list[BaseException]) -> None:
    try:
        call = next(actor)
        while True:
            answer = getattr(bank, call.method)(*call.arguments, **call.options)
            call = actor.send(answer)
    except StopIteration:
        return
    except BaseException as error:  # noqa: BLE001 - the main thread raises it
        errors.append(error)


async def _as_tasks(path: str, actors: list[Actor]) -> None:
    async with AsyncReasoningBank.open(path) as bank:

        async def play(actor: Actor) -> None:
            try:
                call = next(actor)
                while True:
                    answer = await getattr(bank, call.method)(*call.arguments, **call.options)
                    call = actor.send(answer)
            except StopIteration:
                return

        await asyncio.gather(*(play(actor) for actor in actors))
