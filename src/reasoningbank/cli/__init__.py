"""The command line: parse what was asked, call the bank, print."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program with the arguments it was started with, and end it with its exit status."""
    try:
        from reasoningbank.cli.running import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # before there was anything to interrupt
        status = 130
    sys.exit(status)
