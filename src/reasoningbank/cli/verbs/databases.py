"""The verb of whoever owns the tables of a bank on a server."""

import sys
from typing import Annotated, Literal, get_args

import typer

from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.validation import checked_choice, checked_count

_Action = Literal["init", "upgrade", "check"]
_Index = Literal["halfvec", "bit", "none"]
_MOST_PARTITIONS = 1_024


@with_bank
def db(
    invocation: Invocation,
    action: Annotated[
        str,
        typer.Argument(
            metavar="ACTION",
            help="init makes the tables, upgrade brings them up to date, check looks them over.",
        ),
    ],
    *,
    role: Annotated[
        str | None,
        typer.Option(
            "--role",
            metavar="NAME",
            help="With init: let this role use the bank, a tenant at a time.",
        ),
    ] = None,
    partitions: Annotated[
        int,
        typer.Option(
            "--partitions",
            metavar="N",
            help="With init: split the vectors into N tables by tenant.",
        ),
    ] = 0,
    index: Annotated[
        str,
        typer.Option(
            "--index", metavar="KIND", help="For similarity: halfvec, bit (smaller) or none."
        ),
    ] = "halfvec",
) -> None:
    """Make, upgrade or check the tables of a bank on PostgreSQL.

    Run as the role that owns the tables or shall own them, with --db postgresql://... or
    REASONINGBANK_URL; the namespace does not matter. Two at once do no harm, and one that was
    stopped goes on where it was. Indexes are built while the bank is in use. With --json: Migration,
    and with check an array of Finding.
    """
    checked_choice(action, "action", get_args(_Action))
    checked_choice(index, "index", get_args(_Index))
    checked_count(partitions, "partitions", low=0, high=_MOST_PARTITIONS)
    if action == "check":
        _check(invocation, index)
    else:
        _migrate(invocation, action, role, partitions, index)


def _migrate(
    invocation: Invocation, action: str, role: str | None, partitions: int, index: str
) -> None:
    from reasoningbank.storage.databases import initialise_database, upgrade_database

    def say(line: str) -> None:
        if not invocation.as_json:
            print(safe_line(line), file=sys.stderr)

    if action == "init":
        done = initialise_database(
            invocation.db, role=role, partitions=partitions, index=_kind(index), say=say
        )
    else:
        done = upgrade_database(invocation.db, index=_kind(index), say=say)
    if invocation.as_json:
        print_json(done)
        return
    step = f"schema {done.before} to {done.after}" if done.before != done.after else "up to date"
    print(f"{step}; {len(done.indexes)} indexes built")


def _check(invocation: Invocation, index: str) -> None:
    from reasoningbank.storage.databases import check_database

    findings = check_database(invocation.db, index=_kind(index))
    if invocation.as_json:
        print_json(findings)
    else:
        for finding in findings:
            print(f"{finding.level:7} {finding.check}: {safe_line(finding.message)}")
            if finding.hint is not None and finding.level != "ok":
                print(f"        {safe_line(finding.hint)}")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(ExitStatus.STORAGE)


def _kind(index: str) -> _Index:
    found: dict[str, _Index] = {"halfvec": "halfvec", "bit": "bit", "none": "none"}
    return found[index]
