"""The verb that records what came of using a pattern."""

from typing import Annotated

import typer

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.verbs.arguments import PatternId, json_argument
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.outcome import OutcomeSource


@with_bank
def outcome(
    invocation: Invocation,
    pattern_id: PatternId,
    *,
    success: Annotated[bool, typer.Option("--success", help="It worked.")] = False,
    failure: Annotated[bool, typer.Option("--failure", help="It did not work.")] = False,
    score: Annotated[
        float | None, typer.Option("--score", metavar="0..1", help="How far it worked.")
    ] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="It was used; what came of it is not known.")
    ] = False,
    source: Annotated[
        OutcomeSource,
        typer.Option(
            "--source",
            help="Who says so: test, environment and human confirm, caller reports, agent judges "
            "itself.",
        ),
    ] = "caller",
    evidence: Annotated[
        str | None,
        typer.Option(
            "--evidence", metavar="JSON", help="What shows it, such as '{\"exit_code\": 0}'."
        ),
    ] = None,
) -> None:
    """Record what came of using a pattern.

    Exactly one of --success, --failure, --score and --unknown is needed. With --json:
    RecordedOutcome.
    """
    if success + failure + unknown + (score is not None) != 1:
        raise InvalidInput(
            "must be told once",
            field="outcome",
            hint="Give one of --success, --failure, --score X and --unknown.",
        )
    shown = None if evidence is None else json_argument(evidence, "evidence")
    with invocation.open_bank() as bank:
        recorded = bank.record_outcome(
            pattern=pattern_id,
            success=True if success else False if failure else None,
            score=score,
            source=source,
            evidence=shown,
        )
    if invocation.as_json:
        print_json(recorded)
        return
    print(f"recorded {recorded.outcome.kind} from {recorded.outcome.source}")
    print(
        f"{counted(recorded.uses, 'use')}, {counted(recorded.successes, 'success')}, "
        f"{counted(recorded.failures, 'failure')}; "
        f"{recorded.trust}; works in about {recorded.reliability.posterior_mean:.0%} of cases"
    )
