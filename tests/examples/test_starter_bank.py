"""The starter bank is well-formed, free of repetition, and found by questions in other words."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.embedding import cosine_similarity, default_embedder

CHECKOUT = Path(__file__).resolve().parents[2]
STARTER_BANK = CHECKOUT / "examples" / "starter-bank.jsonl"
DEMO_QUESTIONS = CHECKOUT / "examples" / "demo-questions.json"
PARAPHRASES = Path(__file__).with_name("paraphrases.json")

KEYS = ["task_description", "task_category", "title", "strategy", "success_score", "tags"]
LONGEST = {"task_description": 400, "strategy": 1500, "title": 80}


def read_patterns():
    return [json.loads(line) for line in STARTER_BANK.read_text("utf-8").splitlines()]


def normalised(text):
    return " ".join(re.findall(r"\w+", text.casefold()))


PATTERNS = read_patterns()
TEXTS = [
    (pattern["title"], text)
    for pattern in PATTERNS
    for text in [
        pattern["task_description"],
        pattern["task_category"],
        pattern["title"],
        pattern["strategy"],
        *pattern["tags"],
    ]
]


def ranks_of(questions):
    """Return for each question the place, from 1, of the best of the titles it expects."""
    embedder = default_embedder()
    stored = embedder.embed_documents([pattern["task_description"] for pattern in PATTERNS])
    ranks = []
    for question in questions:
        asked = embedder.embed_query(question["question"])
        found = sorted(
            (-cosine_similarity(asked, vector), position)
            for position, vector in enumerate(stored)
            if question.get("category") in (None, PATTERNS[position]["task_category"])
        )
        titles = [PATTERNS[position]["title"] for _, position in found]
        expected = question["expect"]
        wanted = [expected] if isinstance(expected, str) else expected
        ranks.append(min(titles.index(title) + 1 for title in wanted))
    return ranks


def test_the_bank_has_patterns_enough_in_categories_enough():
    assert len(PATTERNS) >= 150
    sizes = Counter(pattern["task_category"] for pattern in PATTERNS)
    assert len(sizes) >= 12
    assert min(sizes.values()) >= 8


def test_every_line_is_an_object_with_exactly_the_documented_keys():
    for pattern in PATTERNS:
        assert list(pattern) == KEYS, pattern["title"]


@pytest.mark.parametrize(("key", "limit"), LONGEST.items())
def test_no_text_is_empty_or_longer_than_documented(key, limit):
    lengths = {pattern["title"]: len(pattern[key]) for pattern in PATTERNS}
    assert {title: length for title, length in lengths.items() if not 0 < length <= limit} == {}


def test_every_score_is_a_probability():
    for pattern in PATTERNS:
        assert isinstance(pattern["success_score"], float), pattern["title"]
        assert 0 <= pattern["success_score"] <= 1, pattern["title"]


def test_categories_and_tags_are_lower_case_words():
    word = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
    for pattern in PATTERNS:
        assert pattern["tags"], pattern["title"]
        assert len(set(pattern["tags"])) == len(pattern["tags"]), pattern["title"]
        for label in [pattern["task_category"], *pattern["tags"]]:
            assert word.fullmatch(label), (pattern["title"], label)


@pytest.mark.parametrize("key", ["task_description", "title", "strategy"])
def test_nothing_is_said_twice(key):
    counts = Counter(normalised(pattern[key]) for pattern in PATTERNS)
    assert [text for text, count in counts.items() if count > 1] == []


def test_no_two_tasks_are_nearly_the_same():
    vectors = default_embedder().embed_documents([p["task_description"] for p in PATTERNS])
    alike = [
        (PATTERNS[i]["title"], PATTERNS[j]["title"])
        for i in range(len(PATTERNS))
        for j in range(i)
        if cosine_similarity(vectors[i], vectors[j]) > 0.9
    ]
    assert alike == []


def test_texts_hold_no_control_characters_and_no_space_at_their_ends():
    for title, text in TEXTS:
        assert text == text.strip(), title
        assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")], title


def test_the_bank_stores_every_pattern_as_written(tmp_path):
    # Nothing is taken for a secret and redacted, nothing merges with another pattern.
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        ids = bank.store_patterns([PatternInput(**pattern) for pattern in PATTERNS])
        stored = [bank.get_pattern(pattern_id) for pattern_id in ids]
        assert bank.get_stats().total_patterns == len(PATTERNS)
    for pattern, kept in zip(PATTERNS, stored, strict=True):
        assert kept is not None
        assert {key: getattr(kept, key) for key in KEYS if key != "tags"} == {
            key: pattern[key] for key in KEYS if key != "tags"
        }
        assert set(kept.tags) == set(pattern["tags"])


def test_failures_are_recorded_and_marked_as_such():
    pitfalls = [p for p in PATTERNS if p["title"].startswith("Pitfall: ")]
    assert len(pitfalls) >= 20
    for pattern in PATTERNS:
        is_pitfall = pattern in pitfalls
        assert pattern["strategy"].startswith("Pitfall: ") is is_pitfall, pattern["title"]
        assert (pattern["success_score"] < 0.4) is is_pitfall, pattern["title"]


def test_the_demonstration_asks_for_titles_and_categories_that_exist():
    questions = json.loads(DEMO_QUESTIONS.read_text("utf-8"))
    category_of = {pattern["title"]: pattern["task_category"] for pattern in PATTERNS}
    assert len(questions) == 14
    assert sum(question["category"] is not None for question in questions) >= 3
    for question in questions:
        assert list(question) == ["question", "category", "expect"]
        assert question["expect"]
        for title in question["expect"]:
            assert question["category"] in (None, category_of[title]), question["question"]


def test_the_demonstration_finds_a_right_answer_among_the_first_three():
    questions = json.loads(DEMO_QUESTIONS.read_text("utf-8"))
    ranks = ranks_of(questions)
    missed = [q["question"] for q, rank in zip(questions, ranks, strict=True) if rank > 3]
    assert missed == []
    assert sum(rank == 1 for rank in ranks) >= 12


# Measured: 63 of 72 and 45 of 66 among the first three. The floors leave room for a few tasks to be reworded.
@pytest.mark.parametrize(("written_in", "size", "floor"), [("first", 72, 60), ("second", 66, 42)])
def test_paraphrases_find_their_pattern_among_the_first_three(written_in, size, floor):
    paraphrases = json.loads(PARAPHRASES.read_text("utf-8"))
    questions = [question for question in paraphrases if question["round"] == written_in]
    assert len(questions) == size
    assert sum(rank <= 3 for rank in ranks_of(questions)) >= floor


def test_no_question_repeats_a_stored_task():
    stored = {normalised(pattern["task_description"]) for pattern in PATTERNS}
    asked = json.loads(PARAPHRASES.read_text("utf-8"))
    asked += json.loads(DEMO_QUESTIONS.read_text("utf-8"))
    for question in asked:
        words = normalised(question["question"])
        assert not [task for task in stored if words in task], question["question"]
