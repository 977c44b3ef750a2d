"""Serve one contestant over standard input and output: a JSON object a line asks, one answers.

Runs in the contestant's own environment, so it imports nothing but the standard library. Times are taken here, around
the contestant's call alone; what the call is given is made before the clock starts.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from array import array
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

DIMENSION = 768
THOUSAND = 1_000


class Contestant(Protocol):
    """A store, in the words of the measurement. `operations` gives for a name what prepares a call and what makes it."""

    packages: Sequence[str]

    def open(self, path: Path) -> None: ...
    def close(self) -> None: ...
    def fill(self, first: int, count: int) -> None: ...
    def operations(self) -> dict[str, tuple[Callable[[int], Any], Callable[[Any], Any]]]: ...
    def found(self, answer: Any) -> list[int]: ...
    def id_of(self, number: int) -> Any: ...
    def get(self, id: Any) -> Any: ...
    def store(self, number: int) -> Any: ...


class Rows:
    """The rows and queries of one size; a row is read when asked for, so that they are not held in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._texts: list[list[Any]] | None = None

    def text(self, number: int) -> list[Any]:
        """Task, category, strategy and score of a row."""
        if self._texts is None:
            lines = (self.folder / "rows.jsonl").read_text("utf-8").splitlines()
            self._texts = [json.loads(line) for line in lines]
        return self._texts[number]

    def floats(self, number: int, file: str = "vectors.f32") -> list[float]:
        return array("f", self._bytes(file, number, 4 * DIMENSION)).tolist()

    def packed(self, number: int, file: str = "vectors.f32") -> bytes:
        """The same as little-endian bytes."""
        return self._bytes(file, number, 4 * DIMENSION)

    def int8(self, number: int, file: str = "vectors.i8") -> bytes:
        return self._bytes(file, number, DIMENSION)

    def query(self, number: int) -> str:
        return json.loads((self.folder / "queries.json").read_text("utf-8"))[number]

    def category(self, number: int) -> str:
        names = json.loads((self.folder / "categories.json").read_text("utf-8"))
        return names[number % len(names)]

    def _bytes(self, file: str, number: int, length: int) -> bytes:
        with (self.folder / file).open("rb") as read:
            read.seek(number * length)
            return read.read(length)


def number_in(strategy: str) -> int:
    """The row's number, which ends its strategy."""
    return int(strategy.rsplit("Case ", 1)[1].split(".", 1)[0])


class Session:
    def __init__(self, contestant: Contestant) -> None:
        self.contestant = contestant

    def hello(self) -> dict[str, Any]:
        versions = {name: metadata.version(name) for name in self.contestant.packages}
        return {"versions": versions, "operations": sorted(self.contestant.operations())}

    def open(self, path: str) -> dict[str, Any]:
        begun = time.perf_counter_ns()
        self.contestant.open(Path(path))
        return {"ns": time.perf_counter_ns() - begun}

    def close(self) -> dict[str, Any]:
        self.contestant.close()
        return {}

    def fill(self, first: int, count: int) -> dict[str, Any]:
        self.contestant.fill(first, count)
        return {"sample": self.contestant.id_of(first)}

    def time(self, operation: str, numbers: Sequence[int], seconds: float) -> dict[str, Any]:
        """Time calls one by one, until all are made or the time is used up."""
        prepare, call = self.contestant.operations()[operation]
        given = [(number, prepare(number)) for number in numbers]
        clock, taken, found = time.perf_counter_ns, [], []
        gc.collect()
        until = clock() + int(seconds * 1e9)
        for number, argument in given:
            begun = clock()
            answer = call(argument)
            taken.append(clock() - begun)
            if operation == "similar_10":
                found.append([number, self.contestant.found(answer)])
            if clock() > until:
                break
        return {"ns": taken, "found": found}

    def once(self, operation: str, given: Any) -> dict[str, Any]:
        """Time one call in a process that has done nothing else: a get of an id, or a search."""
        if operation == "get":
            call, argument = self.contestant.get, given
        else:
            prepare, call = self.contestant.operations()[operation]
            argument = prepare(given)
        begun = time.perf_counter_ns()
        call(argument)
        return {"ns": time.perf_counter_ns() - begun}

    def processes(self) -> dict[str, Any]:
        return {"pids": [os.getpid()]}

    def present(self, ids: Sequence[Any]) -> dict[str, Any]:
        return {"present": [self.contestant.get(one) is not None for one in ids]}


def serve(make: Callable[[Rows], Contestant]) -> None:
    """Answer until the input ends. What the contestant itself prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    session = Session(make(Rows(Path(sys.argv[1]))))

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    for line in sys.stdin:
        ask = json.loads(line)
        do = ask.pop("do")
        try:
            if do == "stream":
                # Told only after the call has returned: what is told here counts as acknowledged.
                for number in range(ask["first"], ask["first"] + ask["count"]):
                    say({"stored": session.contestant.store(number)})
                continue
            say(getattr(session, do)(**ask))
        except Exception as error:  # noqa: BLE001 - told to the other side, which shows it
            say({"failed": f"{type(error).__name__}: {error}"[:300]})
