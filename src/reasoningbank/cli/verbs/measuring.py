"""The verb that shows what was asked of a bank, and how long it took."""

import sys
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.quantities import seconds_of
from reasoningbank.domain.validation import checked_number

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank
    from reasoningbank.domain.metrics import BankMetrics

_SHORTEST, _LONGEST = 0.1, 86_400.0
_TO_THE_TOP: Final = "\x1b[H\x1b[2J"


@with_bank
def metrics(
    invocation: Invocation,
    *,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            metavar="TIME",
            help="How far back: 30s, 15m, 24h or 7d; at most 90d are kept.",
        ),
    ] = "24h",
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again and again, until interrupted.")
    ] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", help="With --watch: how often.")
    ] = 2.0,
) -> None:
    """Show how the bank was used, and how quick it was.

    All programs are counted that use the bank; each writes its counts into it every ten seconds. What this program
    asks is not counted. With --json: BankMetrics; with --watch one a line.
    """
    seconds = seconds_of(since, "since")
    checked_number(every, "every", _SHORTEST, _LONGEST)
    with invocation.open_bank(metrics=False) as bank:
        if not watch:
            _show(invocation, bank.metrics(last_seconds=seconds), seconds)
            return
        try:
            _watch(invocation, bank, seconds, every)
        except KeyboardInterrupt:
            return


def _watch(invocation: Invocation, bank: "ReasoningBank", seconds: float, every: float) -> None:
    while True:
        counted = bank.metrics(last_seconds=seconds)
        if sys.stdout.isatty() and not invocation.as_json:
            sys.stdout.write(_TO_THE_TOP)
        _show(invocation, counted, seconds)
        sys.stdout.flush()
        time.sleep(every)


def _show(invocation: Invocation, counted: "BankMetrics", seconds: float) -> None:
    if invocation.as_json:
        print_json(counted)
        return
    from reasoningbank.cli import console
    from reasoningbank.cli.metrics_view import metrics_view

    console.show(metrics_view(counted, seconds))
