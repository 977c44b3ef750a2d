"""What an action of an agent is: changing a file, looking at something, handing in, or acting.

Shell commands are understood, and the editor commands of SWE-agent and Claude Code. Every other
action, such as a click, is acting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

ActionKind: TypeAlias = Literal["edit", "look", "submit", "act"]


class Action(NamedTuple):
    """An action as far as it is understood.

    Args:
        kind: ``edit``, ``look``, ``submit`` or ``act``.
        program: The word the command begins with, without its folder, or the whole first word.
        command: The command without changes of folder, cut output and white space at its ends, by
            which two actions are recognised as the same.
        files: Names of files in it, without their folders.
        tests: Whether it runs tests.
        housekeeping: Whether it only tidies, installs or moves things, so that its end says nothing
            of the task.
        created: Whether it makes a file anew.
    """

    kind: ActionKind
    program: str
    command: str
    files: tuple[str, ...]
    tests: bool = False
    housekeeping: bool = False
    created: bool = False


_EDITORS: Final = {
    "edit", "insert", "create", "append", "write", "apply_patch", "patch", "multiedit",
    "notebookedit", "str_replace", "edit_linting", "undo_edit",
}  # fmt: skip
_CREATORS: Final = {"create", "write", "touch"}
_LOOKS: Final = {
    "open", "goto", "scroll_up", "scroll_down", "search_dir", "search_file", "find_file", "ls",
    "cat", "head", "tail", "less", "more", "grep", "egrep", "rg", "ag", "find", "tree", "pwd",
    "file", "stat", "wc", "nl", "view", "read", "glob", "echo", "printf", "which", "type", "xxd",
    "hexdump", "strings", "objdump", "readelf", "nm", "disassemble", "decompile", "awk", "cut",
    "sort", "diff", "env", "printenv", "whoami", "id", "ps", "df", "du", "filemap", "summarize",
    "webfetch", "websearch", "todowrite", "todoread", "task", "think",
}  # fmt: skip
_TIDYING: Final = {
    "rm", "mv", "cp", "mkdir", "rmdir", "chmod", "chown", "touch", "cd", "export", "source", "kill",
    "pkill", "sleep", "git", "apt", "apt-get", "pip", "pip3", "conda", "brew", "set", "alias",
    "unset", "ln", "tar", "unzip", "killall",
}  # fmt: skip
_LOOKING_GIT: Final = {"diff", "log", "show", "status", "blame", "grep", "branch", "rev-parse"}
_CHANGING_GIT: Final = {"apply", "checkout", "stash", "restore", "reset", "revert", "cherry-pick"}
_SUBMITS: Final = {"submit", "exit", "finish", "complete", "exit_forfeit"}
_WRAPPERS: Final = {"sudo", "time", "timeout", "env", "nohup", "exec", "stdbuf", "nice", "xvfb-run"}

_SUBMITTED: Final = re.compile(r"COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT|MINI_SWE_AGENT_FINAL_OUTPUT")
_TESTS: Final = re.compile(
    r"(?:^|[\s/;&|])(?:py\.?test|unittest|tox|nox|jest|vitest|mocha|ctest|rspec|phpunit|runtests\.py"
    r"|nosetests|ava|tap|bats)\b"
    r"|\b(?:npm|yarn|pnpm|bun) (?:run )?(?:test|t)\b|\b(?:go|cargo|dotnet|swift|mix|deno|zig) test\b"
    r"|\b(?:mvn|mvnw|gradle|gradlew)\b.{0,200}\b(?:test|verify|check)\b|\bmake\b.{0,200}\b(?:test|check)\b"
    r"|\bmanage\.py test\b|\bbin/test\b|\bcargo nextest\b",
    re.IGNORECASE,
)
_CHANGE_OF_FOLDER: Final = re.compile(r"\A\s*cd\s+[^\s;&|]+\s*(?:&&|;)\s*")
_ASSIGNMENT: Final = re.compile(r"\A\w+=\S*\Z")
_CUT_OUTPUT: Final = re.compile(
    r"(?:\s*2>&1)?(?:\s*\|\s*(?:head|tail|tee|cat)\b[^|&;]*)?(?:\s*2>&1)?\s*\Z"
)
_HERE_DOCUMENT: Final = re.compile(r"<<-?[ \t]*['\"]?(\w{1,64})['\"]?[^\n]*\n")
_WRITES: Final = re.compile(
    r"(?<![<>=&\d-])>{1,2}\s*(?!/dev/|&)[\w./~$\"'-]|\btee\s+(?:-a\s+)?[\w./~-]"
)
_IN_PLACE: Final = re.compile(r"\s-\w{0,8}i\b|\s--in-place|\s-i[.'\"]")
_SOURCES: Final = {"echo", "printf", "cat", "yes", "seq"}
_FILE: Final = re.compile(
    r"(?<![\w.@%+~/-])[\w.@%+~-]{0,128}(?:/[\w.@%+~-]{1,128}){0,32}\.[A-Za-z]\w{0,9}(?![\w/(])"
    r"|(?<![\w/.])\./[\w.-]{1,128}"
)
_CALL: Final = re.compile(r"([A-Za-z_][\w.]{0,63})\(")
_WORD: Final = re.compile(r"[^\s;&|<>()\"']+")
_SEGMENTS: Final = re.compile(r"&&|\|\||;|\n")
_LONGEST: Final = 4_000


@lru_cache(maxsize=4096)
def read_action(text: str) -> Action:
    """Give what an action is.

    >>> read_action("cd /app && python -m pytest -q 2>&1 | tail -5").command
    'python -m pytest -q'
    >>> read_action("sed -i 's/a/b/' src/app.py").kind
    'edit'
    """
    text = text.strip()[:_LONGEST]
    if _SUBMITTED.search(text):
        return Action("submit", "submit", "submit", ())
    command = _CUT_OUTPUT.sub("", _without_folder(text)).strip()
    plain = _without_here_documents(command)
    called = _CALL.match(plain)
    if called and called.group(1).lower() not in _SUBMITS:
        return Action("act", called.group(1), command, _files(plain))
    program, rest = _program(plain)
    small = program.lower()
    files = _files(command.split("\n", 1)[0] if small in _EDITORS else plain)
    if small in _SUBMITS:
        return Action("submit", small, command, files)
    if small in _EDITORS:
        return Action("edit", small, command, files, created=small in _CREATORS)
    if small in {"str_replace_editor", "str_replace_based_edit_tool"}:
        return _editor_tool(rest, command, files)
    if small == "git" and rest.split(" ", 1)[0] in _CHANGING_GIT:
        return Action("edit", small, command, files)
    if _runs(plain) and _TESTS.search(plain):
        return Action("act", small, command, files, tests=True)
    if _writes(plain):
        return Action("edit", small, command, files, created="<<" in command or ">" in plain)
    if small in _SOURCES and "|" in rest:
        small, rest = _end_of_pipe(plain)
    return _other(small, rest, command, files)


class HereDocument(NamedTuple):
    """A text that a command carries along: where it stands, with its marks, and what it is."""

    start: int
    end: int
    text: str


def here_documents(command: str) -> Iterator[HereDocument]:
    """Give the texts between ``<<WORD`` and ``WORD`` in a command."""
    at = 0
    while opening := _HERE_DOCUMENT.search(command, at):
        word = opening.group(1)
        closing = command.find(f"\n{word}", opening.end() - 1)
        last = len(command) if closing < 0 else closing
        at = min(last + 1 + len(word), len(command))
        yield HereDocument(opening.start(), at, command[opening.end() : max(last, opening.end())])


def _without_here_documents(command: str) -> str:
    pieces: list[str] = []
    at = 0
    for here in here_documents(command):
        pieces.append(command[at : here.start])
        at = here.end
    return "".join([*pieces, command[at:]]).strip()


def _other(program: str, rest: str, command: str, files: tuple[str, ...]) -> Action:
    if program in _LOOKS or (program == "sed" and "-n" in rest.split()):
        return Action("look", program, command, files)
    if program == "git" and rest.split(" ", 1)[0] in _LOOKING_GIT:
        return Action("look", program, command, files)
    return Action("act", program, command, files, housekeeping=program in _TIDYING)


def _editor_tool(rest: str, command: str, files: tuple[str, ...]) -> Action:
    verb = rest.split(" ", 1)[0]
    if verb == "view":
        return Action("look", "view", command, files)
    return Action("edit", verb or "edit", command, files, created=verb == "create")


def _without_folder(text: str) -> str:
    while (shorter := _CHANGE_OF_FOLDER.sub("", text, count=1)) != text:
        text = shorter
    return text


def _program(command: str) -> tuple[str, str]:
    """Give the program that a command runs, and the rest of its first line."""
    words = command.split("\n", 1)[0].split()
    while words and (
        _ASSIGNMENT.match(words[0])
        or words[0] in _WRAPPERS
        or (words[0][0] in "-0123456789" and len(words) > 1)
    ):
        words = words[1:]
    if not words:
        return "", ""
    first = words[0].strip("()'\"`{}")
    name = first.rsplit("/", 1)[-1] if not first.startswith("./") else first
    return (name.split("(", 1)[0] or first), " ".join(words[1:])


def _runs(command: str) -> bool:
    program, _ = _program(command)
    return program.lower() not in {"echo", "printf", "grep", "rg", "cat", "find", "ls"}


def _writes(command: str) -> bool:
    """Give whether writing text into a file is all that a command does of note."""
    wrote = False
    for part in _SEGMENTS.split(command):
        program, _ = _program(part)
        small = program.lower()
        in_place = small in {"sed", "perl"} and _IN_PLACE.search(part) is not None
        if in_place or (small in _SOURCES | {"tee"} and _WRITES.search(part) is not None):
            wrote = True
        elif program and small not in _LOOKS | _TIDYING:
            return False
    return wrote


def _end_of_pipe(command: str) -> tuple[str, str]:
    """Give the program that gets what `echo` and its like hand on, and its arguments."""
    program, rest = _program(command.split("\n", 1)[0].rsplit("|", 1)[-1].strip())
    return program.lower(), rest


def _files(text: str) -> tuple[str, ...]:
    names = [found.rsplit("/", 1)[-1] for found in _FILE.findall(text)]
    return tuple(dict.fromkeys(name for name in names if name not in {".", ".."}))


def programs_of(command: str) -> tuple[str, ...]:
    """Give every program that a command runs, in order.

    >>> programs_of("echo a | base64 -d && ./run")
    ('echo', 'base64', './run')
    """
    parts = re.split(r"&&|\|\||[;|\n]", _without_here_documents(command))
    names = [_program(part.strip())[0] for part in parts if part.strip()]
    return tuple(dict.fromkeys(name for name in names if _WORD.fullmatch(name)))
