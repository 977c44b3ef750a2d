"""Turning points: an attempt that met an error, and the later one that no longer did."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from reasoningbank.learning.actions import Action
from reasoningbank.learning.changes import Change, change_of, file_shown, lines_shown
from reasoningbank.learning.errors import ErrorSign
from reasoningbank.learning.signals import Reading

_ALIKE: Final = 0.4
_FEW_WORDS: Final = 2
_WORDS: Final = re.compile(r"[^\s'\"=,;|&]+")
_INTERPRETERS: Final = {
    "python", "python3", "node", "ruby", "perl", "bash", "sh", "php", "java", "deno", "bun", "npx",
}  # fmt: skip
# Programs that do different things by the word behind their name.
_WITH_VERBS: Final = {
    "git", "gh", "npm", "yarn", "pnpm", "bun", "cargo", "go", "docker", "podman", "kubectl", "helm",
    "pip", "pip3", "uv", "poetry", "conda", "apt", "apt-get", "brew", "systemctl", "service",
    "terraform", "aws", "gcloud", "az", "dotnet", "rustup", "gem", "composer", "make", "cmake",
}  # fmt: skip
_FETCHERS: Final = {"curl", "wget", "http", "https"}
_ADDRESS: Final = re.compile(r"(?:https?://)?[\w.-]+(?::\d+)?(/[^\s'\"?#]*)")
_CALLED: Final = re.compile(r"[A-Za-z_][\w.]*\(([^,)]*)")
_LATER_STEPS: Final = 80
_MOST_FAILURES: Final = 200
_COMPARED: Final = 600
_VALUES: Final = re.compile(r"0x[0-9a-fA-F]+|\d+|'[^'\n]*'|\"[^\"\n]*\"|/\S+")


class Turn(NamedTuple):
    """An error that was met and got past.

    Args:
        error: The error.
        failures: The attempts that met it, in order.
        success: The first attempt like them that did not.
        between: The steps in between.
        changes: What each edit in the record changed, by the number of its step.
    """

    error: ErrorSign
    failures: tuple[Reading, ...]
    success: Reading
    between: tuple[Reading, ...]
    changes: dict[int, Change]


class Blocked(NamedTuple):
    """An error that was met and never got past: the attempts that met it, in order."""

    error: ErrorSign
    failures: tuple[Reading, ...]


def signature(error: ErrorSign) -> str:
    """Give an error without its values, by which two are the same."""
    return _VALUES.sub("_", str(error)).lower()


def turns_in(readings: Sequence[Reading]) -> tuple[list[Turn], list[Blocked]]:
    """Give the errors that were got past, and those that were not, in the order they were met."""
    changes = changes_made(readings)
    turns: list[Turn] = []
    blocked: list[Blocked] = []
    settled: set[int] = set()
    for at, one in enumerate(readings):
        if one.number in settled or not one.failed or one.error is None:
            continue
        if len(turns) + len(blocked) >= _MOST_FAILURES:
            break
        failures = [one]
        success: Reading | None = None
        for other in readings[at + 1 : at + 1 + _LATER_STEPS]:
            if not same_purpose(one.action, other.action):
                continue
            if other.failed and _shows(other, one.error):
                failures.append(other)
            else:
                success = other
                break
        settled.update(failure.number for failure in failures)
        if success is None:
            blocked.append(Blocked(one.error, tuple(failures)))
            continue
        between = [r for r in readings if failures[-1].number < r.number < success.number]
        turns.append(
            Turn(
                error=one.error,
                failures=tuple(failures),
                success=success,
                between=tuple(between),
                changes=changes,
            )
        )
    return turns, blocked


def _shows(reading: Reading, error: ErrorSign) -> bool:
    if reading.error is None:
        return False
    return signature(error) in {signature(reading.error), *map(signature, reading.errors)}


def same_purpose(first: Action, second: Action) -> bool:
    """Give whether two actions try the same thing: one command, or one much like it."""
    if first.command == second.command:
        return True
    if first.kind != second.kind:
        return False
    if first.kind in {"edit", "submit"}:
        return True
    if first.tests and second.tests:
        return True
    if (called := [_CALLED.match(one.command) for one in (first, second)]) and all(called):
        # What is clicked or typed into is another thing to do, not another try.
        targets = {found.group(1) for found in called if found is not None}
        return first.program == second.program and len(targets) == 1
    if not _same_verb(first, second):
        return False
    rests = [one.command[:_COMPARED].partition(" ")[2] for one in (first, second)]
    if first.program != second.program or first.program in _INTERPRETERS:
        # Another program with the same arguments, such as python3 for python, or the same script.
        return bool(rests[0]) and (rests[0] == rests[1] or _same_script(first, second))
    words = [set(_WORDS.findall(rest)) for rest in rests]
    shared, fewer = len(words[0] & words[1]), min(map(len, words))
    return fewer <= _FEW_WORDS or shared >= _ALIKE * fewer


def _same_verb(first: Action, second: Action) -> bool:
    """Give whether two commands of one program ask the same of it."""
    if first.program != second.program:
        return True
    if first.program in _FETCHERS:
        pages = [_page(one.command[:_COMPARED]) for one in (first, second)]
        return pages[0] == pages[1]
    if first.program not in _WITH_VERBS:
        return True
    verbs = [
        next((word for word in one.command[:_COMPARED].split()[1:] if word[0] != "-"), "")
        for one in (first, second)
    ]
    return verbs[0] == verbs[1]


def _page(command: str) -> str:
    """Give the last part of the address that a command asks for."""
    found = _ADDRESS.search(command)
    return found.group(1).rstrip("/").rsplit("/", 1)[-1] if found else ""


def _same_script(first: Action, second: Action) -> bool:
    return first.program == second.program and bool(set(first.files) & set(second.files))


def changes_made(readings: Sequence[Reading]) -> dict[int, Change]:
    """Give what each edit that was taken changed, by the number of its step."""
    shown: dict[int, str] = {}
    files: dict[str, tuple[str, ...]] = {}
    changes: dict[int, Change] = {}
    for one in readings:
        if one.changed_something:
            change = change_of(one, shown)
            if change is not None and one.action.created and not change.removed:
                change = Change(files.get("".join(one.files[:1]), ()), change.added)
            if change is not None:
                changes[one.number] = change
            for name in one.files:
                files.pop(name, None)
        elif one.action.kind == "look" and len(one.files) == 1 and not one.failed:
            files[one.files[0]] = file_shown(one)
        seen = lines_shown(one) if one.action.kind != "act" else {}
        if seen:
            shown = seen
    return changes
