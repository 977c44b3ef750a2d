"""The verb that keeps a bank lean, and takes it back."""

from typing import Annotated

import typer

from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted
from reasoningbank.domain.consolidation import ConsolidationOptions


@with_vectors
def consolidate(
    invocation: Invocation,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="Look at all patterns, not only at new ones.")
    ] = False,
    prune_after_days: Annotated[
        int | None,
        typer.Option(
            "--prune-after-days",
            metavar="N",
            help="Quarantine never-used patterns of low success older than this.",
        ),
    ] = None,
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete what an earlier run pruned. Cannot be undone.")
    ] = False,
    undo: Annotated[
        str | None, typer.Option("--undo", metavar="ID", help="Take a consolidation back.")
    ] = None,
) -> None:
    """Tidy the bank by small steps that can be undone.

    Duplicates are quarantined, contradictions linked, and what keeps failing is let expire.

    With --json: ConsolidationReport, or with --undo an object with the number of steps undone.
    """
    with invocation.open_bank() as bank:
        if undo is not None:
            undone = bank.undo_consolidation(undo)
            if invocation.as_json:
                print_json({"undone": undone})
            else:
                print(f"{counted(undone, 'step')} taken back")
            return
        options = ConsolidationOptions(prune_age_days=prune_after_days, purge=purge)
        report = bank.consolidate(options, dry_run=dry_run, everything=everything)
    if invocation.as_json:
        print_json(report)
        return
    for step in report.proposals:
        other = "" if step.other_id is None else f" -> {step.other_id}"
        print(f"{step.kind:14}{step.pattern_id}{other}  {safe_line(step.reason)}")
    looked_at = counted(report.looked_at, "pattern")
    proposed = counted(len(report.proposals), "step")
    if report.applied:
        undo_it = f"; undo with --undo {report.id}" if report.proposals else ""
        print(f"{looked_at} looked at, {proposed} taken{undo_it}")
    else:
        print(f"{looked_at} looked at, {proposed} proposed, nothing changed")
