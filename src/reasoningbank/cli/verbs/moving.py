"""Verbs that move patterns in and out of a bank, and from one embedder to another."""

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import IO, Annotated, Literal, cast

import typer

from reasoningbank.cli.export_file import CountedLines, replacing
from reasoningbank.cli.invocation import DEFAULT_NAMESPACE, Invocation, with_bank, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.progress import progress_bar, unseen
from reasoningbank.cli.safe_text import safe_json, safe_line
from reasoningbank.cli.streams import reading_file
from reasoningbank.cli.verbs.safekeeping import restore_file
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import TransferReport
from reasoningbank.storage import StorageBackend, open_storage

Experiences = Annotated[
    bool, typer.Option("--trajectories", help="Experiences instead of patterns.")
]
Source = Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - is standard input.")]


@with_bank
def export(
    invocation: Invocation,
    target: Annotated[
        str, typer.Argument(metavar="FILE", help="Where to; standard output if not given or -.")
    ] = "-",
    *,
    trajectories: Experiences = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--everything",
            help="All that is kept, of every namespace or of the one named with --namespace.",
        ),
    ] = False,
    skip_damaged: Annotated[
        bool,
        typer.Option(
            "--skip-damaged", help="Leave out patterns that cannot be read, and name each."
        ),
    ] = False,
) -> None:
    """Write every pattern as JSON lines, with all kept about it.

    With --trajectories, every experience instead. The namespace is written as it is at one moment.
    With --everything, exact copies of all there is: vectors, experiences, links, recalls and
    consolidations too; `restore` puts them into an empty bank of any engine.
    A file is replaced only when the export is complete, and never if it is a database. The report
    goes to standard error when the export itself goes to standard output. With --json: an object
    with `exported`, `file` and `damaged`, the ids of what was left out.
    """
    if (trajectories or everything) and skip_damaged:
        raise InvalidInput("is for patterns", field="skip-damaged")
    if everything:
        if trajectories:
            raise InvalidInput("are in everything", field="trajectories")
        _export_everything(invocation, target)
        return
    damaged: list[str] = []
    with invocation.open_bank() as bank:
        total = None if trajectories else bank.get_stats().total_patterns
        with _exporting(target, total) as show, _output(target, show, trajectories) as file:
            if trajectories:
                exported = bank.export_trajectories_jsonl(file)
            else:
                exported = bank.export_jsonl(
                    file, on_damaged=damaged.append if skip_damaged else None
                )
    if not exported:
        _say_nothing_is_there(invocation.namespace)
    for pattern_id in damaged:
        print(f"warning: left out, damaged: {safe_line(pattern_id)}", file=sys.stderr)
    if invocation.as_json and target != "-":
        print_json({"exported": exported, "file": target, "damaged": damaged})
        return
    done = f"exported {counted(exported, _thing(trajectories))}"
    if target == "-":
        print(done, file=sys.stderr)
    else:
        print(f"{done} to {safe_line(target)}")


