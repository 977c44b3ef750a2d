"""Verbs that move patterns in and out of a bank, and from one embedder to another."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, cast

import typer

from reasoningbank.cli.export_file import CountedLines, replacing
from reasoningbank.cli.invocation import Invocation, with_bank, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.progress import progress_bar, unseen
from reasoningbank.cli.safe_text import safe_json, safe_line
from reasoningbank.cli.streams import reading_file
from reasoningbank.cli.wording import counted
from reasoningbank.domain.pattern import TransferReport

Source = Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - is standard input.")]


@with_bank
def export(
    invocation: Invocation,
    target: Annotated[
        str, typer.Argument(metavar="FILE", help="Where to; standard output if not given or -.")
    ] = "-",
) -> None:
    """Write every pattern as JSON lines, with all kept about it.

    The namespace is written as it is at one moment. A file is replaced only when the export is complete, and never if it is a database. The report
    goes to standard error when the export itself goes to standard output. With --json: an object
    with `exported` and `file`.
    """
    with invocation.open_bank() as bank:
        total = bank.get_stats().total_patterns
        if target == "-" and sys.stdout.isatty():
            exported = bank.export_jsonl(cast("IO[bytes]", CountedLines(_write_safely, unseen)))
        elif target == "-":
            with progress_bar("Exporting", total) as show:
                output = CountedLines(sys.stdout.buffer.write, show)
                exported = bank.export_jsonl(cast("IO[bytes]", output))
        else:
            with progress_bar("Exporting", total) as show, replacing(target) as file:
                exported = bank.export_jsonl(cast("IO[bytes]", CountedLines(file.write, show)))
    if invocation.as_json and target != "-":
        print_json({"exported": exported, "file": target})
    elif target == "-":
        print(f"exported {counted(exported, 'pattern')}", file=sys.stderr)
    else:
        print(f"exported {counted(exported, 'pattern')} to {safe_line(target)}")


def _write_safely(line: bytes) -> None:
    """Write a line to a terminal, which must not obey what is in it."""
    sys.stdout.write(safe_json(line.decode()))


@with_vectors
def import_(
    invocation: Invocation,
    source: Source,
    *,
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

    Takes exports of other banks, and objects with a pattern's fields. They arrive with the trust `imported`, whatever they claim; the claims go to
    metadata.provenance. Equal patterns are merged. With --json: TransferReport.
    """
    named = origin or ("standard input" if source == "-" else Path(source).name)
    with (
        reading_file(source) as file,
        invocation.open_bank() as bank,
        _lines_read("Importing", file) as show,
    ):
        report = bank.import_jsonl(
            file,
            origin=named,
            on_invalid="skip" if skip_invalid else "raise",
            progress=show,
        )
    if invocation.as_json:
        print_json(report)
        return
    read = counted(report.read, "line")
    print(f"read {read}: {report.created:,} created, {report.merged:,} merged")
    _print_skipped(report)


@with_vectors
def restore(invocation: Invocation, source: Source) -> None:
    """Put an export back, every field as it was.

    Run again, it leaves equal patterns alone. With --json: TransferReport.
    """
    with (
        reading_file(source) as file,
        invocation.open_bank() as bank,
        _lines_read("Restoring", file) as show,
    ):
        report = bank.restore_jsonl(file, progress=show)
    if invocation.as_json:
        print_json(report)
    else:
        print(
            f"read {counted(report.read, 'line')}: {report.created:,} created, "
            f"{report.unchanged:,} unchanged"
        )


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
