"""The verb that measures whether memory helps."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoningbank.cli.invocation import Invocation, without_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.domain.validation import checked_count, checked_number

if TYPE_CHECKING:
    from reasoningbank.evaluation.reporting import Report

_MOST = 10_000


@without_bank
def evaluate(
    invocation: Invocation,
    world: Annotated[
        str,
        typer.Argument(
            metavar="WORLD",
            help="miniwob (recorded attempts), miniwob-live (a browser), or wrangling (commands).",
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="Where runs, report and curves are kept."),
    ] = Path("evaluation"),
    arm: Annotated[
        list[str] | None,
        typer.Option("--arm", metavar="NAME", help="Only this arm; may be given repeatedly."),
    ] = None,
    streams: Annotated[
        int, typer.Option("--streams", metavar="N", help="How many streams of tasks.")
    ] = 5,
    visits: Annotated[
        int, typer.Option("--visits", metavar="N", help="Episodes of each environment.")
    ] = 10,
    attempts: Annotated[
        int, typer.Option("--attempts", metavar="N", help="Attempts at an episode at most.")
    ] = 1,
    held_out: Annotated[
        float,
        typer.Option(
            "--held-out", metavar="SHARE", help="Share of environments kept for the second half."
        ),
    ] = 0.0,
    features: Annotated[
        bool | None,
        typer.Option(
            "--features/--no-features",
            help="Let every arm read what the scene offers; if not given, in wrangling only.",
        ),
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option(
            "--environment", metavar="NAME", help="Only this one; may be given repeatedly."
        ),
    ] = None,
    matrix: Annotated[
        str | None,
        typer.Option("--matrix", metavar="FILE", help="Another recorded matrix for miniwob."),
    ] = None,
    processes: Annotated[
        int, typer.Option("--processes", metavar="N", help="Runs at a time; a browser takes one.")
    ] = 2,
) -> None:
    """Measure whether a bank makes an agent better.

    An agent without a language model meets a stream of tasks and chooses among fixed strategies.
    Every arm meets the same streams: the bank, policies without memory, other memories, and
    controls with random lessons or shuffled outcomes. Run again, it goes on where it stopped.
    With --json: the report that is also written to DIR/report.json.
    """
    from reasoningbank.cli.progress import progress_bar
    from reasoningbank.evaluation.arms import ARMS
    from reasoningbank.evaluation.evaluating import evaluate as run
    from reasoningbank.evaluation.streams import Plan
    from reasoningbank.evaluation.worlds import READ_WITH_FEATURES, WorldChoice

    for name, count in (("streams", streams), ("visits", visits), ("attempts", attempts)):
        checked_count(count, name, high=_MOST)
    checked_count(processes, "processes", high=_MOST)
    checked_number(held_out, "held_out", 0.0, 0.9)
    live = world.endswith("-live")
    plan = Plan(
        visits=visits,
        attempts=attempts,
        held_out=held_out,
        features=world in READ_WITH_FEATURES if features is None else features,
        environments=tuple(sorted(environment or ())),
    )
    with progress_bar("Evaluating", 1.0) as show:
        report = run(
            WorldChoice(name=world, matrix=matrix, environments=plan.environments),
            plan,
            seeds=range(streams),
            arms=arm or [name for name in ARMS if not (live and name == "oracle")],
            folder=out,
            processes=1 if live else processes,
            progress=lambda done, total, what: show(done / total, f"{done} of {total}: {what}"),
        )
    if invocation.as_json:
        import msgspec

        print_json(msgspec.to_builtins(report))
    else:
        _show(report, out)


def _show(report: "Report", out: Path) -> None:
    from reasoningbank.cli import console
    from reasoningbank.cli.safe_text import safe_line
    from reasoningbank.evaluation.reporting import sentences

    order = sorted(report.arms, key=lambda name: -(report.arms[name].last_third.value or 0.0))
    console.show(
        *(console.text(sentence) for sentence in sentences(report)),
        "",
        console.table(
            ("arm", "first third", "last third", "bank ahead by", "attempts per solved"),
            [_row(name, report) for name in order],
        ),
        "",
        console.text(f"Report, table and curves are in {safe_line(str(out))}."),
    )


def _row(name: str, report: "Report") -> tuple[str, ...]:
    from reasoningbank.cli import console

    arm = report.arms[name]
    return (
        name,
        console.number(arm.first_third.value),
        arm.last_third.text(2),
        arm.ahead.text(2),
        console.number(arm.attempts_per_solved.value),
    )
