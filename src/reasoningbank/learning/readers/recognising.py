"""Telling what kind of file it is by what is in it, and reading it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.trajectory import TrajectoryInput
from reasoningbank.domain.validation import checked_source
from reasoningbank.learning.checking import checked_trajectory
from reasoningbank.learning.readers.claude_code import read_claude_code
from reasoningbank.learning.readers.junit import read_junit
from reasoningbank.learning.readers.loading import (
    checked_file,
    decoded,
    lines_of,
    refused,
    whole_file,
)
from reasoningbank.learning.readers.mini_swe_agent import read_mini_swe_agent
from reasoningbank.learning.readers.swe_agent import read_swe_agent
from reasoningbank.learning.trajectory_lines import input_from, parsed_line

FileKind: TypeAlias = Literal["swe-agent", "mini-swe-agent", "claude-code", "junit", "own"]

_HEAD_BYTES: Final = 65_536
_KNOWN: Final = (
    "Known are our own JSON lines, SWE-agent .traj, mini-swe-agent .traj.json, Claude Code "
    "transcripts and JUnit XML."
)
_TRANSCRIPT_TYPES: Final = {
    "user", "assistant", "system", "summary", "progress", "queue-operation",
    "file-history-snapshot", "attachment", "permission-mode", "custom-title", "last-prompt",
}  # fmt: skip


class _Signs(msgspec.Struct):
    """The keys by which kinds are told apart; nothing else is decoded."""

    trajectory: msgspec.Raw = msgspec.Raw()
    history: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()
    steps: msgspec.Raw = msgspec.Raw()
    format: msgspec.Raw = msgspec.Raw()
    type: object = None
    role: object = None


def read_trajectories(
    path: str | os.PathLike[str],
    *,
    category: str | None = None,
    believed: OutcomeSource = "imported",
) -> Iterator[TrajectoryInput]:
    """Give the experiences in a file, whichever of the known kinds it is.

    Kinds are told by content, never by name: our own JSON lines, SWE-agent and mini-swe-agent
    trajectories, Claude Code transcripts, and JUnit XML reports. The file's path becomes the origin
    of each, with the home directory written as ``~``.

    Args:
        path: A regular file.
        category: The task category to give, instead of one guessed from the file.
        believed: The most a verdict in our own lines may claim as its source. A JUnit report is
            evidence by itself and counts as ``test``; the other kinds carry no verdict.

    Raises:
        NotFound, Unavailable: When the file cannot be opened.
        InvalidInput: Naming the file and what is wrong with it. Experiences given before that
            stand.
    """
    checked_source(believed)
    place = Path(path)
    checked_file(place)
    origin = origin_of(place)
    for given in _readings(place, category, believed):
        with_origin = msgspec.structs.replace(given, origin=given.origin or origin)
        try:
            checked, _ = checked_trajectory(with_origin)
        except InvalidInput as error:
            raise refused(place, f"holds what cannot be kept: {error}", error.hint) from error
        yield checked


def origin_of(path: Path) -> str:
    """Give a path as an origin: absolute, and without the name of who owns the home directory."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    try:
        shown = Path("~") / absolute.relative_to(Path.home())
    except (ValueError, RuntimeError):
        shown = absolute
    return "".join(one if one.isprintable() else "\ufffd" for one in shown.as_posix())


def _readings(
    path: Path, category: str | None, believed: OutcomeSource
) -> Iterator[TrajectoryInput]:
    kind = file_kind(path)
    if kind == "swe-agent":
        yield read_swe_agent(path, category)
    elif kind == "mini-swe-agent":
        yield read_mini_swe_agent(path, category)
    elif kind == "junit":
        yield read_junit(path, category)
    elif kind == "claude-code":
        yield from read_claude_code(path, category)
    else:
        yield from _own(path, category, believed)


def file_kind(path: Path) -> FileKind:
    """Give what kind of file it is; raises `InvalidInput` when it is none of the known ones."""
    checked_file(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):
        return "junit"
    if head.startswith(b"["):
        return _kind_of_list(path)
    if not head.startswith(b"{"):
        raise refused(path, "is neither JSON nor XML", _KNOWN)
    signs = _first_line(path)
    if signs is None:  # an object over several lines
        signs = decoded(path, whole_file(path), _Signs)
    kind = _kind_of(signs)
    if kind is None:
        raise refused(path, "is JSON of no known kind", _KNOWN)
    return kind


def _kind_of_list(path: Path) -> FileKind:
    first = decoded(path, whole_file(path), list[_Signs])
    if first and isinstance(first[0].role, str):
        return "mini-swe-agent"
    raise refused(path, "is a JSON list, but not of messages", _KNOWN)


def _first_line(path: Path) -> _Signs | None:
    """Give the signs of the first line, or None when it is not a whole object."""
    _, line = next(lines_of(path), (0, b""))
    try:
        return decoded(path, line, _Signs, "line 1")
    except InvalidInput:
        return None


def _kind_of(signs: _Signs) -> FileKind | None:
    if bytes(signs.messages).startswith(b"["):
        return "mini-swe-agent"
    if bytes(signs.trajectory).startswith(b"[") or bytes(signs.history).startswith(b"["):
        return "swe-agent"
    if any(map(bytes, (signs.trajectory, signs.steps, signs.format))):
        return "own"
    if isinstance(signs.type, str) and signs.type in _TRANSCRIPT_TYPES:
        return "claude-code"
    return None


def _own(path: Path, category: str | None, believed: OutcomeSource) -> Iterator[TrajectoryInput]:
    several = _first_line(path) is not None
    lines = lines_of(path) if several else iter([(1, whole_file(path))])
    for number, line in lines:
        place = f"line {number}"
        try:
            value = parsed_line(line, place)
            if value is None:
                continue
            given = input_from(value, believed)
        except InvalidInput as error:
            about = "" if error.field in {None, place} else f"{error.field} "
            raise refused(path, f"{place}: {about}{error.message}", error.hint) from error
        yield given if category is None else msgspec.structs.replace(given, task_category=category)
