"""mini-swe-agent's ``.traj.json`` files, versions 1 and 2.

``messages`` and ``info`` in one object, or the list of messages alone. Version 1 writes commands in
fenced blocks and puts each result into the next message of the user; version 2 calls tools and keeps
commands and return codes in ``extra``. Whether what was submitted solves the task is not in the file.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.domain.trajectory import Step, TrajectoryInput
from reasoningbank.learning.readers.loading import decoded, refused, whole_file
from reasoningbank.learning.readers.pieces import (
    between,
    facts,
    fitting,
    some_text,
    task_of,
    text_of,
)


class _Message(msgspec.Struct):
    role: object = None
    content: object = None
    extra: object = None
    tool_calls: object = None
    tool_call_id: object = None


class _File(msgspec.Struct):
    messages: list[_Message]
    info: dict[str, object] | None = None
    instance_id: object = None


_COMMAND: Final = re.compile(r"```(?:mswea_bash_command|bash|sh)[^\n]*\n(.*?)\n?```", re.DOTALL)
_THOUGHT: Final = re.compile(r"\A\s*(?:\*\*)?THOUGHT:?(?:\*\*)?:?\s*", re.IGNORECASE)
_TASKS: Final = (
    ("<pr_description>", "</pr_description>"),
    ("Please solve this issue:", "You can execute bash"),
    ("Please solve this issue:", "## Recommended"),
    ("<task>", "</task>"),
)


def read_mini_swe_agent(path: Path, category: str | None) -> TrajectoryInput:
    """Give the run in a ``.traj.json`` file."""
    raw = whole_file(path)
    if raw.lstrip().startswith(b"["):
        content = _File(messages=decoded(path, raw, list[_Message]))
    else:
        content = decoded(path, raw, _File)
    task = next((text_of(one.content) for one in content.messages if one.role == "user"), "")
    if not task.strip():
        raise refused(path, "does not say what the task was")
    steps = _steps(content.messages)
    if not steps:
        raise refused(path, "holds no step")
    kept, noted = fitting(steps)
    return TrajectoryInput(
        task_description=_task(task),
        task_category=category or "software-engineering",
        steps=kept,
        metadata={**_facts(content), **noted},
    )


def _task(told: str) -> str:
    for begin, end in _TASKS:
        stated = between(told, begin, end)
        if stated:
            return task_of(stated)
    return task_of(told)


def _facts(content: _File) -> JsonObject:
    info = content.info or {}
    return facts(
        format="mini-swe-agent",
        exit_status=info.get("exit_status"),
        submission=text_of(info.get("submission")),
        model_stats=info.get("model_stats"),
        instance=content.instance_id,
    )


def _steps(messages: list[_Message]) -> list[Step]:
    """Pair what the agent did with what came back: by call id, else in order."""
    steps: list[Step] = []
    places: dict[str, int] = {}
    waiting: list[int] = []
    for message in messages:
        if message.role == "assistant":
            waiting = []
            for at, (command, call_id) in enumerate(_commands(message)):
                waiting.append(len(steps))
                if call_id:
                    places[call_id] = len(steps)
                steps.append(Step(action=command, thought=_thought(message) if at == 0 else None))
        elif message.role in {"user", "tool"} and waiting:
            answered = _id(message.tool_call_id)
            place = None if answered is None else places.get(answered)
            place = waiting[0] if place is None else place
            if place in waiting:
                waiting.remove(place)
            steps[place] = msgspec.structs.replace(steps[place], observation=_result(message))
    return steps


def _commands(message: _Message) -> list[tuple[str, str | None]]:
    extra = message.extra if isinstance(message.extra, dict) else {}
    actions = extra.get("actions")
    if isinstance(actions, list) and actions:
        return [
            (text_of(one.get("command")), _id(one.get("tool_call_id")))
            for one in actions
            if isinstance(one, dict)
        ]
    if isinstance(message.tool_calls, list) and message.tool_calls:
        return [_called(call) for call in message.tool_calls if isinstance(call, dict)]
    found = [command.strip("\n") for command in _COMMAND.findall(text_of(message.content))]
    return [(command, None) for command in found] or [("", None)]


def _called(call: dict[str, object]) -> tuple[str, str | None]:
    function = call.get("function")
    arguments = function.get("arguments") if isinstance(function, dict) else None
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments)
        except (msgspec.DecodeError, RecursionError):
            return text_of(arguments), _id(call.get("id"))
    command = arguments.get("command") if isinstance(arguments, dict) else arguments
    return text_of(command), _id(call.get("id"))


def _id(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _thought(message: _Message) -> str | None:
    text = _COMMAND.sub("", text_of(message.content))
    return some_text(_THOUGHT.sub("", text).strip())


def _result(message: _Message) -> str | None:
    text = some_text(message.content)
    extra = message.extra if isinstance(message.extra, dict) else {}
    code = extra.get("returncode")
    if isinstance(code, int) and "<returncode>" not in (text or ""):
        return f"<returncode>{code}</returncode>\n{text or ''}"
    return text
