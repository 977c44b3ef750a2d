"""A bounded cache of what has been computed for a word, without a lock on the path of a hit."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")

GENERATION_SIZE = 8192
LONGEST_CACHED_WORD = 100


class WordCache(Generic[Value]):
    """Keeps the words of two generations: those used since the last turn, and those of the turn before.

    When the young generation is full it becomes the old one and the old one is forgotten, so a word
    in use survives and at most two generations are held. Threads that race at a turn compute a word
    twice or hold one entry more each; they never see a wrong value.
    """

    def __init__(
        self, compute: Callable[[str], Value], generation_size: int = GENERATION_SIZE
    ) -> None:
        self._compute = compute
        self._generation_size = generation_size
        self._young: dict[str, Value] = {}
        self._old: dict[str, Value] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def values_of(self, words: Sequence[str]) -> list[Value]:
        """Return the value of each word, in order."""
        try:
            return list(map(self._young.__getitem__, words))
        except KeyError:
            return [self._value_of(word) for word in words]

    def _value_of(self, word: str) -> Value:
        young = self._young
        if word in young:
            return young[word]
        old = self._old
        value = old[word] if word in old else self._compute(word)
        if len(word) > LONGEST_CACHED_WORD:
            return value
        if len(young) >= self._generation_size:
            self._old, self._young = young, {}
        self._young[word] = value
        return value
