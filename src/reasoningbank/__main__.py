"""The command line as `python -m reasoningbank`, for where the program is not on the search path."""

from __future__ import annotations

from reasoningbank.cli import main

main()
