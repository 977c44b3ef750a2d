"""The verb an agent asks before a task."""

import sys
from typing import Annotated

import typer

from reasoningbank.cli import streams
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line, safe_text
from reasoningbank.cli.wording import counted
from reasoningbank.domain.recall import Recall


@with_vectors
def recall(
    invocation: Invocation,
    task: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The task at hand; - reads it from standard input."),
    ],
    *,
    category: Annotated[
        str | None, typer.Option("--category", metavar="NAME", help="Only this kind of task.")
    ] = None,
    k: Annotated[int, typer.Option("--k", metavar="N", help="Items at most, 1 to 50.")] = 3,
    experiences: Annotated[
        int,
        typer.Option("--experiences", metavar="N", help="Groups at most; more rarely helps."),
    ] = 1,
    token_budget: Annotated[
        int, typer.Option("--token-budget", metavar="N", help="Bound of the prompt block.")
    ] = 1_000,
    min_similarity: Annotated[
        float | None,
        typer.Option("--min-similarity", metavar="-1..1", help="Show nothing less similar."),
    ] = None,
) -> None:
    """Give what an agent should know before a task.

    The reasons for each, and what was left out, go to standard error, so that the block alone can
    be piped on; so does the id by which `outcome` credits what was shown. With --json: Recall.
    """
    wanted = streams.read_input("task_description") if task == "-" else task
    with invocation.open_bank() as bank:
        recalled = bank.recall(
            wanted,
            category,
            k=k,
            experiences=experiences,
            token_budget=token_budget,
            min_similarity=min_similarity,
        )
    if invocation.as_json:
        print_json(recalled)
        return
    if recalled.prompt:
        print(safe_text(recalled.prompt))
    _explain(recalled)


def _explain(recalled: Recall) -> None:
    if recalled.abstained:
        print("Nothing similar enough is known.", file=sys.stderr)
    for item in recalled.patterns:
        print(f"{item.pattern.id}  {safe_line(item.why.reason)}", file=sys.stderr)
    left = counted(len(recalled.left_out), "candidate")
    hidden = recalled.hidden
    print(
        f"{left} left out; hidden: {hidden.quarantined} quarantined, "
        f"{hidden.expired} expired, {hidden.other_categories} in other categories",
        file=sys.stderr,
    )
    if not recalled.recorded:
        print("The bank is read-only, so this recall is not recorded.", file=sys.stderr)
    elif recalled.patterns:
        print(
            f"Say what came of it: reasoningbank outcome --recall {recalled.id} --success",
            file=sys.stderr,
        )
    else:
        print(f"recall {recalled.id}", file=sys.stderr)
