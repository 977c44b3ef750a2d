"""The verb that measures the bank on this machine."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from reasoningbank.cli.invocation import Invocation, without_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain import limits
from reasoningbank.domain.validation import checked_count, checked_number

if TYPE_CHECKING:
    from reasoningbank.benchmark import BenchmarkReport
    from reasoningbank.benchmark.figures import Figure

_SIZES: Final = (1_000, 10_000)
_VERDICTS: Final = {"aim": "aim reached", "must": "limit kept", "missed": "MISSED", "none": ""}


@without_bank
def bench(
    invocation: Invocation,
    *,
    size: Annotated[
        list[int] | None,
        typer.Option(
            "--size",
            metavar="N",
            help="Patterns in the bank; may be given repeatedly. 1,000 and 10,000 if not given.",
        ),
    ] = None,
    directory: Annotated[
        str | None,
        typer.Option("--directory", metavar="DIR", help="Make the banks there: another disk."),
    ] = None,
    repeats: Annotated[
        float,
        typer.Option(
            "--repeats",
            metavar="SHARE",
            help="Share of the usual number of calls; less is quicker and coarser.",
        ),
    ] = 1.0,
) -> None:
    """Measure the bank on this machine, beside the bare engine.

    Banks of generated texts are made in a temporary directory and removed again; yours is not
    touched. Takes about a minute. With --json: an object with `machine`, `figures` (each with
    its limits and verdict), `sizes` and `seconds`.
    """
    from reasoningbank.benchmark import run

    sizes = size or list(_SIZES)
    for patterns in sizes:
        checked_count(patterns, "size", high=limits.SAFE_INTEGER)
    checked_number(repeats, "repeats", 0.01, 100.0)
    report = run(
        sizes,
        directory=None if directory is None else Path(directory),
        progress=_say,
        repeats=repeats,
    )
    if invocation.as_json:
        print_json(report.to_dict())
    else:
        _show(report)


def _say(words: str) -> None:
    """Say what is going on where a person watches."""
    if sys.stderr.isatty():
        print(safe_line(words), file=sys.stderr)


def _show(report: "BenchmarkReport") -> None:
    from reasoningbank.cli import console

    machine = report.machine
    console.show(
        f"{safe_line(machine.processor)}, {machine.cores} cores, {machine.python}; load average "
        f"{machine.load_before} before, {machine.load_after} after; {report.seconds:.0f} s.",
        "",
        console.table(
            ("Patterns", "What", "Median", "To raw", ""),
            [_row(figure) for figure in report.figures],
        ),
    )


def _row(figure: "Figure") -> tuple[str, ...]:
    from reasoningbank.benchmark.figures import LABELS, verdict_of

    value = "-" if figure.value is None else f"{figure.value:,.4g} {figure.unit}"
    return (
        "" if figure.size is None else f"{figure.size:,}",
        LABELS[figure.name] + (f" ({figure.note})" if figure.note else ""),
        value,
        "" if figure.ratio is None else f"{figure.ratio:.2f}x",
        _VERDICTS[verdict_of(figure)],
    )
