"""The verb that shows a bank live in the terminal."""

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.domain.validation import checked_number

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank
    from reasoningbank.cli.top_view import Seen

_SHORTEST, _LONGEST = 0.2, 86_400.0
_LATELY_SECONDS: Final = 900.0
_DAY_SECONDS: Final = 86_400.0
_RECALLS: Final = 50
_ROWS: Final = 24
_LEAVE: Final = frozenset({"q", "Q", "\x1b"})


@with_bank
def top(
    invocation: Invocation,
    *,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", help="How often to look again.")
    ] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Show it once and end.")] = False,
) -> None:
    """Watch the bank: patterns, success, calls, recalls.

    Calls are those of the last 15 minutes, of all programs that use the bank; what this one asks
    is not counted. The key q ends it. With --json: shows it once, as an object of `stats` (StorageStats),
    `lately` and `today` (BankMetrics) and `recalls`.
    """
    checked_number(every, "every", _SHORTEST, _LONGEST)
    with invocation.open_bank(metrics=False) as bank:
        if invocation.as_json:
            print_json(_seen(bank))
        elif once or not sys.stdout.isatty():
            from reasoningbank.cli import console
            from reasoningbank.cli.top_view import top_view

            console.show(top_view(_seen(bank), height=_ROWS, hint=""))
        else:
            _live(bank, every)


def _seen(bank: "ReasoningBank") -> "Seen":
    from reasoningbank.cli.top_view import Seen

    stats = bank.get_stats()
    return Seen(
        stats=stats,
        quarantined=stats.total_patterns - stats.active_patterns,
        lately=bank.metrics(last_seconds=_LATELY_SECONDS),
        today=bank.metrics(last_seconds=_DAY_SECONDS),
        recalls=tuple(bank.recalls(limit=_RECALLS)),
        seconds=_LATELY_SECONDS,
    )


def _live(bank: "ReasoningBank", every: float) -> None:
    from rich.console import Console
    from rich.live import Live

    from reasoningbank.cli.keyboard import key_within, keys_at_once
    from reasoningbank.cli.top_view import top_view

    console = Console(highlight=False, markup=False, emoji=False)
    hint = f"every {every:g} s; q ends it"
    with keys_at_once(), Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(top_view(_seen(bank), height=console.height, hint=hint), refresh=True)
                if key_within(every) in _LEAVE:
                    return
        except KeyboardInterrupt:
            return
