"""The lexical half of a vector: hashed word stems and character n-grams, all in integers.

A word contributes one feature for its stem and one for each of its character 3- to 5-grams, a unit of
an unspaced script one feature for itself. A feature's hash picks a bucket, a sign and an inverse
document frequency; what a word adds to its buckets never changes, so it is computed once and kept
packed: `PackedFeatures` is a run of little-endian int32, value in the upper 23 bits, bucket in the lower 9.
"""

import struct
from collections import Counter
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from reasoningbank.domain.text import PAIR_MARK, SINGLE_MARK
from reasoningbank.embedding.hashing import finalise, fnv1a, hash32

PackedFeatures = bytes

LEXICAL_DIMENSION = 512
LONGEST_WORD = 64  # characters of a word that are looked at

_BUCKET_BITS = 9
_BUCKET_MASK = LEXICAL_DIMENSION - 1
_STEM_WEIGHT = 2
_GRAM_WEIGHT = 1
_SINGLE_WEIGHT = 1
_PAIR_WEIGHT = 2
_SHORTEST_GRAM = 3
_LONGEST_GRAM = 5

_VOWELS = frozenset("aeiouy")
_GRAM_STATE = fnv1a(b"c")
_SMALL_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")

# Endings as (shortest word, ending, what stands there instead); the first that fits is applied.
_SHORTEST_STEMMED = 4
_SHORTEST_BEFORE_PARTICIPLE = 3
_PLURALS = (
    (4, "sses", "ss"),
    (5, "ies", "y"),
    (4, "ss", "ss"),
    (4, "us", "us"),
    (4, "is", "is"),
    (4, "s", ""),
)
_DERIVATIONS = ((8, "ation", "at"), (7, "tion", "t"), (7, "sion", "s"), (6, "ly", ""))
_SILENT_E = ((5, "e", ""),)


def stem(word: str) -> str:
    """Return the word without common English endings; only four or more letters a-z are touched."""
    if len(word) < _SHORTEST_STEMMED or not _SMALL_LETTERS.issuperset(word):
        return word
    word = _with_first_rule(_PLURALS, word)
    word = _without_participle(word)
    word = _with_first_rule(_DERIVATIONS, word)
    word = _with_first_rule(_SILENT_E, word)
    if len(word) >= _SHORTEST_STEMMED and word[-1] == "y" and word[-2] not in _VOWELS:
        word = word[:-1] + "i"
    return word


def _with_first_rule(rules: tuple[tuple[int, str, str], ...], word: str) -> str:
    for shortest, ending, replacement in rules:
        if len(word) >= shortest and word.endswith(ending):
            return word[: -len(ending)] + replacement
    return word


def _without_participle(word: str) -> str:
    for ending in ("ing", "ed"):
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if len(rest) < _SHORTEST_BEFORE_PARTICIPLE or _VOWELS.isdisjoint(rest):
                return word
            doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if doubled else rest
    return word


def features(word_or_unit: str) -> list[tuple[int, int, list[int]]]:
    """Return the features of a word or unit, as (weight, count inside it, hashes) for those alike."""
    if word_or_unit[0] == SINGLE_MARK:
        return [(_SINGLE_WEIGHT, 1, [hash32("u" + word_or_unit[1:])])]
    if word_or_unit[0] == PAIR_MARK:
        return [(_PAIR_WEIGHT, 1, [hash32("v" + word_or_unit[1:])])]
    word = word_or_unit[:LONGEST_WORD]
    of_stem = (_STEM_WEIGHT, 1, [hash32("s" + stem(word))])
    bordered = f"<{word}>"
    shortest = _grams(bordered, _SHORTEST_GRAM)
    if len(set(shortest)) == len(shortest):
        # No 3-gram twice, so no longer one either: nothing needs counting.
        return [of_stem, (_GRAM_WEIGHT, 1, _gram_hashes(bordered))]
    lengths = range(_SHORTEST_GRAM, _LONGEST_GRAM + 1)
    counts = Counter(gram for length in lengths for gram in _grams(bordered, length))
    return [of_stem, *((_GRAM_WEIGHT, count, [hash32("c" + g)]) for g, count in counts.items())]


def _grams(bordered: str, length: int) -> list[str]:
    return [bordered[i : i + length] for i in range(len(bordered) - length + 1)]


def _gram_hashes(bordered: str) -> list[int]:
    """Return `hash32` of "c" and each 3- to 5-gram; a longer one continues the state of a shorter."""
    hashes = []
    characters = [character.encode() for character in bordered]
    for start in range(len(characters) - _SHORTEST_GRAM + 1):
        state = fnv1a(b"".join(characters[start : start + _SHORTEST_GRAM]), _GRAM_STATE)
        hashes.append(finalise(state))
        for character in characters[start + _SHORTEST_GRAM : start + _LONGEST_GRAM]:
            state = fnv1a(character, state)
            hashes.append(finalise(state))
    return hashes


class LexicalEncoder:
    """Packs the features of words with the weights of one table, and adds them up for a text."""

    def __init__(self, idf: bytes, term_frequency: Sequence[int]) -> None:
        """Take 65,536 inverse document frequencies and the weight of each count (the last for more)."""
        self._idf = idf
        self._term_frequency = tuple(term_frequency)
        self._largest_count = len(self._term_frequency) - 1

    def pack(self, word_or_unit: str) -> PackedFeatures:
        """Return what one occurrence of the word or unit adds to the lexical buckets."""
        idf = self._idf
        packed: list[int] = []
        for weight, count, hashes in features(word_or_unit):
            value = self._weight_of_count(count) * weight
            packed += [
                ((value if h >> 31 else -value) * idf[h & 0xFFFF]) << _BUCKET_BITS
                | (h >> 8) & _BUCKET_MASK
                for h in hashes
            ]
        return struct.pack(f"{len(packed)}i", *packed)

    def bucket_sums(
        self, words: Sequence[str], packed: Sequence[PackedFeatures]
    ) -> npt.NDArray[np.float64]:
        """Return the 512 bucket sums of a text, given its words and the packed features of each.

        All sums are integers below 2^53. They are a sixteenth of the specified ones when no word
        repeats: the halves are scaled afterwards, so a common power of two drops out.
        """
        if len(set(words)) == len(words):
            pairs = np.frombuffer(b"".join(packed), np.int32)
            return _sum_by_bucket(pairs, pairs >> _BUCKET_BITS)
        # Every word once at the weight of one, then each repeated word with what it weighs more.
        distinct = dict(zip(words, packed, strict=True))
        repeated = {word: count for word, count in Counter(words).items() if count > 1}
        once = b"".join(distinct.values())
        again = [distinct[word] for word in repeated]
        pairs = np.frombuffer(once + b"".join(again), np.int32)
        one = self._weight_of_count(1)
        weights = [one] + [self._weight_of_count(count) - one for count in repeated.values()]
        lengths = [len(entry) // pairs.itemsize for entry in (once, *again)]
        return _sum_by_bucket(pairs, (pairs >> _BUCKET_BITS) * np.repeat(weights, lengths))

    def _weight_of_count(self, count: int) -> int:
        return self._term_frequency[min(count, self._largest_count)]


def _sum_by_bucket(
    pairs: npt.NDArray[np.int32], values: npt.NDArray[np.signedinteger]
) -> npt.NDArray[np.float64]:
    sums = np.bincount(pairs & _BUCKET_MASK, values, LEXICAL_DIMENSION)
    return cast(
        "npt.NDArray[np.float64]", sums
    )  # numpy's stubs say int; with weights it is float64
