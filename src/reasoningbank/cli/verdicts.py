"""How a task ended, as it is told on the command line: the options, and the verdict they make."""

from typing import Annotated, Final

import typer

from reasoningbank.cli.verbs.arguments import json_argument
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.trajectory import Verdict
from reasoningbank.domain.validation import checked_outcome

Success = Annotated[bool, typer.Option("--success", help="It worked.")]
Failure = Annotated[bool, typer.Option("--failure", help="It did not work.")]
HowFar = Annotated[float | None, typer.Option("--score", metavar="0..1", help="How far it worked.")]
Report = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="A test report, JUnit XML: a success when tests ran and none failed.",
    ),
]
Source = Annotated[
    OutcomeSource | None,
    typer.Option(
        "--source",
        help="Who says so: test, environment and human confirm, caller reports, agent judges "
        "itself. Without it caller, or test for a --report.",
    ),
]
Evidence = Annotated[
    str | None,
    typer.Option("--evidence", metavar="JSON", help="What shows it, such as '{\"exit_code\": 0}'."),
]

_NOBODY_KNOWS: Final = Verdict(kind="unknown", score=None, source="caller")


def verdict_told(
    *,
    success: bool,
    failure: bool,
    score: float | None,
    report: str | None,
    unknown: bool = False,
    source: OutcomeSource | None = None,
    evidence: str | None = None,
) -> Verdict | None:
    """Give the verdict that the options make, or None when they say nothing.

    Raises:
        InvalidInput: When they say more than one thing, or a source or evidence of nothing.
        NotFound, Unavailable: When the report cannot be opened.
    """
    said = success + failure + unknown + (score is not None) + (report is not None)
    if said > 1:
        raise InvalidInput("must be told once", field="outcome", hint="Give one way to tell it.")
    shown = None if evidence is None else json_argument(evidence, "evidence")
    if not said:
        if source is not None or shown is not None:
            raise InvalidInput(
                "goes with what it says",
                field="evidence" if source is None else "source",
                hint="Add --success, --failure or --score X.",
            )
        return None
    if report is not None:
        from reasoningbank import read_test_report

        verdict = read_test_report(report)
    elif unknown:
        verdict = _NOBODY_KNOWS
    else:
        kind, known = checked_outcome(None if score is not None else success, score)
        verdict = Verdict(kind=kind, score=known, source="caller")
    return Verdict(
        kind=verdict.kind,
        score=verdict.score,
        source=source or verdict.source,
        evidence={**verdict.evidence, **(shown or {})},
        reasons=verdict.reasons,
    )
