"""Keep the texts of evaluation sets out of the training texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

LONGEST_SHARED_RUN = 8  # words; this many in a row in common is too many
SHORTEST_WHOLE_TEXT = 5  # a whole evaluation text of 5 to 7 words must not stand inside another

_WORD = re.compile("[a-z0-9]+")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that count for a comparison: a-z and 0-9, lower case."""
    return tuple(_WORD.findall(text.lower()))


class EvaluationFilter:
    """Recognises training texts that repeat an evaluation text, or eight words in a row of one."""

    def __init__(self, evaluation_texts: Iterable[str]) -> None:
        self._whole: set[tuple[str, ...]] = set()
        sizes = range(SHORTEST_WHOLE_TEXT, LONGEST_SHARED_RUN + 1)
        self._runs: dict[int, set[tuple[str, ...]]] = {size: set() for size in sizes}
        for text in evaluation_texts:
            words = words_of(text)
            self._whole.add(words)
            if SHORTEST_WHOLE_TEXT <= len(words) < LONGEST_SHARED_RUN:
                self._runs[len(words)].add(words)
            self._runs[LONGEST_SHARED_RUN].update(_runs(words, LONGEST_SHARED_RUN))

    @classmethod
    def of_folder(cls, folder: Path) -> EvaluationFilter:
        """Return the filter of all ``*.docs.jsonl`` and ``*.queries.jsonl`` in a folder."""
        paths = sorted([*folder.glob("*.docs.jsonl"), *folder.glob("*.queries.jsonl")])
        return cls(
            json.loads(line)["text"]
            for path in paths
            for line in path.read_text(encoding="utf-8").splitlines()
        )

    def repeats(self, text: str) -> bool:
        """Tell whether a text must be left out."""
        words = words_of(text)
        return words in self._whole or any(
            run in known for size, known in self._runs.items() for run in _runs(words, size)
        )


def _runs(words: tuple[str, ...], size: int) -> Iterable[tuple[str, ...]]:
    return (words[start : start + size] for start in range(len(words) - size + 1))
