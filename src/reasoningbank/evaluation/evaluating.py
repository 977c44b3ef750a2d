"""Running every arm through every stream, and reporting: what `reasoningbank eval` does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.arms import ARMS
from reasoningbank.evaluation.reporting import Report, report_of, sentences, table
from reasoningbank.evaluation.running import Head, Results, Run, fingerprint, run_stream
from reasoningbank.evaluation.streams import Plan, stream_of
from reasoningbank.evaluation.world import World
from reasoningbank.evaluation.worlds import WorldChoice, evaluation_missing

Progress: TypeAlias = Callable[[int, int, str], None]

REPORT: Final = "report.json"
TABLE: Final = "report.md"
CURVES: Final = "curves.png"
_RUNS: Final = "runs"


def evaluate(
    choice: WorldChoice,
    plan: Plan,
    *,
    seeds: Sequence[int],
    arms: Sequence[str],
    folder: Path,
    processes: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Run what is not finished yet, write the report and its curves, and return the report.

    A run is one arm in one stream. Finished runs are kept in `folder` and not run again as long as
    world, plan and the code of the package are the same, so an evaluation goes on where it stopped.

    Args:
        choice: The world.
        plan: What the streams are like.
        seeds: One stream for each.
        arms: Names from `ARMS`.
        folder: For the runs, the report, its table and the curves.
        processes: Runs at a time; a live browser takes one.
        progress: Told how many runs are done, of how many, and which was last.

    Raises:
        InvalidInput: There is no such arm, world or environment, or too few episodes.
        Unavailable: A library of the extra is missing.
    """
    unknown = [arm for arm in arms if arm not in ARMS]
    if unknown:
        raise InvalidInput(f"is {unknown[0]!r}", field="arm", hint=f"One of: {', '.join(ARMS)}.")
    if not seeds or not arms:
        raise InvalidInput("names none", field="arm" if seeds else "seeds")
    try:
        from reasoningbank.evaluation.curves import save_curves
    except ImportError as error:
        raise evaluation_missing(error) from error
    world = choice.open()
    try:
        stream_of(world, plan, seeds[0])  # refuses a plan the world has no episodes for
        heads = _heads(world.name, plan, seeds, arms)
    finally:
        world.close()
    results = Results(folder / _RUNS)
    waiting = [head for head in heads if results.load(head) is None]
    done = len(heads) - len(waiting)
    for head in _worked_off(choice, waiting, folder, processes):
        done += 1
        if progress is not None:
            progress(done, len(heads), f"{head.arm}, stream {head.seed}")
    report = report_of(_by_arm(results, heads))
    _write(report, folder)
    save_curves(report, folder / CURVES)
    return report


def _heads(world: str, plan: Plan, seeds: Sequence[int], arms: Sequence[str]) -> list[Head]:
    code = fingerprint()
    return [
        Head(arm=arm, seed=seed, plan=plan, world=world, code=code)
        for arm in arms
        for seed in seeds
    ]


def _worked_off(
    choice: WorldChoice, waiting: Sequence[Head], folder: Path, processes: int
) -> Iterator[Head]:
    """Give each run's head as it is finished and saved."""
    if processes == 1 or len(waiting) == 1:
        with _quiet():
            yield from _in_this_process(choice, waiting, folder)
        return
    jobs = [(choice, head, folder) for head in waiting]
    # A fresh interpreter for each worker: forking one that has threads is not safe.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_job, jobs)


def _in_this_process(choice: WorldChoice, waiting: Iterable[Head], folder: Path) -> Iterator[Head]:
    world = choice.open()
    try:
        for head in waiting:
            yield _finished(world, head, folder)
    finally:
        world.close()


def _job(job: tuple[WorldChoice, Head, Path]) -> Head:
    choice, head, folder = job
    with _quiet():
        return _finished(_world_of_this_process(choice), head, folder)


@lru_cache(maxsize=1)
def _world_of_this_process(choice: WorldChoice) -> World:
    return choice.open()


def _finished(world: World, head: Head, folder: Path) -> Head:
    met = tuple(run_stream(world, head.arm, head.plan, head.seed))
    Results(folder / _RUNS).save(Run(head=head, met=met))
    return head


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the bank's remarks on what it redacted: the instructions are made up."""
    logger = logging.getLogger("reasoningbank")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _by_arm(results: Results, heads: Sequence[Head]) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {}
    for head in heads:
        run = results.load(head)
        assert run is not None
        runs.setdefault(head.arm, []).append(run)
    return runs


def _write(report: Report, folder: Path) -> None:
    (folder / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1))
    heading, *rows = table(report)
    lines = [
        *(f"{sentence}\n\n" for sentence in sentences(report)),
        _row(heading),
        _row(tuple("---" for _ in heading)),
        *map(_row, rows),
    ]
    (folder / TABLE).write_text("".join(lines), "utf-8")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
