"""The verb that stores."""

from typing import Annotated

import typer

from reasoningbank.cli import streams
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.verbs.arguments import (
    Duration,
    Expires,
    Metadata,
    Score,
    Tags,
    Title,
    json_argument,
)
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.pattern import OnDuplicate, PatternInput


@with_vectors
def store(
    invocation: Invocation,
    *,
    task: Annotated[
        str,
        typer.Option(
            "--task",
            metavar="TEXT",
            help="The task it is for, as a person would word it; - reads it from standard input.",
        ),
    ],
    category: Annotated[str, typer.Option("--category", metavar="NAME", help="The kind of task.")],
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy", metavar="TEXT", help="What to do; - reads it from standard input."
        ),
    ],
    title: Title = None,
    score: Score = None,
    duration: Duration = None,
    tag: Tags = None,
    metadata: Metadata = None,
    source: Annotated[
        OutcomeSource, typer.Option("--source", help="Who says that it works.")
    ] = "caller",
    expires: Expires = None,
    on_duplicate: Annotated[
        OnDuplicate,
        typer.Option(
            "--on-duplicate",
            help="For a pattern of the same category, task and strategy: merge into it, keep both, "
            "or end with an error.",
        ),
    ] = "merge",
    idempotency_key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key",
            metavar="KEY",
            help="Repeated with the same content, gives the first answer again.",
        ),
    ] = None,
) -> None:
    """Store a pattern: a task, its category and the strategy.

    Prints what was done (created, merged or replayed) and the id. With --json: Stored.
    """
    if task == strategy == "-":
        raise InvalidInput("can be read from standard input for one option only", field="-")
    pattern = PatternInput(
        task_description=streams.read_input("task_description") if task == "-" else task,
        task_category=category,
        strategy=streams.read_input("strategy") if strategy == "-" else strategy,
        title=title,
        success_score=score,
        duration_seconds=duration,
        tags=tag or (),
        metadata={} if metadata is None else json_argument(metadata, "metadata"),
        source=source,
        expires_at=expires,
    )
    with invocation.open_bank() as bank:
        stored = bank.put(pattern, on_duplicate=on_duplicate, idempotency_key=idempotency_key)
    if invocation.as_json:
        print_json(stored)
    else:
        print(stored.status, stored.id)
