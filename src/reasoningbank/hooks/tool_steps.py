"""From a tool call, as a host tells it, to a step and the exit code that was seen."""

from __future__ import annotations

import re
from typing import Final

from reasoningbank.domain.redaction import redacted_text
from reasoningbank.hooks.given import HookInput
from reasoningbank.hooks.notes import StepNote
from reasoningbank.hooks.options import HookOptions
from reasoningbank.learning.material import shortened
from reasoningbank.learning.readers.claude_code import tool_call_text
from reasoningbank.learning.readers.pieces import seconds_of, text_of

_ACTION_CHARACTERS: Final = 16_000
_OUTPUT_CHARACTERS: Final = 16_000
_LOOK_CHARACTERS: Final = 1_000

_SHELLS: Final = {"Bash", "Shell", "shell", "local_shell", "run_in_terminal", "runInTerminal"}
_EDITORS: Final = {"Edit", "Write", "MultiEdit", "NotebookEdit", "StrReplace", "apply_patch"}
_OWN_TOOLS: Final = re.compile(r"reasoningbank_\w+\Z")
_EXIT_CODE: Final = re.compile(r"\A(?:Error: )?Exit code:? (-?\d{1,3})\b", re.IGNORECASE)
_CODE_NAMES: Final = ("exit_code", "exitCode", "returncode", "return_code", "exit_status")
# Of several commands joined by these, the exit code is that of one of them, or of none that has ended.
_PARTS: Final = re.compile(r"[|;&\n]")
_HARMLESS: Final = re.compile(r"&&|\d?>&\d?|&>")
_QUOTED: Final = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"")


def step_of(given: HookInput, options: HookOptions, at: str) -> StepNote | None:
    """Give the step that a tool call was, without the secrets in it; None for our own tools."""
    shell_event = options.event == "afterShellExecution"
    name = "Shell" if shell_event else text_of(given.tool_name)
    called = {"command": given.command} if shell_event else given.tool_input
    if not name or _OWN_TOOLS.search(name):
        return None
    failed = options.event.lower() == "posttoolusefailure"
    response = _response(given)
    is_shell = name in _SHELLS
    action = tool_call_text("Bash" if is_shell else name, called)
    error = _error(given) if failed else None
    code = _exit_code(action, error, response, given, options) if is_shell else None
    observation = None if failed or name in _EDITORS else _observation(response)
    most = _OUTPUT_CHARACTERS if is_shell else _LOOK_CHARACTERS
    return StepNote(
        action=_kept(action, _ACTION_CHARACTERS) or name,
        observation=_kept(observation, most),
        error=_kept(error, most),
        exit_code=code,
        at=at,
        duration_seconds=_seconds(given.duration_ms),
    )


def _response(given: HookInput) -> object:
    for one in (given.tool_response, given.tool_output, given.output):
        if one is not None:
            return one
    return None


def _observation(response: object) -> str:
    """Give what a tool gave back as text: of a command, what it printed."""
    if isinstance(response, dict):
        printed = [response.get(name) for name in ("stdout", "stderr", "output")]
        texts = [text_of(one).strip("\n") for one in printed if isinstance(one, str) and one]
        if texts or any(isinstance(one, str) for one in printed):
            return "\n".join(texts)
    return text_of(response)


def _error(given: HookInput) -> str:
    told = text_of(given.error) or text_of(given.error_message) or _observation(_response(given))
    if given.is_interrupt is True:
        return f"interrupted\n{told}".strip()
    return told.strip() or "failed without a message"


def _exit_code(
    action: str, error: str | None, response: object, given: HookInput, options: HookOptions
) -> int | None:
    """Give the exit code of a command, if it is known and is that of the whole command.

    Claude Code tells no number for a command that succeeded: it runs PostToolUse for those alone,
    and PostToolUseFailure, with the number, for the others.
    """
    if given.is_interrupt is True or _has_parts(action):
        return None
    if error is not None:
        stated = _EXIT_CODE.match(error)
        return int(stated.group(1)) if stated else None
    if isinstance(response, dict):
        for name in _CODE_NAMES:
            if isinstance(code := response.get(name), int) and not isinstance(code, bool):
                return code
        if response.get("interrupted") is True or response.get("backgroundTaskId"):
            return None
    called = given.tool_input
    background = isinstance(called, dict) and called.get("run_in_background") is True
    told = options.host == "claude-code" and options.event == "PostToolUse"
    # A response that is no object comes from a release whose event says nothing of success.
    return 0 if told and not background and isinstance(response, dict) else None


def _has_parts(command: str) -> bool:
    unquoted = _QUOTED.sub("''", command.strip())
    return _PARTS.search(_HARMLESS.sub("", unquoted)) is not None


def _seconds(milliseconds: object) -> float | None:
    seconds = seconds_of(milliseconds)
    return None if seconds is None else seconds / 1_000


def _kept(text: str | None, characters: int) -> str | None:
    if text is None or not text.strip():
        return None
    return redacted_text(shortened(text, characters), "step", [])
