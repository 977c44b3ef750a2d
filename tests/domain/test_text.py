"""The text rules that the embedder and the duplicate key share."""

from __future__ import annotations

import json
import string
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoningbank.domain.text import (
    DELETED,
    PAIR_MARK,
    SINGLE_MARK,
    SPACED_LETTERS,
    UNSPACED_CHARACTERS,
    UNSTABLE,
    fold,
    normalise,
    words_and_units,
)

SPECIFIED = Path(__file__).parents[2] / "spec" / "embeddings" / "normalised.jsonl"

any_text = st.text(alphabet=st.characters(), max_size=60)
# Where folding has something to do: marks, look-alikes, width forms, blanked blocks, white space.
awkward_text = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "aZ \t\n-'.\u00a0\u3000\u200b\u00ad\u034f\u0301\u0316\u0958\u093c\u03a2\u03c2\u03a3"
        ),
        st.sampled_from(
            "\u1e9e\u0130\u0149\ufb01\uff21\u2460\u32ff\ua7f2\U0001e030\U0001d15e\U0002f800\u0344"
        ),
        st.characters(min_codepoint=0x0300, max_codepoint=0x06FF),
        st.characters(),
    ),
    max_size=40,
)


class TestFold:
    def test_ascii_is_left_alone(self):
        assert fold("GetUserName: 100%\t\x00") == "GetUserName: 100%\t\x00"

    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("caf\u00e9 na\u00efve", "cafe naive"),
            (
                "Stra\u00dfe \u1e9e \u0141\u00f3d\u017a \u00c6gir \u00de\u00f3r",
                "Strasse ss lodz aegir thor",
            ),
            ("\ufb01le \uff28\uff11 \u2126 \u00bd", "file H1 \u03c9 1\u20442"),
            ("don\u2019t \u201csay\u201d \u2013 \u2014", 'don\'t "say" - -'),
            (
                "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
                "\u03c3\u03b9\u03c3\u03c5\u03c6\u03bf\u03c3",
            ),
            (
                "\u041c\u041e\u0421\u041a\u0412\u0410 \u0401\u043b\u043a\u0430",
                "\u043c\u043e\u0441\u043a\u0432\u0430 \u0435\u043b\u043a\u0430",
            ),
            ("\u0660\u0661\u06f2\u0969\u09ea", "01234"),
            (
                "\u0643\u064e\u062a\u0640\u0627\u0628 \u05e9\u05b8\u05dc",
                "\u0643\u062a\u0627\u0628 \u05e9\u05dc",
            ),
            ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
            ("a\U0001f468\u200d\U0001f4bb", "a\U0001f468\U0001f4bb"),
        ],
    )
    def test_spellings_of_one_word_meet(self, text, folded):
        assert fold(text) == folded

    def test_unstable_code_points_become_spaces_before_normalisation(self):
        assert fold("a\U0001ccd6b\ud800c\u32ffd") == "a b c d"

    @given(any_text)
    def test_nothing_deleted_or_unstable_is_left(self, text):
        forbidden = [*DELETED, *UNSTABLE]
        assert not [c for c in fold(text) if any(a <= ord(c) <= b for a, b in forbidden)]


class TestWordsAndUnits:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", []),
            ("?!,.", []),
            ("How do I restart it?", ["how", "do", "i", "restart", "it"]),
            ("getUserName", ["get", "user", "name"]),
            ("HTTPServer iPhone15 JSON2XML", ["httpserver", "i", "phone15", "json2xml"]),
            ("Getting UserNames", ["getting", "user", "names"]),
            ("file_name-v1.2", ["file", "name", "v1", "2"]),
            ("UPPER CASE 42", ["upper", "case", "42"]),
            ("caf\u00e9Bar", ["cafe", "bar"]),
            (
                "\u0413\u0434\u0435 \u0433\u0430\u0440\u0430\u0436?",
                ["\u0433\u0434\u0435", "\u0433\u0430\u0440\u0430\u0436"],
            ),
        ],
    )
    def test_words_are_runs_of_letters_and_digits_split_at_camel_case(self, text, words):
        assert words_and_units(text) == (words, [])

    def test_scripts_without_spaces_give_characters_and_then_pairs(self):
        words, units = words_and_units("API \u56fe\u4e66\u9986 ok")
        assert words == ["api", "ok"]
        assert units == [
            *(SINGLE_MARK + c for c in "\u56fe\u4e66\u9986"),
            *(PAIR_MARK + pair for pair in ("\u56fe\u4e66", "\u4e66\u9986")),
        ]

    def test_every_code_point_can_be_tokenised(self):
        for code in range(0x110000):
            words, units = words_and_units(f"a{chr(code)}b")
            assert words or units

    @given(any_text)
    def test_words_hold_nothing_but_the_listed_letters(self, text):
        words, units = words_and_units(text)
        plain = set(string.ascii_lowercase + string.digits)
        for letter in "".join(words):
            assert letter in plain or any(a <= ord(letter) <= b for a, b in SPACED_LETTERS)
        for unit in units:
            assert unit[0] in SINGLE_MARK + PAIR_MARK
            assert all(any(a <= ord(c) <= b for a, b in UNSPACED_CHARACTERS) for c in unit[1:])

    @given(st.text(alphabet=string.printable, max_size=40))
    def test_ascii_takes_a_short_way_to_the_same_words(self, text):
        # An e with an accent at the end sends the same text down the general way.
        general, _ = words_and_units(text + " \u00e9")
        assert words_and_units(text) == (general[:-1], [])


