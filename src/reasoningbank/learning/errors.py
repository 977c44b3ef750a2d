"""The errors that the output of programs, compilers, shells and services shows.

An error is recognised by the form in which tools print it, at the place where they print it; words
such as "failed" or "error" inside other text mean nothing.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from reasoningbank.learning.actions import Action, programs_of


class ErrorSign(NamedTuple):
    """An error that some output shows.

    Args:
        kind: Its type as the tool names it (``ValueError``), or what sort it is (``timeout``).
        message: What it says, one line, as it was printed.
    """

    kind: str
    message: str

    def __str__(self) -> str:
        if not self.message:
            return self.kind
        return f"{self.kind}: {self.message}" if self.kind else self.message


_NAME: Final = (
    r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Failed|Failure|Timeout|NotFound"
    r"|DoesNotExist|Violation|Expired|Conflict)|(?:[a-z_]\w*\.)+(?:error|Error)"
)
_TRACEBACK: Final = re.compile(r"^Traceback \(most recent call last\):", re.MULTILINE)
_PLACE: Final = re.compile(r"^[ \t]*File \"[^\"\n]+\", line \d+", re.MULTILINE)
_RAISED: Final = re.compile(
    rf"^({_NAME}|AssertionError|KeyboardInterrupt|StopIteration)(?:: ?(.*))?$", re.MULTILINE
)
_PYTEST: Final = re.compile(rf"^E\s{{2,}}({_NAME})(?:: ?(.*))?$", re.MULTILINE)
_PYTEST_ASSERT: Final = re.compile(r"^E\s{2,}(assert .+)$", re.MULTILINE)
_REFUSED_EDIT: Final = re.compile(
    r"introduced new syntax error.*?^ERRORS:\s*^- ([A-Z]\d+) (?:(\w+(?:Error|Warning)): )?([^\n]+)",
    re.DOTALL | re.MULTILINE,
)
_NOT_APPLIED: Final = re.compile(
    r"^(?:No replacement was performed[^\n]*|String to replace not found[^\n]*|Your (?:proposed )?edit[^\n]*(?:failed|NOT been applied)[^\n]*"
    r"|Usage: \w+[^\n]*)$",
    re.MULTILINE,
)
_NODE: Final = re.compile(
    r"^(?:Uncaught )?((?:Type|Reference|Syntax|Range|Eval|URI|Assertion)?Error)(?: \[\w+\])?: (.+)$(?=\n\s+at |[^\0]*\n\s+at )",
    re.MULTILINE,
)
_JAVA: Final = re.compile(r"^Exception in thread \"[^\"\n]*\" ([\w.$]+)(?:: (.*))?$", re.MULTILINE)
_PANIC: Final = re.compile(r"^(?:panic: (.+)|thread '[^'\n]*' panicked at (.+))$", re.MULTILINE)
_CRASH: Final = re.compile(
    r"^.*?\b(Segmentation fault|Bus error|Aborted|Killed|core dumped)\b.*$", re.MULTILINE
)
_COMPILER: Final = re.compile(
    r"^[^\s:()]+[:(]\d+(?:[:,]\d+)?\)?:? (?:fatal )?error(?: (TS\d+|CS\d+|[A-Z]\d{3,5}))?:? ?(.+)$",
    re.MULTILINE,
)
_RUST: Final = re.compile(r"^error(?:\[(E\d+)\])?: (.+)$", re.MULTILINE)
_MAKE: Final = re.compile(r"^make(?:\[\d+\])?: \*\*\* (.+)$", re.MULTILINE)
_SHELL: Final = re.compile(
    r"^(?:[\w./-]*(?:ba|z|da|k)?sh: )(?:(?:line )?\d+: )?(?:(\S+): (command not found|not found|No such file or directory|Permission denied|syntax error.*)|(.*syntax error.*))$",
    re.MULTILINE,
)
_MISSING: Final = re.compile(
    r"^(?!(?:fatal|error|E):|FATAL|ERROR)([\w./+-]+): (?:(?:cannot|can't|could not|failed to|unable to) [^\n]*|[^\n]*(?:No such file or directory|Permission denied|Is a directory|Not a directory|not a valid|Connection refused|command not found)[^\n]*)$",
    re.MULTILINE,
)
_FATAL: Final = re.compile(
    r"^(?:(?:fatal|FATAL|ERROR|Error|error|E):[ \t]{0,8}(?:\[\w+\] )?"
    r"|npm (?:ERR!|error) (?!(?:code|errno|syscall|path|dest|node|A complete log)\b))(\S[^\n]*)$",
    re.MULTILINE,
)
# What a runner says of the test that failed, where nothing was raised.
_GO_SAID: Final = re.compile(r"^[ \t]+\w+(?:_test|testing)?\.go:\d+: ([^\n]+)$", re.MULTILINE)
_GO_RACE: Final = re.compile(r"^WARNING: (DATA RACE)$", re.MULTILINE)
_JEST_SAID: Final = re.compile(r"^[ \t]+(expect\([^\n]*?)(?: // [^\n]*)?$", re.MULTILINE)
_GIT_REJECTED: Final = re.compile(r"^ ! \[(?:remote )?rejected\][^\n]*\(([^)\n]+)\)", re.MULTILINE)
_TIMED_LINE: Final = re.compile(r"^#\d+ (?:[\d.]+ )?", re.MULTILINE)
_CANNOT_OPEN: Final = re.compile(
    r"^([^\s:][^\n:]*): cannot open [^\n]*\(No such file or directory\)", re.MULTILINE
)
_TIMEOUT: Final = re.compile(
    r"^[^\w\n]{0,8}(EXECUTION TIMED OUT[^\n]*|(?:Command|Execution|Process|Request|Operation) (?:has )?timed out[^\n]*|Timeout(?:Expired| exceeded)?\b[^\n]*)$",
    re.MULTILINE | re.IGNORECASE,
)
_REJECTED: Final = re.compile(
    r"^[^\w\n]{0,8}((?:wrong|incorrect|invalid) (?:flag|answer|password|solution|submission|key|code|credentials|token)\b[^\n]{0,80})$",
    re.MULTILINE | re.IGNORECASE,
)
_HTTP: Final = re.compile(
    r"\bHTTP/\d(?:\.\d)?\"? (\d{3})(?: ([A-Z][A-Za-z' -]+))?|\"?\bstatus(?:_?code)?\"?\s*[:=]\s*(\d{3})\b"
)
_EXIT_CODE: Final = re.compile(
    r"<returncode>\s*(-?\d+)\s*</returncode>"
    r"|^\W{0,3}(?:exit[ _]?code|exit[ _]?status|return[ _]?code|rc)\s*[:=]?\s*(-?\d{1,3})\W{0,3}$"
    r"|\bexited with (?:exit )?(?:code|status)\s*:?\s*(-?\d{1,3})\b"
    r"|^(?:Command )?failed with (?:exit )?(?:code|status)\s*:?\s*(-?\d{1,3})\b",
    re.MULTILINE | re.IGNORECASE,
)
_HTTP_NAMES: Final = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    409: "Conflict", 422: "Unprocessable Content", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip
# Longer output is looked at from both ends: errors stand at the end, edit refusals at the beginning.
_FIRST_LOOKED_AT: Final = 3_000
_LAST_LOOKED_AT: Final = 9_000
_LINE: Final = 300
_SHORT_OUTPUT: Final = 600
_BUILDERS: Final = {"docker", "podman", "buildah", "nerdctl"}


def looked_at(text: str) -> str:
    """Give the part of an output in which errors are sought."""
    if len(text) <= _FIRST_LOOKED_AT + _LAST_LOOKED_AT:
        return text
    return f"{text[:_FIRST_LOOKED_AT]}\n{text[-_LAST_LOOKED_AT:]}"


def exit_code_in(text: str) -> int | None:
    """Give the exit code that an output states, the last one of several, or None.

    >>> exit_code_in("<returncode>2</returncode>")
    2
    """
    found = [next(filter(None, groups)) for groups in _EXIT_CODE.findall(text)]
    return int(found[-1]) if found else None


def http_status_in(text: str) -> int | None:
    """Give the last HTTP status that an output states, or None."""
    found = [int(first or third) for first, _, third in _HTTP.findall(text)]
    return found[-1] if found else None


def errors_in(text: str, action: Action) -> tuple[ErrorSign, ...]:
    """Give the errors an output shows, the deciding one first.

    Args:
        text: What an action gave.
        action: The action; what it looks at is not taken for what it met.
    """
    if action.kind == "look":
        return _errors_of_looking(text)
    if action.program in _BUILDERS:
        text = _TIMED_LINE.sub("", text)
    found = [
        *_raised(text),
        *_edits(text),
        *_of_tools(text, action),
        *_of_shells(text, action),
    ]
    return tuple(dict.fromkeys(found))


def _errors_of_looking(text: str) -> tuple[ErrorSign, ...]:
    """Give the errors of a command whose output is other people's text, so only short ones count."""
    if len(text) > _SHORT_OUTPUT:
        return ()
    found = [
        *(
            _sign("", f"cannot open {name}: No such file or directory")
            for name in _CANNOT_OPEN.findall(text)
        ),
        *_shell_signs(text),
    ]
    return tuple(dict.fromkeys(found))


