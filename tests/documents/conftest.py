"""Tells at the end of a run which blocks of the documents nothing runs, and why."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests.documents.blocks import all_blocks
from tests.documents.running import transcript


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the reasons with the places, so that nothing is left out silently."""
    left: dict[str, list[str]] = defaultdict(list)
    blocks = [block for block in all_blocks() if not block.is_directive]
    for block in blocks:
        if block.reason_not_to_run is not None:
            left[block.reason_not_to_run].append(block.place)
    count = sum(map(len, left.values()))
    terminalreporter.write_line(
        f"documents: {len(blocks)} blocks of code, {count} of them not run:"
    )
    steps = [
        expected.strip()
        for block in blocks
        if block.language == "console" and block.reason_not_to_run is None
        for _, expected in transcript(block.text)
    ]
    compared = sum(expected not in {"", "..."} for expected in steps)
    for reason, places in sorted(left.items()):
        terminalreporter.write_line(f"  {len(places):3} {reason}: {', '.join(places)}")
    terminalreporter.write_line(
        f"transcripts: {len(steps)} commands run, the output of {compared} is compared"
    )