class TestNormalise:
    def test_the_specified_texts_give_the_specified_result(self):
        lines = [json.loads(line) for line in SPECIFIED.read_text(encoding="utf-8").splitlines()]
        assert len(lines) == 200
        assert [normalise(line["text"]) for line in lines] == [line["normalised"] for line in lines]

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Restart THE worker", "restart the worker"),
            ("  restart\tthe\r\n\n worker ", "restart the worker"),
            ("restart\u00a0the\u2003worker\u3000", "restart the worker"),
            ("caf\u00e9", "cafe\u0301"),
            ("CAF\u00c9", "cafe"),
            ("\uff32\uff45\uff53\uff54\uff41\uff52\uff54", "restart"),
            ("don\u2019t", "don't"),
            ("\u0410\u0411\u0412", "\u0430\u0431\u0432"),
            ("zero\u200bwidth", "zerowidth"),
        ],
    )
    def test_spellings_of_one_text_become_equal(self, one, other):
        assert normalise(one) == normalise(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("use a.b", "use a b"),
            ("x > 1", "x < 1"),
            ("retry (twice)", "retry twice"),
            ("a\U00010900", "a\U00010901"),
            ("a\U00010900", "a"),
            ("\U0001d100 first", "\U0001d101 first"),
            ("a\ua730b", "a b"),
            ("re start", "restart"),
            ("C#", "C++"),
            ("\u7b2c\u4e00", "\u7b2c\u4e8c"),
        ],
    )
    def test_different_texts_stay_different(self, one, other):
        assert normalise(one) != normalise(other)

    @given(awkward_text)
    def test_a_second_time_changes_nothing(self, text):
        once = normalise(text)
        assert normalise(once) == once

    @given(awkward_text)
    def test_unstable_code_points_are_all_kept_in_order(self, text):
        def unstable(value):
            return [c for c in value if any(a <= ord(c) <= b for a, b in UNSTABLE)]

        assert unstable(normalise(text)) == unstable(text)

    @given(st.text(alphabet=string.ascii_letters + string.digits + string.punctuation + " "))
    def test_printable_ascii_only_loses_case_and_extra_spaces(self, text):
        assert normalise(text) == " ".join(text.lower().split())

    @given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=40))
    def test_ascii_takes_a_short_way_to_the_same_text(self, text):
        assert normalise(text + "\u00e9") == normalise(text + "e")

    @given(st.text(alphabet=string.ascii_letters + string.punctuation + " \u00e9\u0416\u4e2d"))
    def test_ascii_case_does_not_count(self, text):
        swapped = "".join(c.swapcase() if c in string.ascii_letters else c for c in text)
        assert normalise(swapped) == normalise(text)

    @given(st.text(alphabet=st.characters(max_codepoint=0x9FFF, exclude_categories=["Cn", "Cs"])))
    def test_canonically_equivalent_texts_become_equal(self, text):
        composed = unicodedata.normalize("NFC", text)
        decomposed = unicodedata.normalize("NFD", text)
        assert normalise(composed) == normalise(decomposed)

    def test_every_code_point_settles_at_once(self):
        for code in range(0x110000):
            once = normalise(f"A{chr(code)}B")
            assert normalise(once) == once
