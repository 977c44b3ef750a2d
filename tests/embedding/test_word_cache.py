"""The cache of words: bounded, and keeping what is in use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.embedding.word_cache import LONGEST_CACHED_WORD, WordCache


def recording_cache(generation_size: int) -> tuple[WordCache[str], list[str]]:
    computed: list[str] = []

    def compute(word: str) -> str:
        computed.append(word)
        return word.upper()

    return WordCache(compute, generation_size), computed


def test_a_word_is_computed_once():
    cache, computed = recording_cache(10)
    assert cache.values_of(["a", "b", "a"]) == ["A", "B", "A"]
    assert cache.values_of(["b", "a"]) == ["B", "A"]
    assert computed == ["a", "b"]


def test_a_word_in_use_survives_any_number_of_others():
    cache, computed = recording_cache(4)
    for number in range(100):
        cache.values_of(["often", f"once{number}"])
    assert computed.count("often") == 1


def test_a_word_out_of_use_is_forgotten():
    cache, computed = recording_cache(4)
    cache.values_of(["early"])
    cache.values_of([f"later{number}" for number in range(20)])
    cache.values_of(["early"])
    assert computed.count("early") == 2


def test_a_word_too_long_to_keep_still_has_its_value():
    cache, computed = recording_cache(4)
    word = "x" * (LONGEST_CACHED_WORD + 1)
    assert cache.values_of([word]) == cache.values_of([word]) == [word.upper()]
    assert computed == [word, word]
    assert len(cache) == 0


@given(st.lists(st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=20), max_size=30))
def test_two_generations_are_the_most_it_holds_and_values_stay_right(requests):
    cache, _ = recording_cache(5)
    for words in requests:
        assert cache.values_of(words) == [word.upper() for word in words]
        assert len(cache) <= 10
