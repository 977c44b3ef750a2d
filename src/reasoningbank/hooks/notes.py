"""What is kept between the hooks of a session: the task, and the steps taken since.

One folder for a session, named by a hash, so that no session id can lead elsewhere; in it one folder
for each task, and in that one file for each step. Every file is written under another name first and
renamed, so that hooks running at once never see half of one.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from reasoningbank.storage.location import user_state_directory

MOST_STEPS: Final = 400
_FIRST_STEPS: Final = 100
KEPT_SECONDS: Final = 7 * 24 * 3600
_CLEANED_AT_ONCE: Final = 20
_TASK_FILE: Final = "task.json"

Note = TypeVar("Note", bound=msgspec.Struct)


class StepNote(msgspec.Struct, frozen=True, kw_only=True):
    """One step, and what the hook itself saw of it.

    Args:
        action: What the agent did.
        observation: What came back.
        error: The error it met.
        exit_code: The exit code of the whole command, where the host told it.
        at: When the hook ran.
        duration_seconds: How long it took, if the host said so.
    """

    action: str
    observation: str | None = None
    error: str | None = None
    exit_code: int | None = None
    at: str | None = None
    duration_seconds: float | None = None


class TaskNote(msgspec.Struct, frozen=True, kw_only=True):
    """The task at hand.

    Args:
        prompt: What the user asked for; empty where no hook saw it.
        folder: The working directory.
        recall: The id of what was recalled for it, if anything was shown.
        asked_about: How many steps the experience had that the agent was asked to distil.
    """

    prompt: str
    folder: str | None = None
    recall: str | None = None
    asked_about: int | None = None


class TaskFolder:
    """The notes of one task.

    Args:
        path: Its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def note(self) -> TaskNote | None:
        """The task, or None where its file is missing or damaged."""
        return _read(self.path / _TASK_FILE, TaskNote)

    def write(self, note: TaskNote) -> None:
        """Keep the task, instead of what was kept of it before."""
        _write(self.path / _TASK_FILE, note)

    def add(self, step: StepNote) -> None:
        """Keep a step; of very many, those in the middle are given up."""
        name = f"step-{time.time_ns():020d}-{os.getpid()}.json"
        _write(self.path / name, step)
        names = self._step_names()
        for surplus in names[_FIRST_STEPS : _FIRST_STEPS + max(len(names) - MOST_STEPS, 0)]:
            _forget(self.path / surplus)

    def steps(self) -> list[StepNote]:
        """Give the steps in the order they were kept; damaged ones are passed over."""
        found = (_read(self.path / name, StepNote) for name in self._step_names())
        return [step for step in found if step is not None]

    def forget_steps(self) -> None:
        """Remove the steps: they are in the bank, or not worth being there."""
        for name in self._step_names():
            _forget(self.path / name)

    def _step_names(self) -> list[str]:
        return sorted(name for name in _names(self.path) if name.startswith("step-"))


class SessionNotes:
    """The notes of one session, or of one sub-agent in it.

    Args:
        root: The folder of all sessions.
        session: What the host calls the session.
        agent: What it calls the sub-agent; empty for the main one.
    """

    def __init__(self, root: Path, session: str, agent: str = "") -> None:
        name = f"{session}\0{agent}".encode("utf-8", "surrogatepass")
        self.path = root / hashlib.sha256(name).hexdigest()[:32]

    def begin(self, note: TaskNote) -> TaskFolder:
        """Begin another task."""
        folder = self.path / f"{time.time_ns():020d}-{os.getpid()}"
        folder.mkdir(mode=0o700, parents=True)
        task = TaskFolder(folder)
        task.write(note)
        return task

    def tasks(self) -> list[TaskFolder]:
        """Give the tasks, the latest last."""
        return [TaskFolder(self.path / name) for name in sorted(_names(self.path))]

    def current(self) -> TaskFolder | None:
        """Give the latest task, or None."""
        tasks = self.tasks()
        return tasks[-1] if tasks else None


def notes_folder(environment: Mapping[str, str]) -> Path:
    """Give the folder of this user's sessions."""
    return user_state_directory(environment) / "sessions"


def clean(root: Path, now: float) -> None:
    """Remove some of the sessions that nothing was heard of for a week."""
    removed = 0
    for session in _folders(root):
        if removed >= _CLEANED_AT_ONCE:
            return
        tasks = _folders(session)
        latest = max((_changed_at(one) for one in (session, *tasks)), default=now)
        if now - latest < KEPT_SECONDS:
            continue
        for task in tasks:
            for name in _names(task):
                _forget(task / name)
            _forget_folder(task)
        _forget_folder(session)
        removed += 1


def _folders(path: Path) -> list[Path]:
    try:
        with os.scandir(path) as found:
            return [Path(one.path) for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _names(path: Path) -> Iterator[str]:
    try:
        with os.scandir(path) as found:
            yield from [one.name for one in found]
    except OSError:
        return


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # another hook removes it, or the next one will


def _forget_folder(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        return  # something was put into it in the meantime


def _read(path: Path, kind: type[Note]) -> Note | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


def _write(path: Path, note: msgspec.Struct) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(msgspec.json.encode(note))
    temporary.chmod(0o600)
    temporary.replace(path)