def _export_everything(invocation: Invocation, target: str) -> None:
    from reasoningbank.bank.whole_export import export_copies
    from reasoningbank.domain.timestamps import format_timestamp
    from reasoningbank.storage.location import resolve_location

    storage = _storage(invocation)
    try:
        named = invocation.namespace != DEFAULT_NAMESPACE
        namespaces = [invocation.namespace] if named else storage.namespaces()
        if not namespaces and resolve_location(invocation.db).server is not None:
            raise InvalidInput(
                "is needed: the database shows this role one at a time",
                field="namespace",
                hint="Name one with --namespace, or export as the owner of the tables.",
            )
        with _exporting(target, None) as show, _output(target, show, trajectories=False) as file:
            exported = export_copies(
                storage, namespaces, file, format_timestamp(time.time_ns() // 1_000_000)
            )
    finally:
        storage.close()
    if named and not exported:
        _say_nothing_is_there(invocation.namespace)
    if invocation.as_json and target != "-":
        print_json({"exported": exported, "file": target, "damaged": []})
        return
    done = f"exported {counted(exported, 'thing')} of {counted(len(namespaces), 'namespace')}"
    if target == "-":
        print(done, file=sys.stderr)
    else:
        print(f"{done} to {safe_line(target)}")


def _say_nothing_is_there(namespace: str) -> None:
    """Say that an export is empty: the name of a namespace may be a slip, and nobody else knows."""
    print(f"note: the namespace {safe_line(namespace)} holds nothing", file=sys.stderr)


def _storage(invocation: Invocation) -> StorageBackend:
    return open_storage(invocation.db)


def _exporting(
    target: str, total: int | None
) -> AbstractContextManager[Callable[[float, str], None]]:
    """Show progress, unless the export itself goes to the terminal."""
    if target == "-" and sys.stdout.isatty():
        return nullcontext(unseen)
    return progress_bar("Exporting", total)


def _thing(trajectories: bool) -> str:
    return "trajectory" if trajectories else "pattern"


@contextmanager
def _output(
    target: str, show: Callable[[float, str], None], trajectories: bool
) -> Iterator[IO[bytes]]:
    """Give what an export writes its lines to."""
    things = "trajectories" if trajectories else "patterns"
    if target != "-":
        with replacing(target) as file:
            yield cast("IO[bytes]", CountedLines(file.write, show, things))
    elif sys.stdout.isatty():
        yield cast("IO[bytes]", CountedLines(_write_safely, show, things))
    else:
        yield cast("IO[bytes]", CountedLines(sys.stdout.buffer.write, show, things))


def _write_safely(line: bytes) -> None:
    """Write a line to a terminal, which must not obey what is in it."""
    sys.stdout.write(safe_json(line.decode()))


@with_vectors
def import_(
    invocation: Invocation,
    source: Source,
    *,
    trajectories: Experiences = False,
    believe: Annotated[
        OutcomeSource | None,
        typer.Option(
            "--believe",
            help="With --trajectories: the most that verdicts may claim; imported if not given.",
        ),
    ] = None,
    skip_invalid: Annotated[
        bool,
        typer.Option("--skip-invalid", help="Report lines that cannot be taken and go on."),
    ] = False,
    origin: Annotated[
        str | None,
        typer.Option(
            "--origin", metavar="NAME", help="Where they come from; the file's name if not given."
        ),
    ] = None,
) -> None:
    """Take foreign patterns in, trusting nothing they claim.

    Takes exports of other banks, and objects with a pattern's fields. They arrive with the trust
    `imported`, whatever they claim; the claims go to metadata.provenance. Equal patterns are merged.
    With --trajectories, experiences are taken in and nothing is learned from them yet: `learn` does
    that with --retry. With --json: TransferReport.
    """
    if believe is not None and not trajectories:
        raise InvalidInput("goes with --trajectories", field="believe")
    named = origin or ("standard input" if source == "-" else Path(source).name)
    on_invalid: Literal["skip", "raise"] = "skip" if skip_invalid else "raise"
    with (
        reading_file(source) as file,
        invocation.open_bank() as bank,
        _lines_read("Importing", file) as show,
    ):
        if trajectories:
            report = bank.import_trajectories_jsonl(
                file,
                origin=named,
                believed=believe or "imported",
                on_invalid=on_invalid,
                progress=show,
            )
        else:
            report = bank.import_jsonl(file, origin=named, on_invalid=on_invalid, progress=show)
    if invocation.as_json:
        print_json(report)
        return
    rest = f"{report.unchanged:,} known already" if trajectories else f"{report.merged:,} merged"
    print(f"read {counted(report.read, 'line')}: {report.created:,} created, {rest}")
    _print_skipped(report)


@with_vectors
def restore(
    invocation: Invocation,
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="An export or a backup; - is standard input.")
    ],
    *,
    trajectories: Experiences = False,
) -> None:
    """Put an export or a backup back, every field as it was.

    An export (JSON lines) is added to the bank; run again, it leaves equal ones alone. With
    --trajectories, an export of experiences. An export of everything goes into an empty bank of
    any engine, in all its namespaces. A file that `backup` made, or a bank file, takes the
    place of the whole bank once it was checked: programs that have the bank open go on with what it
    holds, and what was there before is kept beside it. With --json: TransferReport, or for a backup
    RestoreReport.
    """
    if source != "-" and _is_backup(source):
        if trajectories:
            raise InvalidInput("is for exports, not for backups", field="trajectories")
        _check_unnamed(invocation, "a backup holds the whole bank")
        restore_file(invocation, source)
        return
    from reasoningbank.bank.whole_export import is_copies

    if source != "-" and _begins_with(source, is_copies):
        if trajectories:
            raise InvalidInput("are in everything", field="trajectories")
        _check_unnamed(invocation, "an export of everything goes back to where it was made")
        _restore_everything(invocation, source)
        return
    with (
        reading_file(source) as file,
        invocation.open_bank() as bank,
        _lines_read("Restoring", file) as show,
    ):
        if trajectories:
            report = bank.restore_trajectories_jsonl(file, progress=show)
        else:
            report = bank.restore_jsonl(file, progress=show)
    if invocation.as_json:
        print_json(report)
    else:
        print(
            f"read {counted(report.read, 'line')}: {report.created:,} created, "
            f"{report.unchanged:,} unchanged"
        )


