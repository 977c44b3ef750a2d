"""The command line: parse what was asked, call the bank, print."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program with the arguments it was started with, and end it with its exit status."""
    if sys.argv[1:2] == ["hook"] and not {"-h", "--help"} & set(sys.argv[2:]):
        # Past the parser of the other verbs: an editor waits for this one before every task.
        sys.exit(_run_hook(sys.argv[2:]))
    try:
        from reasoningbank.cli.running import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # before there was anything to interrupt
        status = 130
    sys.exit(status)


def _run_hook(arguments: list[str]) -> int:
    try:
        from reasoningbank.hooks.running import run_arguments

        return run_arguments(arguments)
    except BaseException:  # noqa: BLE001 - a broken installation must not stop an agent either
        return 0
