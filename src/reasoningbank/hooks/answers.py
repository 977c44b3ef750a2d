"""What a host is told: one JSON object on standard output, in the form that the host documents."""

from __future__ import annotations

import os
from typing import Final

import msgspec

from reasoningbank.domain.json_value import JsonObject
from reasoningbank.hooks.options import HookOptions

_STANDARD_OUTPUT: Final = 1


def context_answer(options: HookOptions, text: str) -> JsonObject | None:
    """Give the answer that puts a text before the agent together with its task.

    None for a host that takes none here: Cursor's event before a prompt only lets it pass or not.
    """
    if options.host == "cursor":
        return None
    return {
        "hookSpecificOutput": {"hookEventName": options.event, "additionalContext": text},
        "suppressOutput": True,
    }


def request_answer(options: HookOptions, text: str) -> JsonObject:
    """Give the answer on which an agent that was about to stop goes on and reads a text."""
    if options.host == "cursor":
        return {"followup_message": text}
    if options.host == "codex":
        return {"decision": "block", "reason": text}
    if options.host == "vscode":
        return {
            "hookSpecificOutput": {
                "hookEventName": options.event,
                "decision": "block",
                "reason": text,
            }
        }
    return {"hookSpecificOutput": {"hookEventName": options.event, "additionalContext": text}}


def tell(answer: JsonObject) -> None:
    """Write an answer to standard output at once, not when the process ends."""
    waiting = msgspec.json.encode(answer) + b"\n"
    while waiting:
        waiting = waiting[os.write(_STANDARD_OUTPUT, waiting) :]
