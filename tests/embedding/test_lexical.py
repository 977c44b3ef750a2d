"""Stems, hashes and word pieces that every implementation must agree on."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.text import PAIR_MARK, SINGLE_MARK
from reasoningbank.embedding.hashing import hash32
from reasoningbank.embedding.lexical import features, stem
from reasoningbank.embedding.table_files import SHIPPED, TableFiles


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("classes", "class"),
        ("cities", "citi"),
        ("ties", "tie"),
        ("class", "class"),
        ("status", "status"),
        ("basis", "basis"),
        ("workers", "worker"),
        ("running", "run"),
        ("falling", "fall"),
        ("buzzing", "buzz"),
        ("string", "string"),
        ("used", "used"),
        ("stopped", "stop"),
        ("navigation", "navigat"),
        ("nation", "nation"),
        ("election", "elect"),
        ("decision", "decis"),
        ("quickly", "quick"),
        ("family", "fami"),
        ("cache", "cach"),
        ("happy", "happi"),
        ("days", "day"),
        ("the", "the"),
        ("x2s", "x2s"),
        ("win32s", "win32s"),
        ("\u0433\u0430\u0440\u0430\u0436", "\u0433\u0430\u0440\u0430\u0436"),
    ],
)
def test_endings_are_taken_off(word, expected):
    assert stem(word) == expected


# From the JavaScript implementation.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 2872998923),
        ("a", 444641715),
        ("cthe", 3074656148),
        ("u\u56fe", 1320570192),
        ("srestart", 1116878620),
    ],
)
def test_hash_is_the_number_javascript_gives(text, expected):
    assert hash32(text) == expected


@given(st.text(alphabet="ab\u0433\uac00", min_size=1, max_size=80))
def test_features_of_a_word_are_its_stem_and_every_gram_with_its_count(word):
    bordered = f"<{word[:64]}>"
    grams = Counter(bordered[i : i + n] for n in (3, 4, 5) for i in range(len(bordered) - n + 1))
    expected = [(2, 1, hash32("s" + stem(word[:64])))]
    expected += [(1, count, hash32("c" + gram)) for gram, count in grams.items()]
    found = [(weight, count, h) for weight, count, hashes in features(word) for h in hashes]
    assert sorted(found) == sorted(expected)


def test_an_unspaced_unit_is_one_feature():
    assert features(SINGLE_MARK + "\u56fe") == [(1, 1, [hash32("u\u56fe")])]
    assert features(PAIR_MARK + "\u56fe\u4e66") == [(2, 1, [hash32("v\u56fe\u4e66")])]


class TestBucketSums:
    @given(st.lists(st.sampled_from(["a", "word", "banana", "zzzzz", "\x01\u56fe"]), min_size=1))
    def test_they_are_the_weighted_sums_of_the_features(self, words):
        encoder = TableFiles().lexical_encoder()
        idf = (SHIPPED / "idf.u8").read_bytes()
        term_frequency = TableFiles()._term_frequency
        expected = [0] * 512
        for word, count in Counter(words).items():
            for weight, within, hashes in features(word):
                for h in hashes:
                    value = term_frequency[min(within, 64)] * weight * idf[h & 0xFFFF]
                    value *= term_frequency[min(count, 64)]
                    expected[(h >> 8) % 512] += value if h >> 31 else -value
        sums = encoder.bucket_sums(words, [encoder.pack(word) for word in words])
        # Without a repeated word the common factor of 16 is left out.
        factor = 1 if len(set(words)) < len(words) else 16
        assert (sums * factor).tolist() == expected

    def test_no_words_sum_to_nothing(self):
        assert TableFiles().lexical_encoder().bucket_sums([], []).tolist() == [0.0] * 512


@pytest.fixture(scope="module")
def vocabulary():
    return TableFiles().vocabulary()


class TestVocabulary:
    def test_every_piece_has_the_number_of_its_line(self, vocabulary):
        pieces = (SHIPPED / "vocab.txt").read_bytes().split(b"\n")[:-1]
        assert len(vocabulary) == len(pieces) == 27558
        assert [vocabulary.number(piece) for piece in pieces] == list(range(len(pieces)))

    @pytest.mark.parametrize(
        "piece", [b"", b"##", b"restart\n", b"\nrestart", b"nosuchpiece", b"\xff"]
    )
    def test_nothing_else_has_a_number(self, vocabulary, piece):
        assert vocabulary.number(piece) is None

    def test_a_word_is_cut_greedily_into_its_longest_pieces(self, vocabulary):
        lines = (SHIPPED / "vocab.txt").read_text().splitlines()
        known = {line: number for number, line in enumerate(lines)}

        def greedy(word):
            numbers, start = [], 0
            while start < len(word):
                stops = range(len(word), start, -1)
                prefix = "##" if start else ""
                stop = next((s for s in stops if prefix + word[start:s] in known), None)
                if stop is None:
                    return []
                numbers.append(known[prefix + word[start:stop]])
                start = stop
            return numbers

        chance = random.Random(11)
        parts = [line.removeprefix("##") for line in lines]
        words = ["".join(chance.choices(parts, k=chance.randint(1, 4)))[:100] for _ in range(3000)]
        for word in words:
            assert vocabulary.pieces(word) == greedy(word)

    def test_a_run_of_more_than_100_characters_has_no_pieces(self, vocabulary):
        assert vocabulary.pieces("a" * 100)
        assert vocabulary.pieces("a" * 101) == []


def test_scales_keep_every_float32_sum_exact():
    scales = TableFiles().scales()
    assert scales.min() >= 1
    assert scales.max() <= 4095
    assert float(scales.max()) * 7 * 512 < 2**24
    assert np.array_equal(scales, np.floor(scales))
