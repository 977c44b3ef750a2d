"""How the program ends: one exit status for each kind of error, one line for each error."""

from __future__ import annotations

import enum
from typing import Final

from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.errors import ReasoningBankError


class ExitStatus(enum.IntEnum):
    """Tell a calling program what became of the call."""

    DONE = 0
    NOT_FOUND = 1
    INVALID = 2
    CONFLICT = 3
    BUSY = 4
    STORAGE = 5
    EMBEDDING = 6
    UNAVAILABLE = 7
    PARTLY = 8
    ROLLED_BACK = 9
    DEFECT = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS: Final[dict[ExitStatus, str]] = {
    ExitStatus.DONE: "done; an empty answer to a search is an answer",
    ExitStatus.NOT_FOUND: "no such pattern in this namespace, or no bank for `doctor` to look at",
    ExitStatus.INVALID: "wrong usage, or input that cannot be stored or asked",
    ExitStatus.CONFLICT: "the content exists already, or the pattern changed in the meantime",
    ExitStatus.BUSY: "other writers held the bank for too long; try again",
    ExitStatus.STORAGE: "the file is damaged, another program's, or written by a newer release; "
    "for `doctor`: an error was found",
    ExitStatus.EMBEDDING: "the bank's vectors come from another embedder",
    ExitStatus.UNAVAILABLE: "something needed is missing (space, permission, a package), "
    "or a remote model failed",
    ExitStatus.PARTLY: "some of the files could not be taken, each named on standard error; "
    "the others were. For `migrate`: some rows could not, each named with its reason in a file",
    ExitStatus.ROLLED_BACK: "`migrate --rollback` went back: the bank is as it was before",
    ExitStatus.DEFECT: "a defect of this program; the traceback is on standard error",
    ExitStatus.INTERRUPTED: "interrupted with Ctrl-C",
    ExitStatus.PIPE_CLOSED: "the reader of the output went away, as `| head` does",
}

_STATUS_OF_CODE: Final = {
    "not_found": ExitStatus.NOT_FOUND,
    "invalid_input": ExitStatus.INVALID,
    "conflict": ExitStatus.CONFLICT,
    "busy": ExitStatus.BUSY,
    "storage_corrupt": ExitStatus.STORAGE,
    "foreign_database": ExitStatus.STORAGE,
    "schema_too_new": ExitStatus.STORAGE,
    "embedding_mismatch": ExitStatus.EMBEDDING,
    "provider_failed": ExitStatus.UNAVAILABLE,
    "unavailable": ExitStatus.UNAVAILABLE,
}


def status_of(error: ReasoningBankError) -> ExitStatus:
    """Give the exit status of an error."""
    return _STATUS_OF_CODE[error.code]


def codes_of(status: ExitStatus) -> list[str]:
    """Give the error codes that end the program with `status`."""
    return [code for code, ends_with in _STATUS_OF_CODE.items() if ends_with is status]


def error_line(error: ReasoningBankError) -> str:
    """Give the one line that is printed for an error: what happened and the way out."""
    return f"error: {safe_line(str(error))}"


def error_object(error: ReasoningBankError) -> dict[str, object]:
    """Give what ``--json`` prints for an error.

    Beside `code`, `message`, `field`, `path` and `hint` it holds what the error alone knows, such as
    ``existing_id`` of a conflict.
    """
    subject = error.field or error.path
    known = {"message", "field", "path", "hint"}
    own = {
        name: value
        for name, value in vars(error).items()
        if name not in known and not name.startswith("_")  # typer leaves a note of its own there
    }
    return {
        "code": error.code,
        "message": f"{subject} {error.message}" if subject else error.message,
        "field": error.field,
        "path": error.path,
        "hint": error.hint,
        **own,
    }