def _check_unnamed(invocation: Invocation, why: str) -> None:
    if invocation.namespace != DEFAULT_NAMESPACE:
        raise InvalidInput(
            f"cannot be chosen: {why}, namespaces included",
            field="namespace",
            hint="Leave --namespace out, or restore an export of patterns.",
        )


def _restore_everything(invocation: Invocation, source: str) -> None:
    from reasoningbank.bank.whole_export import restore_copies

    storage = _storage(invocation)
    try:
        with Path(source).open("rb") as file, _lines_read("Restoring", file) as show:
            report = restore_copies(storage, file, show)
    finally:
        storage.close()
    if invocation.as_json:
        print_json(report)
    else:
        print(
            f"read {counted(report.read, 'thing')}: {report.created:,} created, "
            f"{report.unchanged:,} unchanged"
        )


def _is_backup(source: str) -> bool:
    from reasoningbank.storage.sqlite.backups import is_bank_or_backup

    return _begins_with(source, is_bank_or_backup)


def _begins_with(source: str, says: Callable[[bytes], bool]) -> bool:
    """Give whether the beginning of a file is of some kind; of a pipe nothing is read."""
    try:
        if not stat.S_ISREG(Path(source).stat().st_mode):
            return False
        with Path(source).open("rb") as file:
            return says(file.read(200))
    except OSError:
        return False  # who reads it as an export says what is wrong with it


def _print_skipped(report: TransferReport) -> None:
    if not report.skipped:
        return
    print(f"{counted(len(report.skipped), 'line')} could not be taken:")
    for skipped in report.skipped:
        print(f"  {safe_line(skipped.message)}")


@contextmanager
def _lines_read(what: str, file: IO[bytes]) -> Iterator[Callable[[int], None]]:
    """Show progress by the part of a file that was read; in a pipe, by lines alone."""
    size = _size_of(file)
    with progress_bar(what, size) as show:
        yield lambda lines: show(0 if size is None else file.tell(), f"{lines:,} lines")


def _size_of(file: IO[bytes]) -> int | None:
    """Give the bytes of a file on disk; None for a pipe, whose end nobody knows."""
    try:
        status = os.fstat(file.fileno())
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


@with_vectors
def reembed(invocation: Invocation) -> None:
    """Move the namespace to another embedder.

    That is the one --embedder names, or the built-in one. Searches switch over when all vectors are made. Stopped half-way, it goes on where it was when
    run again. With --json: Reembedded.
    """
    with invocation.open_bank() as bank, progress_bar("Embedding", 1.0) as show:
        done = bank.reembed(
            progress=lambda made, total: show(made / max(total, 1), f"{made:,} of {total:,}")
        )
    if invocation.as_json:
        print_json(done)
    else:
        print(f"made {counted(done.vectors, 'vector')}; searches use {safe_line(done.model)}")
