"""Verbs that change and remove patterns."""

from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from reasoningbank.cli import streams
from reasoningbank.cli.invocation import Invocation, with_bank, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.verbs.arguments import (
    Duration,
    Expires,
    Metadata,
    PatternId,
    Score,
    Tags,
    Title,
    json_argument,
)
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.pattern import State
from reasoningbank.domain.validation import checked_choice

if TYPE_CHECKING:
    from reasoningbank.bank.fields import PatternChanges


_EMPTY: Final[dict[str, tuple[str, object]]] = {
    "title": ("title", None),
    "score": ("success_score", None),
    "duration": ("duration_seconds", None),
    "tags": ("tags", ()),
    "metadata": ("metadata", {}),
    "expires": ("expires_at", None),
}


@with_vectors
def update(
    invocation: Invocation,
    pattern_id: PatternId,
    *,
    task: Annotated[
        str | None, typer.Option("--task", metavar="TEXT", help="Another wording of the task.")
    ] = None,
    category: Annotated[
        str | None, typer.Option("--category", metavar="NAME", help="Another category.")
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", metavar="TEXT", help="What to do now; - reads it from standard input."
        ),
    ] = None,
    title: Title = None,
    score: Score = None,
    duration: Duration = None,
    tag: Tags = None,
    metadata: Metadata = None,
    expires: Expires = None,
    state: Annotated[
        State | None,
        typer.Option("--state", help="quarantined hides it from every search, active shows it."),
    ] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(
            "--clear",
            metavar="FIELD",
            help=f"Leave a field empty: {', '.join(_EMPTY)}; may be given repeatedly.",
        ),
    ] = None,
    if_version: Annotated[
        int | None,
        typer.Option(
            "--if-version", metavar="N", help="Change it only if this is still its version."
        ),
    ] = None,
) -> None:
    """Change a pattern: the fields given, and no others.

    --tag and --metadata replace what was there. With --json: Pattern, as it stands now.
    """
    given: dict[str, object] = {
        "task_description": task,
        "task_category": category,
        "strategy": streams.read_input("strategy") if strategy == "-" else strategy,
        "title": title,
        "success_score": score,
        "duration_seconds": duration,
        "tags": tag or None,
        "metadata": None if metadata is None else json_argument(metadata, "metadata"),
        "expires_at": expires,
        "state": state,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    for name in clear or ():
        field, empty = _EMPTY[checked_choice(name, "clear", tuple(_EMPTY))]
        if field in changes:
            raise InvalidInput("cannot be given and cleared at once", field=field)
        changes[field] = empty
    with invocation.open_bank() as bank:
        pattern = bank.update_pattern(
            pattern_id, if_version=if_version, **cast("PatternChanges", changes)
        )
    if invocation.as_json:
        print_json(pattern)
    else:
        print(f"updated {pattern.id} to version {pattern.version}")


@with_bank
def delete(invocation: Invocation, pattern_id: PatternId) -> None:
    """Remove a pattern; its history stays until it is erased.

    With --json: an object with `id` and `deleted`.
    """
    with invocation.open_bank() as bank:
        bank.delete_pattern(pattern_id)
    if invocation.as_json:
        print_json({"id": pattern_id, "deleted": True})
    else:
        print(f"deleted {pattern_id}")


@with_bank
def erase(
    invocation: Invocation,
    pattern_id: PatternId,
    *,
    trajectory: Annotated[
        bool,
        typer.Option(
            "--trajectory", help="ID is that of a trajectory: what came of it alone goes too."
        ),
    ] = False,
) -> None:
    """Remove a pattern so that its bytes are gone, and prove it.

    All that was kept about it goes too: vector, outcomes, history, observations. Works on deleted
    patterns too. With --json: Erasure, or with --trajectory an array of Erasure, the trajectory's
    first.
    """
    with invocation.open_bank() as bank:
        erased = bank.erase_trajectory(pattern_id) if trajectory else [bank.erase(pattern_id)]
    if invocation.as_json:
        print_json(erased if trajectory else erased[0])
        return
    for erasure in erased:
        rows = ", ".join(f"{count} in {table}" for table, count in erasure.rows.items() if count)
        print(f"erased {erasure.id}" if rows else f"nothing was kept under {erasure.id}")
        print(
            f"rows removed: {rows or 'none'}; {erasure.bytes_checked:,} bytes of the files searched"
        )
        if erasure.unproved is not None:
            print(f"not proved: {erasure.unproved}")
        else:
            print("the file was rewritten" if erasure.compacted else "nothing of it is left")
