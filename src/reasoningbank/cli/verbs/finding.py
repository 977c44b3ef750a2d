"""Verbs that look for patterns."""

from typing import Annotated, Final

import typer

from reasoningbank.cli import streams
from reasoningbank.cli.invocation import Invocation, with_bank, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.pattern import StorageStats

_CATEGORIES_SHOWN: Final = 8


@with_bank
def search(
    invocation: Invocation,
    category: Annotated[str, typer.Argument(metavar="CATEGORY", help="The kind of task.")],
    *,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="How many at most, 1 to 10,000.")
    ] = 10,
) -> None:
    """List the active patterns of a category, best score first.

    With --json: an array of Pattern.
    """
    with invocation.open_bank() as bank:
        patterns = bank.search_by_category(category, limit)
        stats = None if patterns or invocation.as_json else bank.get_stats()
    if invocation.as_json:
        print_json(patterns)
    elif stats is not None:
        print(f"No active pattern in the category {safe_line(category)}. {_instead(stats)}")
    else:
        from reasoningbank.cli import console

        rows = [(console.number(pattern.success_score), pattern) for pattern in patterns]
        console.show(console.pattern_list(rows, "score"))


@with_vectors
def similar(
    invocation: Invocation,
    task: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The task at hand; - reads it from standard input."),
    ],
    *,
    category: Annotated[
        str | None, typer.Option("--category", metavar="NAME", help="Only this kind of task.")
    ] = None,
    top_k: Annotated[
        int, typer.Option("--top-k", metavar="N", help="How many at most, 1 to 10,000.")
    ] = 5,
    min_similarity: Annotated[
        float | None,
        typer.Option("--min-similarity", metavar="-1..1", help="Leave out what is less similar."),
    ] = None,
) -> None:
    """Find the active patterns whose task is most like this one.

    Tasks are compared by what their words mean as well as by the words. With --json: an array of SimilarPattern.
    """
    wanted = streams.read_input("task_description") if task == "-" else task
    with invocation.open_bank() as bank:
        patterns = bank.find_similar(wanted, category, top_k, min_similarity=min_similarity)
        stats = None if patterns or invocation.as_json else bank.get_stats()
    if invocation.as_json:
        print_json(patterns)
    elif stats is not None:
        print(f"Nothing found. {_instead(stats)}")
    else:
        from reasoningbank.cli import console

        rows = [(console.number(pattern.similarity, 3), pattern) for pattern in patterns]
        console.show(console.pattern_list(rows, "similarity"))


def _instead(stats: StorageStats) -> str:
    """Say what an empty answer could be widened to."""
    if not stats.total_patterns:
        return f"The namespace {safe_line(stats.namespace)} holds no patterns yet."
    names = sorted(stats.categories, key=lambda name: -stats.categories[name])
    shown = ", ".join(safe_line(name) for name in names[:_CATEGORIES_SHOWN])
    more = len(names) - _CATEGORIES_SHOWN
    return f"Categories: {shown}{f' and {more} more' if more > 0 else ''}."
