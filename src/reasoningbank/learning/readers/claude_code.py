"""Transcripts of Claude Code: one JSON object a line, as its documentation and users describe them.

Each thing the user asks for, with the tool calls that follow it, is an experience of its own. Left
out are lines of sub-agents, lines the program wrote for itself (``isMeta``, summaries, snapshots)
and the output of its own slash commands. Written from descriptions of the format: nobody has checked
it against every version of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.trajectory import Step, TrajectoryInput
from reasoningbank.learning.readers.loading import decoded, lines_of, refused
from reasoningbank.learning.readers.pieces import (
    facts,
    fitting,
    some_text,
    task_of,
    text_of,
    time_of,
)

_MOST_STEPS: Final = 100_000


class _Line(msgspec.Struct):
    type: object = None
    message: object = None
    timestamp: object = None
    is_meta: object = msgspec.field(name="isMeta", default=None)
    is_sidechain: object = msgspec.field(name="isSidechain", default=None)
    is_summary: object = msgspec.field(name="isCompactSummary", default=None)
    session_id: object = msgspec.field(name="sessionId", default=None)
    cwd: object = None
    version: object = None
    git_branch: object = msgspec.field(name="gitBranch", default=None)


_OWN: Final = re.compile(
    r"\A\s*(?:<(?:command-name|command-message|command-args|local-command-stdout|local-command-stderr"
    r"|bash-input|bash-stdout|system-reminder)>|Caveat: |This session is being continued from)"
)
_INTERRUPTED: Final = "[Request interrupted by user"
# So short, a message goes on with the task at hand rather than naming another.
_GOING_ON_WORDS: Final = 4


class _Experience:
    """One request and what was done about it, as it is being read."""

    def __init__(self, request: str, line: _Line) -> None:
        self.requests = [request]
        self.line = line
        self.steps: list[Step] = []
        self.places: dict[str, int] = {}
        self.thoughts: list[str] = []

    def called(self, block: dict[str, object], at: str | None) -> None:
        """Note a tool call, with what was said before it."""
        call_id = block.get("id")
        if isinstance(call_id, str):
            self.places[call_id] = len(self.steps)
        thought = "\n".join(self.thoughts)
        self.thoughts.clear()
        self.steps.append(Step(action=_called(block), thought=some_text(thought), started_at=at))

    def answered(self, block: dict[str, object]) -> None:
        """Note what a tool call gave."""
        call_id = block.get("tool_use_id")
        place = self.places.get(call_id) if isinstance(call_id, str) else None
        if place is None:
            return
        text = some_text(block.get("content"))
        failed = block.get("is_error") is True
        self.steps[place] = msgspec.structs.replace(
            self.steps[place],
            **({"error": text or "failed without a message"} if failed else {"observation": text}),
        )


def read_claude_code(path: Path, category: str | None) -> Iterator[TrajectoryInput]:
    """Give the experiences of a session, in order.

    A line that cannot be read is passed over and counted in the metadata: the last line of a session
    that is being written is often cut short.
    """
    current: _Experience | None = None
    unread = given = 0
    for number, content in lines_of(path):
        try:
            line = decoded(path, content, _Line, f"line {number}")
        except InvalidInput:
            unread += 1
            continue
        if line.is_meta or line.is_sidechain or line.is_summary:
            continue
        request = _request(line)
        if request is not None and not _goes_on(current, request):
            if current is not None and current.steps:
                given += 1
                yield _trajectory(current, category, unread)
            current = _Experience(request, line)
        elif current is not None:
            _read_into(current, line, request)
            if len(current.steps) > _MOST_STEPS:
                raise refused(path, f"holds more than {_MOST_STEPS:,} steps for one request")
    if current is not None and current.steps:
        given += 1
        yield _trajectory(current, category, unread)
    if not given:
        raise refused(path, "holds no request followed by a tool call")


def _goes_on(current: _Experience | None, request: str) -> bool:
    return current is not None and len(request.split()) < _GOING_ON_WORDS


def _read_into(current: _Experience, line: _Line, request: str | None) -> None:
    if request is not None:
        current.requests.append(request)
        current.thoughts.append(f"The user said: {request}")
        return
    at = time_of(line.timestamp)
    for block in _blocks(line):
        kind = block.get("type")
        if kind == "tool_use":
            current.called(block, at)
        elif kind == "tool_result":
            current.answered(block)
        elif kind in {"text", "thinking"} and line.type == "assistant":
            said = some_text(block.get("thinking") or block.get("text"))
            if said is not None:
                current.thoughts.append(said)


def _blocks(line: _Line) -> list[dict[str, object]]:
    content = line.message.get("content") if isinstance(line.message, dict) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        return []
    return [block for block in content if isinstance(block, dict)]


def _request(line: _Line) -> str | None:
    """Give what the user typed, or None for every other line."""
    if line.type != "user":
        return None
    blocks = _blocks(line)
    if any(block.get("type") == "tool_result" for block in blocks):
        return None
    said = "\n".join(text_of(one.get("text")) for one in blocks if one.get("type") == "text")
    said = said.strip()
    if not said or _OWN.match(said) or said.startswith(_INTERRUPTED):
        return None
    return said


def _called(block: dict[str, object]) -> str:
    return tool_call_text(text_of(block.get("name")) or "tool", block.get("input"))


def tool_call_text(name: str, given: object) -> str:
    """Give a tool call as text: commands as they are, edits as removed and added lines.

    Args:
        name: The tool's name.
        given: Its input, a JSON object.

    >>> tool_call_text("Bash", {"command": "pytest -q"})
    'pytest -q'
    """
    if not isinstance(given, dict):
        return name
    if name == "Bash" and isinstance(given.get("command"), str):
        return text_of(given["command"])
    place = text_of(given.get("file_path") or given.get("notebook_path") or given.get("path"))
    edits = given.get("edits") if isinstance(given.get("edits"), list) else [given]
    changes = [_change(edit) for edit in edits or [] if isinstance(edit, dict)]
    if place and any(changes):
        return "\n".join([f"{name} {place}", *filter(None, changes)])
    if place and isinstance(given.get("content"), str):
        return f"{name} {place}\n{text_of(given['content'])}"
    if place and not set(given) - {"file_path", "notebook_path", "path", "offset", "limit"}:
        return f"{name} {place}"
    return f"{name} {canonical_json(given)}"


def _change(edit: dict[str, object]) -> str:
    if "new_string" not in edit:
        return ""
    removed = text_of(edit.get("old_string")).splitlines()
    added = text_of(edit.get("new_string")).splitlines()
    return "\n".join([*(f"-{line}" for line in removed), *(f"+{line}" for line in added)])


def _trajectory(experience: _Experience, category: str | None, unread: int) -> TrajectoryInput:
    line = experience.line
    kept, noted = fitting(experience.steps)
    return TrajectoryInput(
        task_description=task_of("\n".join(experience.requests[:1])),
        task_category=category or "software-engineering",
        steps=kept,
        metadata={
            **facts(
                format="claude-code",
                session=line.session_id,
                folder=line.cwd,
                branch=line.git_branch,
                version=line.version,
                asked_at=time_of(line.timestamp),
                lines_left_out=unread or None,
            ),
            **noted,
        },
    )
