"""Select environments, record the matrix, report and check what is in it: `python -m reasoningbank.evaluation.miniwob`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import msgspec

from reasoningbank.evaluation.miniwob.environments import ENVIRONMENTS
from reasoningbank.evaluation.miniwob.matrix import load_matrix, save_matrix
from reasoningbank.evaluation.miniwob.report import lines


def select_command(options: argparse.Namespace) -> None:
    """Write what becomes of every page of the package, with the reason."""
    from reasoningbank.evaluation.miniwob.selection import select

    choices = select(sys.stderr.write)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(choices), indent=1) + b"\n")
    sys.stdout.write(f"{sum(choice.kept for choice in choices)} of {len(choices)} pages kept\n")


def record_command(options: argparse.Namespace) -> None:
    """Record a matrix, going on where an earlier run of the same code stopped."""
    from reasoningbank.evaluation.miniwob.recording import record

    matrix = record(
        options.environments or ENVIRONMENTS,
        range(options.seeds),
        options.parts,
        processes=options.processes,
    )
    save_matrix(matrix, options.out)
    sys.stdout.write(f"{len(matrix.episodes)} episodes in {options.out}\n")


def report_command(options: argparse.Namespace) -> None:
    """Print the summary of a matrix as Markdown."""
    sys.stdout.writelines(lines(load_matrix(options.matrix)))


def check_command(options: argparse.Namespace) -> None:
    """Run some attempts of a matrix again and print how many end as recorded, and which do not."""
    from reasoningbank.evaluation.miniwob.replaying import replay

    again = list(replay(load_matrix(options.matrix), options.attempts, options.seed))
    for one in again:
        if not (one.same_page and one.same_success):
            sys.stdout.write(f"{msgspec.json.encode(one).decode()}\n")
    pages, ends = sum(one.same_page for one in again), sum(one.same_success for one in again)
    sys.stdout.write(
        f"of {len(again)} attempts {pages} met the same page, {ends} ended as recorded\n"
    )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the four commands."""
    top = argparse.ArgumentParser(
        prog="python -m reasoningbank.evaluation.miniwob", description=__doc__
    )
    commands = top.add_subparsers(required=True)
    choose = commands.add_parser("select", help="choose the environments by the written rule")
    choose.add_argument("--out", type=Path, required=True)
    choose.set_defaults(command=select_command)
    keep = commands.add_parser("record", help="run the repertoire on every episode")
    keep.add_argument("--out", type=Path, required=True)
    keep.add_argument("--seeds", type=int, default=20, help="episodes of each environment")
    keep.add_argument("--processes", type=int, default=2, help="browsers at work at a time")
    keep.add_argument("--parts", type=Path, default=Path(tempfile.gettempdir()) / "miniwob-parts")
    keep.add_argument("environments", nargs="*", help="only these")
    keep.set_defaults(command=record_command)
    tell = commands.add_parser("report", help="print what a matrix holds")
    tell.add_argument("matrix", type=Path)
    tell.set_defaults(command=report_command)
    check = commands.add_parser("check", help="run some attempts of a matrix again")
    check.add_argument("matrix", type=Path)
    check.add_argument("--attempts", type=int, default=200)
    check.add_argument("--seed", type=int, default=0, help="of the draw")
    check.set_defaults(command=check_command)
    return top


if __name__ == "__main__":
    options = parser().parse_args()
    options.command(options)
