"""The verb that editors run."""

from typing import Annotated

import typer

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.hooks.options import EVENTS, HOSTS


@with_bank
def hook(
    invocation: Invocation,
    event: Annotated[
        str,
        typer.Argument(metavar="EVENT", help=f"What happened: {', '.join(EVENTS)}."),
    ],
    *,
    host: Annotated[
        str,
        typer.Option("--host", metavar="NAME", help=f"Who runs it: {', '.join(HOSTS)}."),
    ] = "claude-code",
    distil: Annotated[
        str,
        typer.Option(
            "--distil",
            metavar="WHO",
            help="Who reads an experience that is worth it: agent (asked at most once for a task) "
            "or rules.",
        ),
    ] = "agent",
) -> None:
    """Handle an event of an editor or agent program.

    Reads one JSON object from standard input, as the host documents it. Before a task it prints
    what is known; after tools it notes what came of them; when the agent stops it keeps the
    experience. The exit status is 0 whatever happens; what went wrong is a line in hooks.log in the
    user's state directory. It ends by itself within two seconds. Options come after the verb. With
    --json: the same, since nothing else is printed.
    """
    from reasoningbank.hooks.running import run_named

    run_named(
        {
            "event": event,
            "host": host,
            "target": invocation.db,
            "namespace": invocation.namespace,
            "distil": distil,
        }
    )
