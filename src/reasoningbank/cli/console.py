"""Tables for people: readable at 80 columns, without colour, and whatever the stored text holds.

Imported by verbs when they print a table, never for ``--help`` or ``--json``: it loads rich.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reasoningbank.cli.safe_text import safe_line, safe_text
from reasoningbank.domain.pattern import Pattern

_WIDEST: Final = 100  # columns; longer lines are hard to read
_ELLIPSIS: Final = "..."  # plain, because it must be printable in every encoding
EXCERPT_LINES: Final = 3
_SPACES_AT_THE_END: Final = re.compile(r" +$", re.MULTILINE)


def show(*content: RenderableType) -> None:
    """Print tables and texts, one below the other; nothing in them is interpreted.

    What reads the output through a pipe gets no spaces at the ends of lines.
    """
    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, _WIDEST)
    with console.capture() as captured:
        console.print(*content, sep="\n")
    sys.stdout.write(_SPACES_AT_THE_END.sub("", captured.get()))


def text(content: str, style: str = "") -> Text:
    """Give stored text as it may be printed, line breaks kept."""
    return Text(safe_text(content), style=style)


def line(content: str, style: str = "") -> Text:
    """Give stored text on one line."""
    return Text(safe_line(content), style=style)


class Excerpt:
    """The first lines of a text, at whatever width it is given, with dots where it was cut."""

    def __init__(self, content: str, lines: int = EXCERPT_LINES, style: str = "") -> None:
        self._content = content
        self._style = style
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give the lines that fit."""
        # Wrapping all of a long text to show three lines of it would take longer than finding it.
        most = options.max_width * (self._lines + 1)
        wrapped = line(self._content[:most], self._style).wrap(console, options.max_width)
        if len(wrapped) <= self._lines and len(self._content) <= most:
            yield from wrapped
            return
        yield from wrapped[: self._lines - 1]
        rest = wrapped[min(self._lines, len(wrapped)) - 1]
        narrower = max(options.max_width - len(_ELLIPSIS) - 1, 1)
        shortened = rest.wrap(console, narrower)[0]
        shortened.rstrip()
        yield shortened + Text(f" {_ELLIPSIS}", style=self._style)


def number(value: float | None, digits: int = 2) -> str:
    """Give a number with that many digits after the point; a dash for none."""
    return "-" if value is None else f"{value:.{digits}f}"


def fields(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Give a list of names and values."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, value)
    return grid


def table(headings: Sequence[str], rows: Iterable[Sequence[RenderableType]]) -> Table:
    """Give a table whose columns wrap where they must; headings in capitals, no lines."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in headings:
        grid.add_column(heading.upper(), overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def stacked(
    rows: Iterable[tuple[str, Iterable[RenderableType]]], headings: tuple[str, str]
) -> Table:
    """Give things below one another, each beside a word on it; what is told of each is stacked."""
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="bold")
    grid.add_column(headings[0].upper(), no_wrap=True)
    grid.add_column(headings[1].upper(), overflow="fold")
    for word, parts in rows:
        grid.add_row(Text(word, style="bold"), Group(*parts))
    return grid


def pattern_list(patterns: Iterable[tuple[str, Pattern]], heading: str) -> Table:
    """Give patterns below one another, each beside its figure, with the beginning of its strategy.

    Args:
        patterns: Each with the figure shown at its left.
        heading: What the figures are.
    """
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="bold")
    grid.add_column(heading.upper(), justify="right", no_wrap=True)
    grid.add_column("PATTERN", overflow="fold")
    for figure, pattern in patterns:
        grid.add_row(Text(figure, style="bold"), _summary(pattern))
    return grid


def _summary(pattern: Pattern) -> Table:
    """Give the title or task, what is known of it, the beginning of the strategy, and the whole id."""
    grid = Table.grid()
    grid.add_column(overflow="fold")
    title = pattern.title or pattern.task_description
    grid.add_row(Excerpt(title, 2))
    grid.add_row(line(" · ".join(_facts(pattern)), "cyan"))
    if pattern.strategy != title:
        grid.add_row(Excerpt(pattern.strategy))
    grid.add_row(Text(str(pattern.id), style="dim"))
    return grid


def _facts(pattern: Pattern) -> list[str]:
    facts = [pattern.task_category]
    if pattern.success_score is not None:
        facts.append(f"score {number(pattern.success_score)}")
    facts.append(pattern.trust)
    if pattern.uses:
        facts.append(f"{pattern.successes} of {pattern.uses} uses succeeded")
    return facts


def indented(content: RenderableType, columns: int = 4) -> Padding:
    """Give something moved to the right."""
    return Padding(content, (0, 0, 0, columns))
