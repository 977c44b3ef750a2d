"""The programs whose settings are known: which files, and what is put where.

From the documentation of each program; none of them ran where this was written.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject

SERVER_NAME: Final = "reasoningbank"

_CLAUDE_EVENTS: Final = {
    "UserPromptSubmit": {"timeout": 5},
    "PostToolUse": {"timeout": 5, "async": True},
    "PostToolUseFailure": {"timeout": 5, "async": True},
    "Stop": {"timeout": 5},
    "SubagentStop": {"timeout": 5},
    "SessionEnd": {"timeout": 5},
}
_CODEX_EVENTS: Final = {
    "UserPromptSubmit": {"timeout": 5},
    "PostToolUse": {"timeout": 5},
    "Stop": {"timeout": 5},
}
_CURSOR_EVENTS: Final = ("beforeSubmitPrompt", "postToolUse", "postToolUseFailure", "stop")


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """One value in a file of settings: a member of an object, or an element of a list.

    Args:
        path: Where the object, or the list, is.
        key: The member's name; None for an element.
        value: What is put there.
    """

    path: tuple[str, ...]
    key: str | None
    value: object


class SettingsFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a program's settings, and what goes into it."""

    path: Path
    form: Literal["json", "toml"]
    edits: tuple[Edit, ...]


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where this user's programs keep their settings.

    Args:
        home: The user's home.
        programs: Where programs keep theirs by the platform's custom.
        codex: The folder of Codex.
        claude: The folder of Claude Code, where it was told another one.
    """

    home: Path
    programs: Path
    codex: Path
    claude: Path | None


def places(
    environment: Mapping[str, str], home: Path | None = None, platform: str = sys.platform
) -> Places:
    """Give the places of this user's settings."""
    home = Path.home() if home is None else home
    if platform == "win32":
        programs = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    elif platform == "darwin":
        programs = home / "Library" / "Application Support"
    else:
        given = environment.get("XDG_CONFIG_HOME", "")
        programs = Path(given) if given.startswith("/") else home / ".config"
    claude = environment.get("CLAUDE_CONFIG_DIR")
    return Places(
        home=home,
        programs=programs,
        codex=Path(environment.get("CODEX_HOME") or home / ".codex"),
        claude=Path(claude) if claude else None,
    )


def settings_of(
    host: str, where: Places, command: Sequence[str], options: Sequence[str], *, hooks: bool
) -> tuple[SettingsFile, ...]:
    """Give the files of a program's settings and what goes into them.

    Args:
        host: The program, one of `HOSTS`.
        where: The places of this user.
        command: What starts `reasoningbank`, by its absolute path.
        options: Options for the server and the hooks, such as ``--db``.
        hooks: Whether the hooks are put there as well, where the program has any.

    Raises:
        InvalidInput: For a program that is not known.
    """
    server: JsonObject = {
        "command": command[0],
        "args": [*command[1:], "mcp", *options],
    }
    typed: JsonObject = {"type": "stdio", **server}
    line = [*command, "hook"]
    if host == "claude-code":
        main = where.claude / ".claude.json" if where.claude else where.home / ".claude.json"
        folder = where.claude or where.home / ".claude"
        events = _grouped(_CLAUDE_EVENTS, line, options) if hooks else ()
        return _kept(
            _json(main, _server(("mcpServers",), typed)),
            _json(folder / "settings.json", *events),
        )
    if host == "codex":
        events = _grouped(_CODEX_EVENTS, line, ["--host", "codex", *options]) if hooks else ()
        return _kept(
            SettingsFile(
                path=where.codex / "config.toml",
                form="toml",
                edits=(_server(("mcp_servers",), server),),
            ),
            _json(where.codex / "hooks.json", *events),
        )
    if host == "cursor":
        events = _flat(_CURSOR_EVENTS, line, ["--host", "cursor", *options]) if hooks else ()
        folder = where.home / ".cursor"
        return _kept(
            _json(folder / "mcp.json", _server(("mcpServers",), server)),
            _json(folder / "hooks.json", *events),
        )
    for name, path, parts, entry in (
        ("vscode", where.programs / "Code" / "User" / "mcp.json", ("servers",), typed),
        (
            "claude-desktop",
            where.programs / "Claude" / "claude_desktop_config.json",
            ("mcpServers",),
            server,
        ),
        (
            "windsurf",
            where.home / ".codeium" / "windsurf" / "mcp_config.json",
            ("mcpServers",),
            server,
        ),
        ("gemini-cli", where.home / ".gemini" / "settings.json", ("mcpServers",), server),
    ):
        if host == name:
            return (_json(path, _server(parts, entry)),)
    raise InvalidInput(
        f"is {host!r}, which is not known", field="HOST", hint=f"One of {', '.join(HOSTS)}."
    )


HOSTS: Final = (
    "claude-code",
    "claude-desktop",
    "codex",
    "cursor",
    "gemini-cli",
    "vscode",
    "windsurf",
)
"""The programs that `settings_of` knows."""


def is_our_hook(value: object) -> bool:
    """Give whether an element of a list of hooks is one that we put there, by whatever path."""
    if not isinstance(value, dict):
        return False
    inner = value.get("hooks")
    commands = [value, *(inner if isinstance(inner, list) else [])]
    told = [one.get("command") for one in commands if isinstance(one, dict)]
    return any(isinstance(one, str) and "reasoningbank" in one and " hook " in one for one in told)


def command_line(parts: Sequence[str]) -> str:
    """Give a command as the shell of this platform takes it."""
    return subprocess.list2cmdline(parts) if sys.platform == "win32" else shlex.join(parts)


def _server(path: tuple[str, ...], entry: JsonObject) -> Edit:
    return Edit(path=path, key=SERVER_NAME, value=entry)


def _json(path: Path, *edits: Edit) -> SettingsFile:
    return SettingsFile(path=path, form="json", edits=edits)


def _kept(*files: SettingsFile) -> tuple[SettingsFile, ...]:
    return tuple(file for file in files if file.edits)


def _grouped(
    events: Mapping[str, Mapping[str, object]], line: Sequence[str], options: Sequence[str]
) -> tuple[Edit, ...]:
    """Give hooks in the form of Claude Code, which Codex shares."""
    return tuple(
        Edit(
            path=("hooks", event),
            key=None,
            value={
                "hooks": [
                    {
                        "type": "command",
                        "command": command_line([*line, event, *options]),
                        **details,
                    }
                ]
            },
        )
        for event, details in events.items()
    )


def _flat(events: Sequence[str], line: Sequence[str], options: Sequence[str]) -> tuple[Edit, ...]:
    """Give hooks in the form of Cursor."""
    return (
        Edit(path=(), key="version", value=1),
        *(
            Edit(
                path=("hooks", event),
                key=None,
                value={
                    "command": command_line([*line, event, *options]),
                    **({"loop_limit": 1} if event == "stop" else {}),
                },
            )
            for event in events
        ),
    )
