"""Verbs that show experiences, take them back and bring them in again."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import NotFound
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.pattern import Pattern
from reasoningbank.domain.trajectory import Step, Trajectory, TrajectoryState

if TYPE_CHECKING:
    from uuid import UUID

    from rich.console import RenderableType

_STEP_LINES = 2

Wanted = Annotated[str | None, typer.Argument(metavar="ID", help="The id of a trajectory.")]
Origin = Annotated[
    str | None,
    typer.Option(
        "--origin",
        metavar="NAME",
        help="All from there: a file, as `trajectories` shows it, or the origin of an import.",
    ),
]
Actor = Annotated[
    str | None, typer.Option("--actor", metavar="NAME", help="All that this actor stored.")
]


@with_bank
def trajectories(
    invocation: Invocation,
    trajectory_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="One trajectory, shown whole.")
    ] = None,
    *,
    state: Annotated[
        TrajectoryState | None,
        typer.Option(
            "--state",
            help="Only those pending (nobody knows yet how they ended), judged (but nothing learned "
            "yet), learned, or withdrawn.",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="How many at most, 1 to 10,000.")
    ] = 20,
    after: Annotated[
        str | None,
        typer.Option(
            "--after", metavar="ID", help="Begin behind this one; the last shown gives the next."
        ),
    ] = None,
) -> None:
    """List experiences in the order they were stored, or show one.

    With --json: an array of Trajectory; for one, an object with `trajectory` of Trajectory and
    `links` of PatternLink.
    """
    if trajectory_id is not None:
        _show_one(invocation, trajectory_id)
        return
    with invocation.open_bank() as bank:
        listed = bank.trajectories(state=state, limit=limit, after=after)
    if invocation.as_json:
        print_json(listed)
    else:
        _list(listed, full=len(listed) == limit)


def _show_one(invocation: Invocation, trajectory_id: str) -> None:
    with invocation.open_bank() as bank:
        kept = bank.get_trajectory(trajectory_id)
        if kept is None:
            raise NotFound(
                f"no trajectory has the id {trajectory_id}", hint="Check the id and the namespace."
            )
        links = bank.links(kept.id)
        patterns = [bank.get_pattern(link.source_id) for link in links]
    if invocation.as_json:
        print_json({"trajectory": kept, "links": links})
    else:
        _show(kept, [one for one in patterns if one is not None])


def _list(listed: list[Trajectory], *, full: bool) -> None:
    from reasoningbank.cli import console
    from reasoningbank.cli.learn_report import ending_told

    if not listed:
        print("No such trajectory is kept here.")
        return
    rows = []
    for one in listed:
        facts = [one.task_category, counted(len(one.steps), "step"), ending_told(one.verdict)]
        about: list[RenderableType] = [
            console.Excerpt(one.task_description, 2),
            console.Excerpt(" · ".join(facts), 2, "cyan"),
        ]
        if one.state in {"pending", "judged"} and one.note is not None:
            about.append(console.Excerpt(f"note: {one.note}", 2))
        about.append(console.line(one.origin or f"stored by {one.actor}"))
        about.append(console.line(str(one.id), "dim"))
        rows.append((one.state, about))
    console.show(console.stacked(rows, ("State", "Trajectory")))
    if full:
        print(f"More with --after {listed[-1].id}")


def _show(kept: Trajectory, patterns: list[Pattern]) -> None:
    from reasoningbank.cli import console
    from reasoningbank.cli.learn_report import ending_told

    rows: list[tuple[str, RenderableType]] = [
        ("Id", str(kept.id)),
        ("Task", console.text(kept.task_description)),
        ("Category", console.line(kept.task_category)),
        ("State", kept.state),
        ("Ended", console.line(ending_told(kept.verdict))),
    ]
    if kept.verdict is not None and kept.verdict.evidence:
        rows.append(("Evidence", console.line(canonical_json(kept.verdict.evidence))))
    if kept.note is not None:
        rows.append(("Note", console.text(kept.note)))
    if kept.origin is not None:
        rows.append(("Origin", console.line(kept.origin)))
    rows.append(("Stored", console.line(f"{kept.created_at} by {kept.actor}")))
    if kept.metadata:
        rows.append(("Metadata", console.Excerpt(canonical_json(kept.metadata), 4)))
    console.show(console.fields(rows))
    if patterns:
        learned: list[tuple[str, list[RenderableType]]] = [
            (
                pattern.state,
                [
                    console.Excerpt(pattern.title or pattern.strategy, 2),
                    console.line(str(pattern.id), "dim"),
                ],
            )
            for pattern in patterns
        ]
        console.show("", console.stacked(learned, ("State", "What was learned")))
    if kept.steps:
        steps = [(str(number), _step(step)) for number, step in enumerate(kept.steps, 1)]
        console.show("", console.stacked(steps, ("Step", "What was done, and what came of it")))


def _step(step: Step) -> "list[RenderableType]":
    from reasoningbank.cli import console

    told: list[RenderableType] = []
    if step.thought is not None:
        told.append(console.Excerpt(step.thought, _STEP_LINES, "dim"))
    told.append(console.Excerpt(step.action, _STEP_LINES, "bold"))
    if step.error is not None:
        told.append(console.Excerpt(f"error: {step.error}", _STEP_LINES, "red"))
    if step.observation is not None:
        told.append(console.Excerpt(step.observation, _STEP_LINES))
    return told


@with_bank
def withdraw(
    invocation: Invocation,
    trajectory_id: Wanted = None,
    *,
    origin: Origin = None,
    actor: Actor = None,
) -> None:
    """Take back an experience or a source, and what came of it.

    Patterns derived from it, and from nothing else, are quarantined: no search or recall shows them.
    `reinstate` undoes it. With --json: an object with `quarantined`, the ids of those patterns.
    """
    with invocation.open_bank() as bank:
        ids = bank.withdraw(trajectory=trajectory_id, origin=origin, actor=actor)
    if invocation.as_json:
        print_json({"quarantined": ids})
        return
    _say("quarantined", ids)
    source = origin if origin is not None else actor
    if not ids and source is not None:
        print(
            f"note: nothing active came of '{safe_line(source)}' alone. `get` shows the origin of"
            " a pattern, `trajectories` that of an experience.",
            file=sys.stderr,
        )


@with_bank
def reinstate(
    invocation: Invocation,
    trajectory_id: Wanted = None,
    *,
    origin: Origin = None,
    actor: Actor = None,
) -> None:
    """Undo `withdraw`: bring an experience or a source back.

    A pattern quarantined for another reason stays so. With --json: an object with `activated`, the
    ids of the patterns that are active again.
    """
    with invocation.open_bank() as bank:
        ids = bank.reinstate(trajectory=trajectory_id, origin=origin, actor=actor)
    if invocation.as_json:
        print_json({"activated": ids})
    else:
        _say("active again", ids)


def _say(what: str, ids: "list[UUID]") -> None:
    print(f"{counted(len(ids), 'pattern')} {what}")
    for one in ids:
        print(one)
