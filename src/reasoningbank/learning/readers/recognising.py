"""Telling what kind of file it is by what is in it, and reading it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import parse_json_object
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import Redaction
from reasoningbank.domain.trajectory import TrajectoryInput
from reasoningbank.domain.validation import checked_source
from reasoningbank.learning.checking import checked_trajectory
from reasoningbank.learning.readers.claude_code import read_claude_code
from reasoningbank.learning.readers.junit import read_junit
from reasoningbank.learning.readers.loading import (
    beginning_of,
    checked_file,
    decoded,
    lines_of,
    refused,
    whole_file,
)
from reasoningbank.learning.readers.mini_swe_agent import read_mini_swe_agent
from reasoningbank.learning.readers.swe_agent import read_swe_agent
from reasoningbank.learning.trajectory_lines import input_from, is_header

FileKind: TypeAlias = Literal["swe-agent", "mini-swe-agent", "claude-code", "junit", "own"]
OnBadLine: TypeAlias = Callable[[InvalidInput], None]

_HEAD_BYTES: Final = 65_536
_KNOWN: Final = (
    "Known are our own JSON lines, SWE-agent .traj, mini-swe-agent .traj.json, Claude Code "
    "transcripts and JUnit XML."
)
_REPORT_ROOT: Final = re.compile(rb"<(?:\w+:)?testsuites?[\s/>]")
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
    on_bad_line: OnBadLine | None = None,
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
        on_bad_line: Called with what is wrong with a line of our own that cannot be taken, which
            is then left out; without it, the first such line ends the reading.

    Raises:
        NotFound, Unavailable: When the file cannot be opened.
        InvalidInput: Naming the file and what is wrong with it. Experiences given before that
            stand.
    """
    for given, _ in readings(
        Path(path), category=category, believed=believed, on_bad_line=on_bad_line
    ):
        yield given


def readings(
    path: Path,
    *,
    category: str | None = None,
    believed: OutcomeSource = "imported",
    on_bad_line: OnBadLine | None = None,
    origin: str | None = None,
) -> Iterator[tuple[TrajectoryInput, tuple[Redaction, ...]]]:
    """Give the experiences in a file as `read_trajectories` does, each with what was taken out of it.

    Args:
        path: A regular file.
        category: As for `read_trajectories`.
        believed: As for `read_trajectories`.
        on_bad_line: As for `read_trajectories`.
        origin: Where they come from, where that is not the path.
    """
    checked_source(believed)
    checked_file(path)
    named = origin or origin_of(path)
    for place, given in _readings(path, category, believed, on_bad_line):
        with_origin = msgspec.structs.replace(given, origin=given.origin or named)
        try:
            yield checked_trajectory(with_origin)
        except InvalidInput as error:
            about = error.message if error.field is None else f"{error.field} {error.message}"
            unfit = refused(path, f"{place}holds what cannot be kept: {about}", error.hint)
            if on_bad_line is None:
                raise unfit from error
            on_bad_line(unfit)


def origin_of(path: Path) -> str:
    """Give a path as an origin: absolute, and without the name of who owns the home directory."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    try:
        shown = Path("~") / absolute.relative_to(Path.home())
    except (ValueError, RuntimeError):
        shown = absolute
    return "".join(one if one.isprintable() else "\ufffd" for one in shown.as_posix())


def _readings(
    path: Path, category: str | None, believed: OutcomeSource, on_bad_line: OnBadLine | None
) -> Iterator[tuple[str, TrajectoryInput]]:
    """Give what stands in the file, each with its place in it where that is a line."""
    kind = file_kind(path)
    if kind == "swe-agent":
        yield "", read_swe_agent(path, category)
    elif kind == "mini-swe-agent":
        yield "", read_mini_swe_agent(path, category)
    elif kind == "junit":
        yield "", read_junit(path, category)
    elif kind == "claude-code":
        for given in read_claude_code(path, category):
            yield "", given
    else:
        yield from _own(path, category, believed, on_bad_line)


def file_kind(path: Path) -> FileKind:
    """Give what kind of file it is; raises `InvalidInput` when it is none of the known ones."""
    checked_file(path)
    head = _head_of(path)
    if head.startswith(b"<"):
        return "junit"
    if not head.startswith((b"{", b"[")):
        raise refused(path, "is neither JSON nor XML", _KNOWN)
    kind = _kind_of_json(path, head)
    if kind is None:
        is_list = head.startswith(b"[")
        what = "is a JSON list, but not of messages" if is_list else "is JSON of no known kind"
        raise refused(path, what, _KNOWN)
    return kind


def is_of_another_kind(path: Path) -> bool:
    """Give whether a file is sound but holds nothing to read here: a settings file, a web page.

    A file that is damaged is not: whoever gave it should know.

    Raises:
        NotFound, Unavailable: When it cannot be opened.
        InvalidInput: When it is empty, damaged, or no regular file.
    """
    checked_file(path)
    head = _head_of(path)
    if head.startswith(b"<"):
        return _REPORT_ROOT.search(head) is None
    if not head.startswith((b"{", b"[")):
        return True
    return _kind_of_json(path, head) is None


def _head_of(path: Path) -> bytes:
    return beginning_of(path, _HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()


def _kind_of_json(path: Path, head: bytes) -> FileKind | None:
    if head.startswith(b"["):
        return _kind_of_list(path)
    signs = _first_line(path)
    if signs is None:  # an object over several lines
        signs = decoded(path, whole_file(path), _Signs)
    return _kind_of(signs)


def _kind_of_list(path: Path) -> FileKind | None:
    """Give the kind of a list by its first item; only that one must be an object with signs."""
    items = decoded(path, whole_file(path), list[msgspec.Raw])
    try:
        first = msgspec.json.decode(items[0], type=_Signs) if items else _Signs()
    except msgspec.ValidationError:
        return None
    return "mini-swe-agent" if isinstance(first.role, str) else None


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


def _own(
    path: Path, category: str | None, believed: OutcomeSource, on_bad_line: OnBadLine | None
) -> Iterator[tuple[str, TrajectoryInput]]:
    several = _first_line(path) is not None
    lines = lines_of(path) if several else iter([(1, whole_file(path))])
    for number, line in lines:
        place = f"line {number}"
        try:
            value = parse_json_object(line, place)
            if is_header(value, place):
                continue
            given = input_from(value, believed)
        except InvalidInput as error:
            about = "" if error.field in {None, place} else f"{error.field} "
            bad = refused(path, f"{place}: {about}{error.message}", error.hint)
            if on_bad_line is None:
                raise bad from error
            on_bad_line(bad)
            continue
        if category is not None:
            given = msgspec.structs.replace(given, task_category=category)
        yield f"{place}: ", given
