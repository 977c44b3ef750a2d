"""Running an arm through a stream, and keeping what happened so that a run goes on where it stopped."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Final

import msgspec

import reasoningbank
from reasoningbank.evaluation.arms import ARMS, Setting
from reasoningbank.evaluation.arms.told import ByName, Oracle
from reasoningbank.evaluation.streams import Plan, Visit, stream_of
from reasoningbank.evaluation.world import Attempt, Observation, World

_DECIDING: Final = (
    "bank", "domain", "embedding", "evaluation", "learning", "retrieval", "storage"
)  # fmt: skip


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt at an episode, with the reason for its strategy."""

    strategy: str
    why: str
    success: bool
    score: float
    applies: bool


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """One episode of a stream and the attempts at it, in order."""

    visit: Visit
    tries: tuple[Try, ...]

    @property
    def first(self) -> bool:
        """Whether the first attempt succeeded."""
        return self.tries[0].success

    @property
    def solved(self) -> bool:
        """Whether any attempt succeeded."""
        return self.tries[-1].success


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was made of; a file with another head is not taken up again."""

    arm: str
    seed: int
    plan: Plan
    world: str
    code: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One arm in one stream."""

    head: Head
    met: tuple[Met, ...]


def fingerprint() -> str:
    """Return a digest of the code that decides how a run goes: runs of other code are not taken up."""
    digest = hashlib.sha256()
    root = Path(reasoningbank.__file__).parent
    for path in sorted(path for room in _DECIDING for path in (root / room).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def run_stream(world: World, arm: str, plan: Plan, seed: int) -> Iterator[Met]:
    """Let an arm act through a stream and give each episode as it was met."""
    visits = stream_of(world, plan, seed)
    setting = Setting(world=world, visits=visits, chance=Random(f"{arm} {seed}"))  # noqa: S311
    acting = ARMS[arm].make(setting)
    try:
        for visit in visits:
            if isinstance(acting, (ByName, Oracle)):
                acting.told(visit.environment)
            observation = _as_read(world.episode(visit.environment, visit.seed), plan)
            tries: list[Try] = []
            while len(tries) < plan.attempts and not (tries and tries[-1].success):
                seen: list[Attempt] = []

                def act(strategy: str, seen: list[Attempt] = seen) -> Attempt:
                    seen.append(world.attempt(strategy))
                    return seen[-1]

                choice = acting.attempt(observation, [one.strategy for one in tries], act)
                [attempt] = seen
                tries.append(
                    Try(
                        strategy=choice.strategy,
                        why=choice.why,
                        success=attempt.success,
                        score=attempt.score,
                        applies=attempt.applies,
                    )
                )
            yield Met(visit=visit, tries=tuple(tries))
    finally:
        acting.close()


def _as_read(observation: Observation, plan: Plan) -> Observation:
    if not plan.features:
        return observation
    text = f"{observation.instruction}\n{observation.features}"
    return msgspec.structs.replace(observation, instruction=text)


class Results:
    """A folder of runs, one file each, written whole or not at all.

    Args:
        folder: Where; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def load(self, head: Head) -> Run | None:
        """Return the finished run with this head, or None."""
        path = self._path(head)
        if not path.exists():
            return None
        first, *rest = path.read_bytes().splitlines()
        try:
            kept = msgspec.json.decode(first, type=Head)
        except msgspec.DecodeError:
            return None
        if kept != head:
            return None
        return Run(head=head, met=tuple(msgspec.json.decode(line, type=Met) for line in rest))

    def save(self, run: Run) -> None:
        """Keep a finished run."""
        path = self._path(run.head)
        lines: Sequence[msgspec.Struct] = [run.head, *run.met]
        number, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(number, "wb") as file:
            file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
        Path(name).replace(path)

    def _path(self, head: Head) -> Path:
        return self.folder / f"{head.arm}-{head.seed}.jsonl"
