"""The demonstration told to a person at a terminal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from rich.console import Group
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from reasoningbank.cli import console
from reasoningbank.cli.progress import progress_bar
from reasoningbank.cli.safe_text import safe_line, safe_text
from reasoningbank.cli.verbs.reading import show_stats
from reasoningbank.cli.wording import counted
from reasoningbank.demo.steps import Answer, Filled, ask, fill, questions_for
from reasoningbank.domain.pattern import SimilarPattern, SkippedLine

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank

_SKIPPED_SHOWN: Final = 10
_STRATEGY_LINES: Final = 2

_PYTHON: Final = """\
from reasoningbank import ReasoningBank
bank = ReasoningBank.{opening}
bank.store_pattern(task_description="...", task_category="...", strategy="...")
similar = bank.find_similar("the task your agent is about to start", top_k=3)"""
_SHELL: Final = """\
reasoningbank store --task "..." --category backend --strategy "..."
reasoningbank similar "the task your agent is about to start\""""


def narrate(
    bank: ReasoningBank, file: IO[bytes], source: Path, asked: Sequence[str], *, kept: bool
) -> None:
    """Fill the bank, ask it, and tell what happens as it happens.

    Args:
        bank: A new bank.
        file: What to store.
        source: The path of that file.
        asked: The caller's own questions, or none.
        kept: Whether the bank stays when the demonstration is over.
    """
    _heading("A new bank: one SQLite file, nothing to configure")
    path = bank.get_stats().path or "memory"
    print(safe_line(path))
    with progress_bar("Storing") as show:
        filled = fill(bank, file, source.name, lambda count: show(count, f"{count:,} lines stored"))
    _tell_filled(filled, source, bank.get_stats().size_bytes)
    _heading("Asked in other words")
    console.show("Each answer begins with its similarity, from -1 to 1, and its category.")
    answers: list[Answer] = []
    for answer in ask(bank, questions_for(bank, source, filled, asked)):
        answers.append(answer)
        console.show("", _answer(len(answers), answer))
    _tell_result(answers)
    _heading("What the bank holds")
    show_stats(bank.get_stats())
    _heading("Go on in your own program")
    opening = f"open({path!r})" if kept else "open()"
    ending = "stays where it is" if kept else "is removed now; --keep PATH keeps it"
    # To be copied, so not to be folded.
    print(safe_text(_PYTHON.format(opening=opening)))
    print(f"\nor in the shell\n\n{_SHELL}")
    console.show(f"\nThe bank of this demonstration {ending}.")


def _heading(words: str) -> None:
    console.show("", Rule(Text(words, style="bold"), align="left", characters="-", style=""))


def _tell_filled(filled: Filled, source: Path, size: int) -> None:
    console.show(
        f"Stored {filled.stored:,} lines of {safe_line(source.name)} in {filled.seconds:.2f} s, "
        f"loading the embedder included; the file has {size / 1e6:.2f} MB."
    )
    merged = filled.stored - filled.patterns
    if merged:
        were = "1 was equal to another" if merged == 1 else f"{merged:,} were equal to others"
        console.show(f"{were} and merged: {counted(filled.patterns, 'pattern')}.")
    if filled.skipped:
        _tell_skipped(filled.skipped)


def _tell_skipped(skipped: Sequence[SkippedLine]) -> None:
    console.show(f"Skipped {counted(len(skipped), 'line')} that cannot be stored:")
    for line in skipped[:_SKIPPED_SHOWN]:
        console.show(console.indented(console.line(line.message)))
    if len(skipped) > _SKIPPED_SHOWN:
        console.show(console.indented(Text(f"and {len(skipped) - _SKIPPED_SHOWN:,} more")))


def _answer(number: int, answer: Answer) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", no_wrap=True, min_width=2)
    grid.add_column(overflow="fold")
    grid.add_row(str(number), console.Excerpt(answer.question, style="bold"))
    if answer.category is not None:
        grid.add_row("", console.line(f"(only in {answer.category})"))
    for pattern in answer.found:
        grid.add_row("", _found(pattern))
    if not answer.found:
        grid.add_row("", "nothing found")
    return grid


def _found(pattern: SimilarPattern) -> Table:
    title = pattern.title or pattern.task_description
    told = [console.Excerpt(f"{pattern.task_category}  {title}", 2)]
    if pattern.strategy != title:
        told.append(console.Excerpt(pattern.strategy, _STRATEGY_LINES))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column(overflow="fold")
    grid.add_row(console.number(pattern.similarity), Group(*told))
    return grid


def _tell_result(answers: Sequence[Answer]) -> None:
    seconds = statistics.median(answer.seconds for answer in answers)
    told = f"Median time of the {len(answers)} questions: {seconds * 1000:.1f} ms."
    judged = [answer.expected_first for answer in answers if answer.expected_first is not None]
    if judged:
        told += (
            f" The expected answer came first for {sum(judged)} of the {len(judged)} "
            "questions that have one."
        )
    console.show("", told)
