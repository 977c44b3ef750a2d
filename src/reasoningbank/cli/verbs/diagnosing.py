"""The verb that looks a bank over."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec
import typer

from reasoningbank.cli.exits import ExitStatus, error_object, status_of
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import NotFound, ReasoningBankError
from reasoningbank.domain.records import Finding

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank

_IDS_SHOWN: Final = 5


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What `doctor` found.

    Args:
        path: The file, or None in memory.
        reason: Why this bank was chosen.
        healthy: Whether no finding is an error.
        findings: What was looked at.
        error: Why the bank could not be looked at, as ``--json`` prints errors, or None.
    """

    path: str | None
    reason: str
    healthy: bool
    findings: tuple[Finding, ...]
    error: dict[str, object] | None


@with_vectors
def doctor(invocation: Invocation) -> None:
    """Look for damage and risks, and say what to do about each.

    Reads every row and checksum, changes no pattern and makes no bank. Ends with 0 when there is no
    error (warnings may be shown), 5 when an error was found, and with the error's own status where
    the bank cannot be opened. With --json: Diagnosis.
    """
    from reasoningbank.storage.location import resolve_location

    location = resolve_location(invocation.db)
    path = location.shown
    findings: list[Finding] = [_release()]
    stopped: ReasoningBankError | None = None
    try:
        if location.path is not None and not location.path.exists():
            raise NotFound(
                "is not there yet",
                path=path,
                hint="The first `reasoningbank store` makes it; or name another with --db.",
            )
        with invocation.open_bank() as bank:
            findings += bank.check()
            findings += _embedder(bank, invocation.embedder)
    except ReasoningBankError as error:
        stopped = error
    errors = sum(finding.level == "error" for finding in findings)
    diagnosis = Diagnosis(
        path=path,
        reason=location.reason,
        healthy=stopped is None and not errors,
        findings=tuple(findings),
        error=None if stopped is None else error_object(stopped),
    )
    if invocation.as_json:
        print_json(diagnosis)
    else:
        _show(diagnosis, stopped)
    if stopped is not None:
        raise typer.Exit(status_of(stopped))
    if errors:
        raise typer.Exit(ExitStatus.STORAGE)


def _release() -> Finding:
    import platform
    from importlib.metadata import version

    release = f"agent-reasoningbank {version('agent-reasoningbank')}"
    message = f"{release} on {platform.python_implementation()} {platform.python_version()}"
    return Finding(check="release", level="ok", message=message)


def _embedder(bank: "ReasoningBank", asked: str | None) -> Iterator[Finding]:
    """Compare the model whose vectors are searched with the one that would ask."""
    from reasoningbank.embedding import embedder_from_name

    stored = bank.get_stats().embedding_model
    given = embedder_from_name(asked or "default").name
    if stored is None or stored == given:
        yield Finding(check="embedder", level="ok", message=given)
        return
    yield Finding(
        check="embedder",
        level="warning",
        message=f"the vectors were made by {stored}, but {given} would be asked",
        hint="Name the first with --embedder, or move the bank with `reasoningbank reembed`.",
    )


def _show(diagnosis: Diagnosis, stopped: ReasoningBankError | None) -> None:
    from reasoningbank.cli import console

    print(safe_line(diagnosis.path or "memory"))
    print(safe_line(diagnosis.reason))
    findings = list(diagnosis.findings)
    if stopped is not None:
        findings.append(
            Finding(check="opening", level="error", message=stopped.message, hint=stopped.hint)
        )
    console.show(
        "",
        console.table(
            ("", "Check", "Found"),
            [(finding.level, finding.check, _found(finding)) for finding in findings],
        ),
        "",
        _verdict(findings),
    )


def _found(finding: Finding) -> str:
    lines = [safe_line(finding.message)]
    if finding.ids:
        shown = ", ".join(finding.ids[:_IDS_SHOWN])
        more = len(finding.ids) - _IDS_SHOWN
        lines.append(f"{shown}{f' and {more} more; --json shows them' if more > 0 else ''}")
    if finding.hint is not None:
        lines.append(f"-> {safe_line(finding.hint)}")
    return "\n".join(lines)


def _verdict(findings: list[Finding]) -> str:
    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if not errors and not warnings:
        return "healthy"
    parts = [(errors, "error"), (warnings, "warning")]
    return ", ".join(counted(count, what) for count, what in parts if count)
