"""The report of an evaluation: figures of every arm, and the bank compared with each of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from reasoningbank.evaluation.arms import ARMS
from reasoningbank.evaluation.running import Met, Run
from reasoningbank.evaluation.statistics import (
    Bootstrap,
    Interval,
    Ratio,
    by_block,
    by_visit,
    first_third,
    last_third,
)
from reasoningbank.evaluation.streams import Plan

SUBJECT: Final = "bank"


class ArmFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What one arm did.

    Args:
        title: The arm in words.
        reference: Whether it is told what no agent is.
        variant: Whether it is the bank in another form, and so no rival of it.
        first_third: Success of first attempts in the first third of the streams.
        last_third: The same in the last third.
        attempts_per_solved: Attempts in the last third for every episode solved there.
        transfer: Success of first attempts at the first visit of environments held out of the
            first half.
        ahead: By how much the bank's success in the last third is above this arm's.
        by_block: Success in each twelfth of the streams.
        by_visit: Success at the first, second, ... visit of environments not held out.
    """

    title: str
    reference: bool
    variant: bool
    first_third: Interval
    last_third: Interval
    attempts_per_solved: Interval
    transfer: Interval
    ahead: Interval
    by_block: tuple[float, ...]
    by_visit: tuple[float, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it, as it is written to `report.json`."""

    world: str
    plan: Plan
    seeds: tuple[int, ...]
    episodes: int
    environments: int
    code: str
    arms: dict[str, ArmFigures]
    best_rival: str | None

    def lift(self) -> Interval:
        """Return by how much the bank is ahead of the best arm that could be used instead."""
        if self.best_rival is None:
            return Interval(value=None)
        return self.arms[self.best_rival].ahead


def report_of(runs: Mapping[str, Sequence[Run]]) -> Report:
    """Return the report of the finished runs of each arm, all over the same streams."""
    some = next(iter(runs.values()))
    environments = sorted({met.visit.environment for met in some[0].met})
    bootstrap = Bootstrap(len(some), environments)
    lasts = {arm: _last(bootstrap, found) for arm, found in runs.items()}
    subject = lasts.get(SUBJECT)
    arms = {
        arm: _figures(bootstrap, arm, found, lasts[arm], subject) for arm, found in runs.items()
    }
    rivals = [
        arm
        for arm, figures in arms.items()
        if arm != SUBJECT and not (figures.reference or figures.variant)
    ]
    head = some[0].head
    return Report(
        world=head.world,
        plan=head.plan,
        seeds=tuple(run.head.seed for run in some),
        episodes=sum(len(run.met) for run in some),
        environments=len(environments),
        code=head.code,
        arms=arms,
        best_rival=max(rivals, key=lambda arm: arms[arm].last_third.value or 0.0, default=None)
        if subject is not None
        else None,
    )


def _last(bootstrap: Bootstrap, runs: Sequence[Run]) -> Ratio:
    return bootstrap.ratio(runs, last_third, lambda met: met.first, _one)


def _figures(
    bootstrap: Bootstrap, arm: str, runs: Sequence[Run], last: Ratio, subject: Ratio | None
) -> ArmFigures:
    described = ARMS[arm]
    attempts = bootstrap.ratio(runs, last_third, lambda met: len(met.tries), lambda met: met.solved)
    transfer = bootstrap.ratio(runs, _newcomers, lambda met: met.first, _one)
    first = bootstrap.ratio(runs, first_third, lambda met: met.first, _one)
    return ArmFigures(
        title=described.title,
        reference=described.reference,
        variant=described.variant,
        first_third=bootstrap.interval(first),
        last_third=bootstrap.interval(last),
        attempts_per_solved=bootstrap.interval(attempts),
        transfer=bootstrap.interval(transfer),
        ahead=Interval(value=None)
        if subject is None or arm == SUBJECT
        else bootstrap.difference(subject, last),
        by_block=tuple(by_block(runs)),
        by_visit=tuple(by_visit(runs, held_out=False)),
    )


def _one(_: Met) -> float:
    return 1.0


def _newcomers(run: Run) -> Sequence[Met]:
    return [met for met in run.met if met.visit.held_out and met.visit.number == 1]


def table(report: Report) -> list[tuple[str, ...]]:
    """Return the rows of the report's table, the heading first; arms in the order of their success."""
    transfer = report.plan.held_out > 0
    heading = ("arm", "first third", "last third", "bank ahead by", "attempts per solved")
    rows = [heading + (("new environments",) if transfer else ())]
    order = sorted(report.arms.items(), key=lambda item: -(item[1].last_third.value or 0.0))
    for _, arm in order:
        row = (
            arm.title + (" (reference)" if arm.reference else ""),
            f"{arm.first_third.value or 0:.3f}",
            arm.last_third.text(),
            arm.ahead.text(),
            arm.attempts_per_solved.text(),
        )
        rows.append(row + ((arm.transfer.text(),) if transfer else ()))
    return rows


def sentences(report: Report) -> list[str]:
    """Return what the report comes to, in words, whichever way it went."""
    plan = report.plan
    attempts = "attempt" if plan.attempts == 1 else "attempts"
    held_out = f", {plan.held_out:.0%} of them in the second half only" if plan.held_out else ""
    what = (
        f"{report.world}: {report.environments} environments{held_out}, {plan.visits} visits of each, "
        f"{plan.attempts} {attempts} an episode, {len(report.seeds)} streams, "
        f"{report.episodes} episodes in all."
    )
    said = [what]
    if report.best_rival is not None:
        lift, rival = report.lift(), report.arms[report.best_rival]
        low, high = lift.low or 0.0, lift.high or 0.0
        word = "ahead of" if low > 0 else "behind" if high < 0 else "not told apart from"
        said.append(
            f"In the last third the bank is {word} the best other arm ({rival.title}): "
            f"a difference of {lift.text()}."
        )
    return said
