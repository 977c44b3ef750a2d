"""Recording: run the whole repertoire on many episodes in real browsers and keep how each attempt went."""

from __future__ import annotations

import hashlib
import multiprocessing
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
from selenium.common.exceptions import WebDriverException

from reasoningbank.evaluation.miniwob.browser import Browser
from reasoningbank.evaluation.miniwob.live import cards, perform
from reasoningbank.evaluation.miniwob.matrix import FORMAT, Episode, Header, Matrix, Recorded, place
from reasoningbank.evaluation.miniwob.page import features_of
from reasoningbank.evaluation.miniwob.strategies import REPERTOIRE

HERE = Path(__file__).parent
# Code that only reads or writes what was recorded does not change what is recorded.
NOT_ACTING = frozenset(
    (
        "__init__.py",
        "__main__.py",
        "environments.py",
        "live.py",
        "matrix.py",
        "recording.py",
        "replaying.py",
        "report.py",
    )
)


def fingerprint() -> str:
    """Return a digest of the code that decides how an attempt goes."""
    digest = hashlib.sha256()
    files = [path for pattern in ("*.py", "*.js") for path in sorted(HERE.rglob(pattern))]
    for path in files:
        if path.parent != HERE or path.name not in NOT_ACTING:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def record_episode(browser: Browser, environment: str, seed: int) -> Episode:
    """Run every strategy that applies on one episode, each on a page opened afresh."""
    page = browser.load(environment, seed)
    attempts: dict[str, Recorded] = {}
    instruction, features = page.utterance, features_of(page)
    applying = [strategy for strategy in REPERTOIRE if strategy.applies(page)]
    for at, strategy in enumerate(applying):
        if at > 0:
            page = browser.load(environment, seed)
        started = time.monotonic()
        steps, note = perform(strategy, browser.hands, page)
        seconds = round(time.monotonic() - started, 2)
        ended, reward = browser.verdict()
        attempts[strategy.id] = Recorded(
            reward=reward,
            seconds=seconds,
            ended=ended,
            steps=steps,
            note=note or ("" if ended else "the episode did not end"),
        )
    return Episode(
        environment=environment,
        seed=seed,
        instruction=instruction,
        features=features,
        attempts=attempts,
    )


def recorded_in(path: Path) -> list[Episode]:
    """Return the episodes of an unfinished recording; a last line cut short is left out."""
    if not path.exists():
        return []
    lines = path.read_bytes().splitlines(keepends=True)
    return [
        msgspec.json.decode(line, type=Episode)
        for line in lines
        if line.endswith(b"\n") and line.strip()
    ]


def record_share(wanted: Sequence[tuple[str, int]], path: Path) -> None:
    """Record episodes one after the other into a file, a line for each as soon as it is done.

    A browser that dies is replaced once for each episode.
    """
    browser = Browser()
    try:
        with path.open("ab") as lines:
            for environment, seed in wanted:
                try:
                    episode = record_episode(browser, environment, seed)
                except WebDriverException as error:
                    sys.stderr.write(
                        f"{environment} {seed}: new browser after {type(error).__name__}\n"
                    )
                    browser.close()
                    browser = Browser()
                    episode = record_episode(browser, environment, seed)
                lines.write(msgspec.json.encode(episode) + b"\n")
                lines.flush()
    finally:
        browser.close()


def shares(wanted: Sequence[tuple[str, int]], processes: int) -> Iterator[list[tuple[str, int]]]:
    """Deal the episodes out to the processes, environment by environment."""
    names = sorted({environment for environment, _ in wanted})
    for number in range(processes):
        mine = set(names[number::processes])
        yield [episode for episode in wanted if episode[0] in mine]


def record(
    environments: Iterable[str], seeds: Iterable[int], folder: Path, *, processes: int
) -> Matrix:
    """Record a matrix, going on where an earlier run of the same code in the same folder stopped.

    Each process has its own browser and writes its own `part` file; the parts stay until the caller removes
    them. The episodes of other code, seen by its fingerprint, are in another folder and are not taken.
    """
    made_with = header()
    here = folder / made_with.fingerprint
    here.mkdir(parents=True, exist_ok=True)
    seeds = tuple(seeds)
    wanted = [(environment, seed) for environment in environments for seed in seeds]
    done = {place(episode) for part in here.glob("part-*.jsonl") for episode in recorded_in(part)}
    left = [episode for episode in wanted if episode not in done]
    workers = [
        multiprocessing.get_context("spawn").Process(
            target=record_share, args=(share, here / f"part-{number}-{time.time_ns()}.jsonl")
        )
        for number, share in enumerate(shares(left, processes))
        if share
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    episodes = {
        place(episode): episode
        for part in here.glob("part-*.jsonl")
        for episode in recorded_in(part)
    }
    missing = [episode for episode in wanted if episode not in episodes]
    if missing:
        raise RuntimeError(
            f"{len(missing)} episodes are missing, the first {missing[0]}; run it again"
        )
    return Matrix(header=made_with, episodes=tuple(episodes[episode] for episode in sorted(wanted)))


def header() -> Header:
    """Return what a matrix recorded now is made with."""
    with Browser() as browser:
        running = browser.version
    return Header(
        format=FORMAT,
        recorded=time.strftime("%Y-%m-%d", time.gmtime()),
        miniwob=version("miniwob"),
        browser=f"Chromium {running}",
        fingerprint=fingerprint(),
        strategies=cards(),
    )