def _raised(text: str) -> list[ErrorSign]:
    """Give exceptions, the last traceback's first: it is the one that ended the program."""
    found: list[ErrorSign] = []
    if _TRACEBACK.search(text) or _PLACE.search(text):
        found += [_sign(kind, said) for kind, said in reversed(_RAISED.findall(text))]
    found += [_sign(kind, said) for kind, said in _PYTEST.findall(text)]
    if not found:
        found += [_sign("AssertionError", said) for said in _PYTEST_ASSERT.findall(text)]
    found += [_sign(kind, said) for kind, said in _NODE.findall(text)]
    found += [_sign(kind, said) for kind, said in _JAVA.findall(text)]
    found += [_sign("panic", first or second) for first, second in _PANIC.findall(text)]
    found += [_sign(said, "") for said in _CRASH.findall(text)]
    return found


def _edits(text: str) -> list[ErrorSign]:
    found = [_sign(name or code, said) for code, name, said in _REFUSED_EDIT.findall(text)]
    return found or [_sign("edit refused", said) for said in _NOT_APPLIED.findall(text)]


def _of_tools(text: str, action: Action) -> list[ErrorSign]:
    found = [_sign("", f"[rejected] ({said})") for said in _GIT_REJECTED.findall(text)]
    found += [_sign(code or "compile error", said) for code, said in _COMPILER.findall(text)]
    found += [_sign(code or "error", said) for code, said in _RUST.findall(text)]
    found += [_sign("", "data race") for _ in _GO_RACE.findall(text)]
    if action.tests:
        found += [_sign("", said) for said in (*_GO_SAID.findall(text), *_JEST_SAID.findall(text))]
    found += [_sign("make", said) for said in _MAKE.findall(text)]
    found += [_sign("timeout", said) for said in _TIMEOUT.findall(text)]
    found += [_sign("rejected", said) for said in _REJECTED.findall(text)]
    return found


def _of_shells(text: str, action: Action) -> list[ErrorSign]:
    found = _shell_signs(text)
    # A program's complaint may follow its output on the same line.
    for program in programs_of(action.command):
        name = re.escape(program.removeprefix("./"))
        complaint = re.search(rf"{name}: ([a-z][^\n]*)\s*\Z", text)
        if complaint:
            found.append(_sign(program, complaint.group(1)))
    status = http_status_in(text)
    bad_request = 400
    if status is not None and status >= bad_request:
        found.append(_sign(f"HTTP {status}", _HTTP_NAMES.get(status, "")))
    if not found:
        found += [_sign("error", said) for said in _FATAL.findall(text)]
    return found


def _shell_signs(text: str) -> list[ErrorSign]:
    found = [_sign(name or "shell", said or other) for name, said, other in _SHELL.findall(text)]
    if not found:
        found += [_sign("", match.group(0)) for match in _MISSING.finditer(text)]
    return found


def _sign(kind: str, message: str) -> ErrorSign:
    return ErrorSign(kind, " ".join(message.split())[:_LINE])
