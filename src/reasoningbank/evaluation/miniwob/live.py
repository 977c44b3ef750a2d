"""MiniWoB++ in a running browser."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from selenium.common.exceptions import WebDriverException

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.miniwob.browser import Browser
from reasoningbank.evaluation.miniwob.environments import ENVIRONMENTS
from reasoningbank.evaluation.miniwob.hands import Hands, Stuck
from reasoningbank.evaluation.miniwob.page import Features, Page, features_of
from reasoningbank.evaluation.miniwob.strategies import REPERTOIRE
from reasoningbank.evaluation.miniwob.strategy import Strategy
from reasoningbank.evaluation.miniwob.telling import TellingHands
from reasoningbank.evaluation.world import Attempt, Observation, StrategyCard

if TYPE_CHECKING:
    from typing_extensions import Self

# How a procedure for pages breaks off on a page it does not fit.
BROKEN_OFF = (Stuck, WebDriverException, LookupError, StopIteration, ValueError, ArithmeticError)


def cards() -> tuple[StrategyCard, ...]:
    """Return the repertoire in words."""
    return tuple(
        StrategyCard(id=strategy.id, title=strategy.title, description=strategy.description)
        for strategy in REPERTOIRE
    )


def perform(strategy: Strategy, hands: Hands, page: Page) -> tuple[tuple[str, ...], str]:
    """Run a strategy; return what it did in words, and where it broke off (or nothing)."""
    telling = TellingHands(hands, page)
    try:
        strategy.run(telling, page)
    except Stuck as stuck:
        return telling.told(), str(stuck)
    except BROKEN_OFF as error:
        return telling.told(), f"{type(error).__name__}: {error}".splitlines()[0][:120]
    return telling.told(), ""


class LiveWorld:
    """Episodes on real pages. Starts a browser at once; use it as a context manager or `close` it."""

    name = "miniwob-live"

    def __init__(self, environments: Sequence[str] = ENVIRONMENTS) -> None:
        self._environments = tuple(sorted(environments))
        self._by_id = {strategy.id: strategy for strategy in REPERTOIRE}
        self._browser = Browser()
        self._begun: tuple[str, int] | None = None
        self._page: Page | None = None
        self._fresh = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def environments(self) -> tuple[str, ...]:
        """Return the names of the environments, sorted."""
        return self._environments

    def seeds(self) -> range:
        """Return the seeds: every number is one."""
        return range(2**31)

    def strategies(self) -> tuple[StrategyCard, ...]:
        """Return the repertoire in words."""
        return cards()

    def episode(self, environment: str, seed: int) -> Observation:
        """Open the page of an environment, start the episode of a seed and return what there is to see."""
        if environment not in self._environments:
            raise InvalidInput("is not one of the environments", field="environment")
        self._begun = (environment, seed)
        page = self._opened()
        return Observation(instruction=page.utterance, features=features_of(page).text())

    def features(self) -> Features:
        """Return the features of the page that is open, unabridged."""
        return features_of(self._current())

    def applicable(self) -> tuple[str, ...]:
        """Return the ids of the strategies that could begin on the page."""
        page = self._current()
        return tuple(strategy.id for strategy in REPERTOIRE if strategy.applies(page))

    def attempt(self, strategy: str) -> Attempt:
        """Run a strategy on the page, opened afresh unless nothing has touched it, and read the reward."""
        if strategy not in self._by_id:
            raise InvalidInput("is not in the repertoire", field="strategy")
        chosen = self._by_id[strategy]
        if not chosen.applies(self._current()):
            return Attempt(success=False, score=0.0, applies=False, seconds=0.0)
        page = self._current() if self._fresh else self._opened()
        self._fresh = False
        started = time.monotonic()
        steps, note = perform(chosen, self._browser.hands, page)
        seconds = time.monotonic() - started
        ended, reward = self._browser.verdict()
        if not ended:
            note = note or "the episode did not end"
        return Attempt(
            success=ended and reward == 1.0,
            score=min(1.0, max(0.0, reward)),
            applies=True,
            seconds=round(seconds, 2),
            steps=steps,
            note=note,
        )

    def close(self) -> None:
        """End the browser."""
        self._browser.close()

    @property
    def browser_version(self) -> str:
        """The version of the browser, for the record."""
        return self._browser.version

    def _current(self) -> Page:
        if self._page is None:
            raise InvalidInput("begin an episode first", field="strategy")
        return self._page

    def _opened(self) -> Page:
        assert self._begun is not None
        self._page = self._browser.load(*self._begun)
        self._fresh = True
        return self._page
