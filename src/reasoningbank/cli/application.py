"""The program as typer sees it: the options before the verb, and the verbs."""

import sys
from typing import Annotated, Final

import typer

from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.invocation import Database, Json, Namespace
from reasoningbank.cli.verbs import (
    agents,
    benchmarking,
    changing,
    consolidating,
    databases,
    demonstrating,
    diagnosing,
    evaluating,
    experiences,
    finding,
    hooking,
    initialising,
    installing,
    learning,
    measuring,
    migrating,
    moving,
    outcomes,
    reading,
    recalling,
    rolling_out,
    safekeeping,
    serving,
    serving_http,
    storing,
    watching,
)

application: Final = typer.Typer(
    name="reasoningbank",
    # Plain help: rich would cost 40 ms, and draw boxes that a pipe or a manual page has no use for.
    rich_markup_mode=None,
    # running.run turns errors into one line; what it does not know is a defect, shown by Python.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_VERBS: Final = {
    "init": initialising.init,
    "store": storing.store,
    "get": reading.get,
    "search": finding.search,
    "similar": finding.similar,
    "recall": recalling.recall,
    "learn": learning.learn,
    "judge": learning.judge,
    "trajectories": experiences.trajectories,
    "withdraw": experiences.withdraw,
    "reinstate": experiences.reinstate,
    "stats": reading.stats,
    "metrics": measuring.metrics,
    "top": watching.top,
    "update": changing.update,
    "delete": changing.delete,
    "erase": changing.erase,
    "outcome": outcomes.outcome,
    "history": reading.history,
    "consolidate": consolidating.consolidate,
    "export": moving.export,
    "import": moving.import_,
    "restore": moving.restore,
    "migrate": migrating.migrate,
    "reembed": moving.reembed,
    "backup": safekeeping.backup,
    "recover": safekeeping.recover,
    "rollout": rolling_out.rollout,
    "doctor": diagnosing.doctor,
    "db": databases.db,
    "demo": demonstrating.demo,
    "bench": benchmarking.bench,
    "eval": evaluating.evaluate,
    "mcp": serving.mcp,
    "serve": serving_http.serve,
    "hook": hooking.hook,
    "install": installing.install,
    "agents": agents.agents,
}
for _name, _verb in _VERBS.items():
    application.command(_name)(_verb)


def _print_version(asked: bool) -> None:
    if not asked:
        return
    from importlib.metadata import version

    print(f"reasoningbank {version('agent-reasoningbank')}")
    raise typer.Exit


@application.callback(invoke_without_command=True)
def before_the_verb(
    context: typer.Context,
    *,
    db: Database = None,
    namespace: Namespace = None,
    as_json: Json = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Store strategies, find those that fit a task, and keep what came of using them.

    The options below may stand before the verb or after it. `reasoningbank VERB --help` explains
    a verb.
    """
    context.obj = {"db": db, "namespace": namespace, "as_json": as_json}
    if context.invoked_subcommand is None:
        print(context.get_help(), file=sys.stderr)
        raise typer.Exit(ExitStatus.INVALID)
