"""Run the repertoire on every kind of task and print how it fares: `python -m reasoningbank.evaluation.wrangling report`."""

from __future__ import annotations

import argparse
import sys

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.evaluation.wrangling.environments import ENVIRONMENTS
from reasoningbank.evaluation.wrangling.report import lines, summarise
from reasoningbank.evaluation.wrangling.world import WranglingWorld

NAMES = [environment.name for environment in ENVIRONMENTS]


def report_command(options: argparse.Namespace) -> None:
    """Print the summary as Markdown."""
    world = WranglingWorld(
        [
            one
            for one in ENVIRONMENTS
            if not options.environments or one.name in options.environments
        ]
    )
    sys.stdout.writelines(
        lines(summarise(world, range(options.first, options.first + options.seeds)), world)
    )


def show_command(options: argparse.Namespace) -> None:
    """Print one episode and every attempt at it."""
    world = WranglingWorld()
    seen = world.episode(options.environment, options.seed)
    sys.stdout.write(f"{seen.instruction}\n[{seen.features}]\n")
    for strategy in world.applicable():
        tried = world.attempt(strategy)
        sys.stdout.write(f"\n{strategy}: {'success' if tried.success else tried.note}\n")
        sys.stdout.writelines(f"    {step}\n" for step in tried.steps)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the commands."""
    top = argparse.ArgumentParser(
        prog="python -m reasoningbank.evaluation.wrangling", description=__doc__
    )
    commands = top.add_subparsers(required=True)
    tell = commands.add_parser("report", help="run everything and print the table")
    tell.add_argument("--seeds", type=int, default=10, help="episodes of each environment")
    tell.add_argument("--first", type=int, default=0, help="the first seed")
    tell.add_argument("environments", nargs="*", choices=[[], *NAMES], help="only these")
    tell.set_defaults(command=report_command)
    show = commands.add_parser("show", help="print one episode and every attempt at it")
    show.add_argument("environment", choices=NAMES)
    show.add_argument("seed", type=int)
    show.set_defaults(command=show_command)
    return top


if __name__ == "__main__":
    chosen = parser().parse_args()
    try:
        chosen.command(chosen)
    except ReasoningBankError as error:
        sys.exit(f"error: {error}")
