"""A bar for long work, on standard error and only where a person watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(what: str, total: float | None = None) -> Iterator[Callable[[float, str], None]]:
    """Show how far some work is, and give the function that says so.

    Args:
        what: The work, as in ``Importing``.
        total: The amount at which it is done, or None when nobody knows.

    Yields:
        Takes the amount done and a note on it, as in ``1,200 lines``.
    """
    if not sys.stderr.isatty():
        yield unseen
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
        task = progress.add_task(what, total=total, note="")

        def show(done: float, note: str) -> None:
            progress.update(task, completed=done, note=note)

        yield show


def unseen(done: float, note: str) -> None:
    """Show nothing: nobody watches."""
