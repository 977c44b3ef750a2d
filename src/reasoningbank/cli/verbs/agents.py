"""The verb that looks at definitions of agents."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.invocation import Invocation, without_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted

if TYPE_CHECKING:
    from reasoningbank.hosts.agents_check import AgentsReport, CheckedAgent


@without_bank
def agents(
    invocation: Invocation,
    action: Annotated[  # noqa: ARG001 - there is one
        Literal["check"], typer.Argument(metavar="ACTION", help="check.")
    ],
    directory: Annotated[
        str, typer.Argument(metavar="DIR", help="A folder of definitions, such as .claude/agents.")
    ],
) -> None:
    """Check that defined agents work with the bank beside them.

    And that their definitions stay as they are. Each Markdown file in and below the folder is read. The bank is installed beside a copy of them,
    in a home made for it, and its server is started there: the task of each agent gets a recall and
    an outcome. The exit status is 8 when a definition is malformed and all else is well. Needs the
    extra agents. With --json: AgentsReport.
    """
    from reasoningbank.cli.progress import progress_bar
    from reasoningbank.cli.verbs.installing import program
    from reasoningbank.hosts.agents_check import check_agents

    with progress_bar("Checking", 1) as show:
        report = check_agents(
            Path(directory), program(), lambda done, of: show(done / of, f"{done} of {of}")
        )
    if invocation.as_json:
        print_json(report)
    else:
        _show(report)
    if not report.passed:
        raise typer.Exit(ExitStatus.UNAVAILABLE)
    if report.malformed:
        raise typer.Exit(ExitStatus.PARTLY)


def _show(report: "AgentsReport") -> None:
    for agent in report.agents:
        print(f"{_standing(agent):9} {safe_line(agent.file)}{_details(agent)}")
    print()
    print(
        f"{counted(report.files, 'file')}: {report.well_formed} well-formed "
        f"({report.documentation} of them documentation), {report.malformed} malformed, "
        f"{report.unchanged} unchanged to the byte."
    )
    print(
        f"{report.recalled} of {report.well_formed} agents got a recall, "
        f"{report.outcomes} an outcome, through the server that `reasoningbank mcp` starts."
    )


def _standing(agent: "CheckedAgent") -> str:
    if not agent.unchanged:
        return "CHANGED"
    if agent.problem is not None:
        return "malformed"
    return "ok" if agent.recalled and agent.outcome_recorded else "FAILED"


def _details(agent: "CheckedAgent") -> str:
    told = [one for one in (agent.problem, agent.failure, *agent.notes) if one is not None]
    return f": {safe_line('; '.join(told))}" if told else ""
