"""Choosing the environments by the rule in `environments`, with a browser to read and probe every page."""

from __future__ import annotations

from collections.abc import Callable

from reasoningbank.evaluation.miniwob.browser import Browser, pages_folder
from reasoningbank.evaluation.miniwob.environments import (
    PROBE_SEEDS,
    Choice,
    without_near_duplicates,
)
from reasoningbank.evaluation.miniwob.recording import record_episode

PROBES = 5


def ever_solved(browser: Browser, environment: str) -> bool:
    """Whether any strategy earns the full reward in one of the first probe episodes."""
    return any(
        attempt.ended and attempt.reward == 1.0
        for seed in PROBE_SEEDS[:PROBES]
        for attempt in record_episode(browser, environment, seed).attempts.values()
    )


def select(tell: Callable[[str], object]) -> list[Choice]:
    """Return what becomes of every page of the package, sorted by name; `tell` hears of the progress."""
    names = [path.stem for path in sorted(pages_folder().glob("*.html"))]
    with Browser() as browser:
        choices = without_near_duplicates(
            {name: browser.instructions(name, PROBE_SEEDS) for name in names}
        )
        final: list[Choice] = []
        for choice in choices:
            solved = not choice.kept or ever_solved(browser, choice.environment)
            reason = choice.reason or ("" if solved else "no strategy of the repertoire solves it")
            final.append(Choice(environment=choice.environment, kept=not reason, reason=reason))
            tell(f"{choice.environment}: {reason or 'kept'}\n")
    return final
