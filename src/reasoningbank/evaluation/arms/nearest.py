"""Nearest neighbour over raw episodes: do what was done the last time it read like this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Final

import bm25s

from reasoningbank.evaluation.arms.contract import Act, Choice, anyone, untried
from reasoningbank.evaluation.world import Observation, StrategyCard

LOOKED_AT: Final = 30
"""Of 1, 3, 5, 10, 20 and 30 the best for this arm."""

_WORD = re.compile(r"[^\W_]+")


class Nearest:
    """Take the strategy of the best BM25 match among the raw episodes, unless a better match failed with it.

    Episodes are kept raw, by their instruction, with what was done and whether it succeeded. The
    `LOOKED_AT` best matches are gone through in order: a failure strikes its strategy out, the first
    success left decides; without one, a strategy not struck out is tried at random. With
    `described` the repertoire's descriptions are documents as well, so that there is something to
    match before anything was learned. Lucene's variant of BM25 with k1 = 1.5 and b = 0.75, the
    defaults of bm25s (Lu, 2024).
    """

    def __init__(self, cards: Sequence[StrategyCard], chance: Random, *, described: bool) -> None:
        self._cards = cards
        self._chance = chance
        self._documents: list[list[str]] = []
        self._episodes: list[tuple[str, bool]] = []
        self._index: bm25s.BM25 | None = None
        if described:
            for card in cards:
                self._keep(card.description, card.id, success=True)

    def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
        """Follow the nearest episode that succeeded, and keep this one."""
        choice = self._chosen(observation.instruction, untried(self._cards, tried))
        success = act(choice.strategy).success
        self._keep(observation.instruction, choice.strategy, success=success)
        return choice

    def _chosen(self, instruction: str, left: Sequence[str]) -> Choice:
        struck: set[str] = set()
        for strategy, success in self._matches(instruction):
            if not success:
                struck.add(strategy)
            elif strategy in left and strategy not in struck:
                return Choice(strategy=strategy, why="advice")
        return anyone([one for one in left if one not in struck] or left, self._chance)

    def _matches(self, instruction: str) -> list[tuple[str, bool]]:
        """Return the best matching episodes, best first and of equal ones the latest."""
        if not self._documents:
            return []
        if self._index is None:
            self._index = bm25s.BM25()
            self._index.index(self._documents, show_progress=False)
        known = [word for word in set(_words(instruction)) if word in self._index.vocab_dict]
        if not known:
            return []
        scores = self._index.get_scores(known)
        order = sorted(range(len(scores)), key=lambda at: (-scores[at], -at))
        return [self._episodes[at] for at in order[:LOOKED_AT] if scores[at] > 0]

    def _keep(self, text: str, strategy: str, *, success: bool) -> None:
        self._documents.append(_words(text))
        self._episodes.append((strategy, success))
        self._index = None

    def close(self) -> None:
        """Hold nothing but memory."""


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
