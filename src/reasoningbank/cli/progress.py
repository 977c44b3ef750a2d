"""A bar for long work, on standard error and only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """Shows how far some work is, where there is anybody to see it."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def __call__(self, done: float, note: str) -> None:
        """Show the amount done and a note on it, as in ``1,200 lines``."""
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=done, note=note)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something else is printed, which may go to the same terminal."""
        if self._progress is None:
            yield
            return
        self._progress.stop()
        try:
            yield
            sys.stdout.flush()
        finally:
            self._progress.start()


@contextmanager
def progress_bar(what: str, total: float | None = None) -> Iterator[Bar]:
    """Show how far some work is, and give what says so.

    Args:
        what: The work, as in ``Importing``.
        total: The amount at which it is done, or None when nobody knows.
    """
    if not sys.stderr.isatty():
        yield Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    console = Console(stderr=True)
    # Standard output stays untouched: an export may be on its way through it.
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        progress.add_task(what, total=total, note="")
        yield Bar(progress)


def unseen(done: float, note: str) -> None:
    """Show nothing: nobody watches."""
