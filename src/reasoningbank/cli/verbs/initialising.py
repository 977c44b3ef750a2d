"""The verb that gives a project a bank of its own."""

from pathlib import Path
from typing import Annotated

import typer

from reasoningbank.cli.invocation import ACTOR, Invocation, without_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted


@without_bank
def init(
    invocation: Invocation,
    directory: Annotated[
        str,
        typer.Argument(metavar="DIR", help="The project; the current directory if not given."),
    ] = ".",
) -> None:
    """Give a project a bank of its own.

    It is used from then on by commands run in the project or below it. Makes .reasoningbank/ with a .gitignore inside and records it as trusted for you; banks that
    come along with somebody else's checkout are not used until you say this. With --json: an
    object with `path`, `created` and `patterns`.
    """
    from reasoningbank import ReasoningBank
    from reasoningbank.storage.location import initialise_project

    path = initialise_project(Path(directory))
    is_new = not path.exists()
    with ReasoningBank.open(path, actor=ACTOR) as bank:
        patterns = bank.get_stats().total_patterns
    if invocation.as_json:
        print_json({"path": str(path), "created": is_new, "patterns": patterns})
        return
    print(f"{'made' if is_new else 'trusted'} {safe_line(str(path))}")
    if not is_new:
        held = counted(patterns, "pattern")
        print(f"It was there already and holds {held} in the default namespace.")
    print("Commands run in this directory or below it use it unless --db names another.")
