"""SWE-agent's ``.traj`` files, as its versions 0.4 to 1.1 write them.

They hold ``trajectory`` (what was done and what came back), ``history`` (the messages), or both, and
``info`` (how the run ended). Some versions leave one of them out. Whether the change that was
submitted solves the task is not in the file.
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
    seconds_of,
    some_text,
    task_of,
    text_of,
)


class _Turn(msgspec.Struct):
    action: object = None
    observation: object = None
    thought: object = None
    response: object = None
    execution_time: object = None


class _Message(msgspec.Struct):
    role: object = None
    content: object = None
    thought: object = None
    action: object = None
    is_demo: object = None
    message_type: object = None


class _File(msgspec.Struct):
    trajectory: list[_Turn] | None = None
    history: list[_Message] | None = None
    info: dict[str, object] | None = None
    replay_config: object = None
    environment: object = None


_PROMPT: Final = re.compile(r"\(Open file: [^\n]*\)\n\(Current directory: [^\n]*\)\nbash-\$\s*\Z")
_PROCESS_MARK: Final = re.compile(r"///PROCESS-DONE:\d+:PROCESS-DONE///")
# Where the task begins and ends in the first message, by the templates that are shipped.
_TASKS: Final = (
    ("<pr_description>", "</pr_description>"),
    ("ISSUE:", "INSTRUCTIONS:"),
    ("The CTF challenge is", "INSTRUCTIONS:"),
    ("", "INSTRUCTIONS:"),
)
_CTF: Final = re.compile(r"\bCTF\b")


def read_swe_agent(path: Path, category: str | None) -> TrajectoryInput:
    """Give the run in a ``.traj`` file."""
    content = decoded(path, whole_file(path), _File)
    history = content.history or []
    steps = [_turn(turn) for turn in content.trajectory or []] or _steps_of(history)
    if not steps:
        raise refused(path, "holds no step")
    task, told = _task(content.replay_config, history)
    if not task:
        raise refused(path, "does not say what the task was")
    kept, noted = fitting(steps)
    return TrajectoryInput(
        task_description=task,
        task_category=category or ("ctf" if _CTF.search(told) else "software-engineering"),
        steps=kept,
        metadata={**_facts(content), **noted},
    )


def _facts(content: _File) -> JsonObject:
    info = content.info or {}
    return facts(
        format="swe-agent",
        exit_status=info.get("exit_status"),
        submission=text_of(info.get("submission")),
        environment=content.environment,
        model_stats=info.get("model_stats"),
    )


def _turn(turn: _Turn) -> Step:
    return Step(
        action=text_of(turn.action).strip("\n"),
        observation=_observation(turn.observation),
        thought=some_text(turn.thought),
        duration_seconds=seconds_of(turn.execution_time),
    )


def _observation(value: object) -> str | None:
    text = _PROCESS_MARK.sub("", _PROMPT.sub("", text_of(value).replace("\r\n", "\n")))
    return some_text(text)


def _steps_of(history: list[_Message]) -> list[Step]:
    """Give the steps of a file that has the messages alone."""
    steps: list[Step] = []
    answered = True
    for message in history:
        if message.is_demo:
            continue
        if message.role == "assistant":
            thought = message.thought if message.thought is not None else message.content
            steps.append(
                Step(action=text_of(message.action).strip("\n"), thought=some_text(thought))
            )
            answered = False
        elif message.role in {"user", "tool"} and not answered:
            observation = _observation(message.content)
            steps[-1] = msgspec.structs.replace(steps[-1], observation=observation)
            answered = True
    return steps


def _task(replay: object, history: list[_Message]) -> tuple[str, str]:
    """Give the task, and the text that tells what kind it is."""
    told = next(
        (
            text_of(message.content)
            for message in history
            if message.role == "user"
            and not message.is_demo
            and message.message_type != "demonstration"
        ),
        "",
    )
    stated = _problem_statement(replay)
    if stated:
        return task_of(stated), told
    for begin, end in _TASKS:
        stated = between(told, begin, end)
        if stated:
            return task_of(stated), told
    return task_of(_PROMPT.sub("", told)), told


def _problem_statement(replay: object) -> str:
    if isinstance(replay, str):  # older versions wrote it as text
        try:
            replay = msgspec.json.decode(replay)
        except (msgspec.DecodeError, RecursionError):
            return ""
    statement = replay.get("problem_statement") if isinstance(replay, dict) else None
    return text_of(statement.get("text")) if isinstance(statement, dict) else ""
