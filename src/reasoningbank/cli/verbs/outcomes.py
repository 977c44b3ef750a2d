"""The verb that records what came of using a pattern, or what was recalled."""

from collections.abc import Sequence
from typing import Annotated

import typer

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.verdicts import (
    Evidence,
    Failure,
    HowFar,
    Report,
    Source,
    Success,
    verdict_told,
)
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.outcome import RecordedOutcome
from reasoningbank.domain.trajectory import Verdict


@with_bank
def outcome(
    invocation: Invocation,
    pattern_id: Annotated[
        str | None, typer.Argument(metavar="ID", help="The id of a pattern; or give --recall.")
    ] = None,
    *,
    recall: Annotated[
        str | None,
        typer.Option(
            "--recall",
            metavar="ID",
            help="The recall shown before the task, as `recall` prints it. Counts once.",
        ),
    ] = None,
    used: Annotated[
        list[str] | None,
        typer.Option(
            "--used",
            metavar="ID",
            help="A pattern of that recall that was used; may be given repeatedly. Without it, all "
            "that were shown as advice share the outcome.",
        ),
    ] = None,
    success: Success = False,
    failure: Failure = False,
    score: HowFar = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="It was used; what came of it is not known.")
    ] = False,
    report: Report = None,
    source: Source = None,
    evidence: Evidence = None,
) -> None:
    """Record what came of using a pattern, or of a recall.

    One of --success, --failure, --score, --unknown and --report is needed. With --json:
    RecordedOutcome, or with --recall an array of RecordedOutcome.
    """
    verdict = verdict_told(
        success=success,
        failure=failure,
        score=score,
        unknown=unknown,
        report=report,
        source=source,
        evidence=evidence,
    )
    if verdict is None:
        raise InvalidInput(
            "must be told once",
            field="outcome",
            hint="Give one of --success, --failure, --score X, --unknown and --report FILE.",
        )
    if (pattern_id is None) == (recall is None):
        raise InvalidInput(
            "must be given, or --recall ID, and not both",
            field="ID",
            hint="`reasoningbank recall` prints the id of a recall, `similar` those of patterns.",
        )
    if used and recall is None:
        raise InvalidInput("goes with --recall", field="used")
    if recall is not None:
        _settle(invocation, recall, used or None, verdict)
    else:
        _record(invocation, str(pattern_id), verdict)


def _record(invocation: Invocation, pattern_id: str, verdict: Verdict) -> None:
    with invocation.open_bank() as bank:
        recorded = bank.record_outcome(
            pattern=pattern_id,
            score=verdict.score,
            source=verdict.source,
            evidence=verdict.evidence,
        )
    if invocation.as_json:
        print_json(recorded)
        return
    print(f"recorded {recorded.outcome.kind} from {recorded.outcome.source}")
    print(_standing(recorded))


def _settle(
    invocation: Invocation, recall_id: str, used: Sequence[str] | None, verdict: Verdict
) -> None:
    with invocation.open_bank() as bank:
        settled = bank.record_outcome(
            recall=recall_id,
            used=used,
            score=verdict.score,
            source=verdict.source,
            evidence=verdict.evidence,
        )
    if invocation.as_json:
        print_json(settled)
        return
    if not settled:
        print("nothing was shown as advice, so nothing is credited")
        return
    first = settled[0].outcome
    shared = f", shared by {len(settled)}" if first.weight < 1 else ""
    print(f"recorded {first.kind} from {first.source}{shared}")
    for recorded in settled:
        print(f"{recorded.outcome.pattern_id}  {_standing(recorded)}")


def _standing(recorded: RecordedOutcome) -> str:
    return (
        f"{counted(recorded.uses, 'use')}, {counted(recorded.successes, 'success')}, "
        f"{counted(recorded.failures, 'failure')}; "
        f"{recorded.trust}; works in about {recorded.reliability.posterior_mean:.0%} of cases"
    )
