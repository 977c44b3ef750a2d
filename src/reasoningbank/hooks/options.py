"""What a hook is started with."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

import msgspec

Host: TypeAlias = Literal["claude-code", "codex", "cursor", "vscode"]
Distil: TypeAlias = Literal["agent", "rules"]
EventKind: TypeAlias = Literal["prompt", "tool", "failed-tool", "stop", "end"]

HOSTS: Final[tuple[str, ...]] = get_args(Host)

EVENTS: Final[dict[str, EventKind]] = {
    "UserPromptSubmit": "prompt",
    "PostToolUse": "tool",
    "PostToolUseFailure": "failed-tool",
    "Stop": "stop",
    "SubagentStop": "stop",
    "SessionEnd": "end",
    # Cursor's names.
    "beforeSubmitPrompt": "prompt",
    "postToolUse": "tool",
    "postToolUseFailure": "failed-tool",
    "afterShellExecution": "tool",
    "stop": "stop",
    "subagentStop": "stop",
    "sessionEnd": "end",
}
"""What each event of the hosts is to the bank."""


class HookOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Say which event is handled, for whom, and over which bank.

    Args:
        event: The host's name of the event, one of `EVENTS`.
        host: Whose form of answer is given.
        target: The bank, as `ReasoningBank.open` takes it.
        namespace: The tenant every call stays within.
        distil: Who distils an experience worth it: ``agent`` asks the agent once, ``rules`` leaves
            it to the bank's own distiller.
    """

    event: str
    host: Host = "claude-code"
    target: str | None = None
    namespace: str = "default"
    distil: Distil = "agent"


class UnreadableOptions(ValueError):
    """Say which argument of a hook could not be understood."""


_VALUES: Final = {
    "--db": "target",
    "--namespace": "namespace",
    "--host": "host",
    "--distil": "distil",
}


def options_from(arguments: list[str]) -> HookOptions:
    """Give the options on the command line of a hook.

    Read here and not by the command line's own parser: loading that takes a third of the time a
    hook may take, and it ends with a status by which some hosts would stop the agent.

    Raises:
        UnreadableOptions: For anything that is no option of a hook.
    """
    given: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if name in _VALUES:
            found = value if equals else next(waiting, None)
            if found is None:
                raise UnreadableOptions(f"{name} has no value")
            given[_VALUES[name]] = found
        elif argument == "--json":
            continue  # a hook prints nothing else
        elif argument.startswith("-") or "event" in given:
            raise UnreadableOptions(f"unknown argument {argument!r}")
        else:
            given["event"] = argument
    return checked_options(given)


def checked_options(given: dict[str, str]) -> HookOptions:
    """Give options whose values are those there are.

    Raises:
        UnreadableOptions: For an event, host or distiller of another name.
    """
    if given.get("event") not in EVENTS:
        raise UnreadableOptions(f"unknown event {given.get('event')!r}")
    try:
        return msgspec.convert(given, HookOptions)
    except msgspec.ValidationError as error:
        raise UnreadableOptions(str(error)) from error
