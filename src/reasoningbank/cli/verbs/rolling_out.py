"""The verb that moves a bank's readers and writers over to another engine, and back."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reasoningbank.cli.invocation import DEFAULT_NAMESPACE, Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import InvalidInput

if TYPE_CHECKING:
    from reasoningbank.storage.rollout import Rollout, RolloutStatus

Action = Literal["start", "status", "set", "check", "promote", "rollback", "finish"]


@with_bank
def rollout(
    invocation: Invocation,
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION", help="start, status, set, check, promote, rollback or finish."
        ),
    ],
    value: Annotated[
        str | None,
        typer.Argument(
            metavar="VALUE",
            help="For start the candidate, REASONINGBANK_CANDIDATE_URL if not given; for set the "
            "percentage of reads it answers.",
        ),
    ] = None,
    *,
    shadow: Annotated[
        int | None,
        typer.Option(
            "--shadow",
            metavar="PERCENT",
            help="With start or set: how many of a hundred reads are asked of both and compared; "
            "10 if not given.",
        ),
    ] = None,
    errors: Annotated[
        int | None,
        typer.Option(
            "--errors",
            metavar="N",
            help="With start or set: how many of a process's last 100 reads of the candidate may "
            "fail before it is asked no more; 5 if not given.",
        ),
    ] = None,
    latency_ms: Annotated[
        float | None,
        typer.Option(
            "--latency-ms",
            metavar="MS",
            help="With start or set: how long half of them may take; 1000 if not given.",
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="With start: replace what the candidate holds."),
    ] = False,
    abandon: Annotated[
        bool,
        typer.Option(
            "--abandon",
            help="With rollback or finish: go on although the other bank cannot be reached, giving "
            "up what it alone holds.",
        ),
    ] = False,
) -> None:
    """Move a bank to another engine while it is in use, and back.

    start copies everything to the candidate; from then on every write goes to both. set says how
    many of a hundred reads the candidate answers, at once and in every process. promote makes it
    the one that counts, and the old one goes on receiving every write. rollback goes back to the
    old one, finish ends with the candidate alone. check compares everything and mends what
    differs. With --json: RolloutStatus.
    """
    from reasoningbank.storage.rollout import Rollout, RolloutStatus

    if invocation.namespace != DEFAULT_NAMESPACE:
        raise InvalidInput("is for one tenant; a rollout is of the whole bank", field="namespace")
    if value is not None and action not in {"start", "set"}:
        raise InvalidInput(f"goes with start or set, not with {action}", field="VALUE")
    budgets = {"shadow_percent": shadow, "error_budget": errors, "latency_budget_ms": latency_ms}
    given = {name: number for name, number in budgets.items() if number is not None}
    _check_options(action, given, overwrite=overwrite, abandon=abandon)
    steered = Rollout(invocation.db)
    with _looking() as show:
        steps: dict[Action, Callable[[], RolloutStatus]] = {
            "start": lambda: _start(steered, value, given, show, overwrite=overwrite),
            "status": steered.status,
            "set": lambda: _set(steered, value, given, show),
            "check": lambda: steered.check(progress=show),
            "promote": lambda: steered.promote(progress=show),
            "rollback": lambda: steered.roll_back(abandon=abandon),
            "finish": lambda: steered.finish(abandon=abandon),
        }
        status = steps[action]()
    _print(invocation, status)


def _check_options(
    action: Action, budgets: dict[str, float], *, overwrite: bool, abandon: bool
) -> None:
    if budgets and action not in {"start", "set"}:
        raise InvalidInput(f"go with start or set, not with {action}", field="budgets")
    if overwrite and action != "start":
        raise InvalidInput("goes with start", field="overwrite")
    if abandon and action not in {"rollback", "finish"}:
        raise InvalidInput("goes with rollback or finish", field="abandon")


def _start(
    steered: "Rollout",
    candidate: str | None,
    budgets: dict[str, float],
    show: Callable[[str, int], None],
    *,
    overwrite: bool,
) -> "RolloutStatus":
    from reasoningbank.storage.rollout import CANDIDATE_VARIABLE

    candidate = candidate or os.environ.get(CANDIDATE_VARIABLE)
    if not candidate:
        raise InvalidInput(
            "is missing", field="CANDIDATE", hint=f"Name it, or set {CANDIDATE_VARIABLE}."
        )
    return steered.start(candidate, overwrite=overwrite, progress=show, **budgets)  # type: ignore[arg-type]


def _set(
    steered: "Rollout",
    percent: str | None,
    budgets: dict[str, float],
    show: Callable[[str, int], None],
) -> "RolloutStatus":
    if percent is None and not budgets:
        raise InvalidInput("is missing", field="PERCENT", hint="Give a number from 0 to 100.")
    if percent is not None and not (percent.isascii() and percent.isdigit()):
        raise InvalidInput("must be a whole number from 0 to 100", field="PERCENT")
    number = None if percent is None else int(percent)
    return steered.set(number, progress=show, **budgets)  # type: ignore[arg-type]


@contextmanager
def _looking() -> Iterator[Callable[[str, int], None]]:
    from reasoningbank.cli.progress import progress_bar

    with progress_bar("Comparing") as show:
        yield lambda namespace, count: show(count, f"{count:,} in {safe_line(namespace)}")


def _print(invocation: Invocation, status: "RolloutStatus") -> None:
    from reasoningbank.storage.rollout import status_shown

    status = status_shown(status)
    if invocation.as_json:
        print_json(status)
        return
    state = status.state
    counts = {
        "running": "the current bank counts",
        "promoted": "the candidate counts; the current bank receives every write",
        "finished": "the candidate is the only bank",
        "rolled_back": "the current bank is the only one",
    }
    print(f"current    {safe_line(status.current)}")
    print(f"candidate  {safe_line(state.candidate)}")
    print(f"phase      {state.phase.replace('_', ' ')}: {counts[state.phase]}")
    if state.phase == "running":
        print(
            f"reads      {state.percent} % answered by the candidate, {state.shadow_percent} % compared"
        )
    if state.fallen_back is not None:
        print(f"fell back  {safe_line(state.fallen_back)}; `rollout set PERCENT` tries again")
    waiting = sum(status.queued.values())
    since = f" since {status.oldest_queued_at}" if waiting else ""
    print(f"queue      {counted(waiting, 'change')}{since}, {status.in_flight} being made")
    if status.last_failure is not None:
        print(f"failure    {safe_line(status.last_failure)}")
    _print_counters(status)


def _print_counters(status: "RolloutStatus") -> None:
    names = {
        "read_current": "reads answered by the current bank",
        "read_candidate": "reads answered by the candidate",
        "candidate_failed": "reads the candidate failed at",
        "compared_equal": "comparisons that agreed",
        "compared_different": "comparisons that differed",
    }
    for name, shown in names.items():
        found = [one for one in status.counters if one.name == name]
        if found:
            each = ", ".join(f"{one.operation} {one.count:,}" for one in found)
            print(f"{sum(one.count for one in found):>9,}  {shown}: {each}")
