"""The fault campaign: ``python -m tests.faults.campaign [--seed N] [--minutes M | --short] ...``.

Every family of faults is played against banks of its own, in rounds, until its share of the time is
over. What was acknowledged, lost, doubled, wrong, refused by a typed error or failed by another one is
counted. The status is 1 when anything was lost, doubled, wrong or untyped, and 0 otherwise.
"""
# ruff: noqa: T201 - it prints its table

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.campaign import families
from tests.faults.campaign.report import Report, report_of, table, write
from tests.faults.campaign.rounds import Failure, Family, Result, play
from tests.homes import moved_into

_MINUTES = 60.0
_SHORT_SECONDS = 1.0
"""What a family may take in the short form before no other round is begun: most take one."""


def main() -> int:
    """Play what was asked for, and give the status."""
    given = _arguments()
    seed = random.SystemRandom().getrandbits(32) if given.seed is None else given.seed
    chosen = _chosen(given)
    print(
        f"seed {seed}: repeat all of it with --seed {seed}, one round with --family NAME "
        f"--seed {seed} --round NUMBER",
        flush=True,
    )
    with tempfile.TemporaryDirectory(prefix="reasoningbank-home-") as home:
        moved_into(Path(home))
        report = _played(chosen, given, seed)
    print(f"\n{table(report)}\n", flush=True)
    for failure in report.failures:
        print(f"FAILED {failure.family}, round {failure.round}: {failure.repeat}")
    if report.failures:
        return 1
    print(f"Nothing was lost, doubled, wrong or untyped (seed {seed}).")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.campaign", description=(__doc__ or "").partition("\n\n")[2]
    )
    parser.add_argument("--seed", type=int, help="play the rounds of this seed")
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--minutes", type=float, default=_MINUTES, help="how long, in all (default: 60)"
    )
    form.add_argument("--short", action="store_true", help="a round of each, in about a minute")
    parser.add_argument(
        "--family",
        nargs="+",
        action="extend",
        metavar="NAME",
        choices=[family.name for family in families.ALL],
        help="only these: " + ", ".join(family.name for family in families.ALL),
    )
    parser.add_argument("--round", type=int, help="only this one, of one family")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there too")
    given = parser.parse_args()
    if given.round is not None and (given.seed is None or len(given.family or []) != 1):
        parser.error("--round needs --seed and one --family")
    return given


def _chosen(given: argparse.Namespace) -> list[Family]:
    if given.family:
        return [family for family in families.ALL if family.name in given.family]
    return [family for family in families.ALL if family.short or not given.short]


def _played(chosen: list[Family], given: argparse.Namespace, seed: int) -> Report:
    """Play family after family; what has been found is written after each."""
    results: list[Result] = []
    # By the clock of the processor's time base: a family that takes longer leaves less to the rest.
    end = time.monotonic() + given.minutes * 60
    for position, family in enumerate(chosen):
        left = sum(one.share for one in chosen[position:])
        seconds = max(0.0, end - time.monotonic()) * family.share / left
        print(f"{family.name}: {family.question}", flush=True)
        try:
            result = play(
                family,
                seed=seed,
                seconds=_SHORT_SECONDS if given.short else seconds,
                short=given.short,
                only=given.round,
                on_failure=_tell,
            )
        except KeyboardInterrupt:
            print("  stopped: this family and those after it are not in the table", flush=True)
            break
        results.append(result)
        counted = result.counts
        print(
            f"  {result.rounds} rounds, {counted.acknowledged} acknowledged, {counted.lost} lost, "
            f"{counted.doubled} doubled, {counted.wrong} wrong, {counted.refused} refused, "
            f"{counted.untyped} untyped, {result.seconds} s"
            + f" ({result.note})"
            * bool(result.note),
            flush=True,
        )
        if given.json:
            write(report_of(results, seed=seed, short=given.short), given.json)
    return report_of(results, seed=seed, short=given.short)


def _tell(failure: Failure) -> None:
    print(f"  FAILED round {failure.round}: repeat with {failure.repeat}", flush=True)
    print("\n".join(f"    {line}" for line in failure.said.splitlines()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
