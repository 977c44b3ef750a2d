"""The bank that recall is measured in, and the experiences that learning is measured with."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.benchmark import corpus, learned_bank, learning
from reasoningbank.benchmark.experiences import FEWEST_STEPS, MOST_STEPS, experience
from reasoningbank.benchmark.pair import corpus_vectors

SIZE = 200


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("learned") / "bank.db"
    learned_bank.build(made, SIZE, corpus_vectors(SIZE))
    return made


@pytest.fixture
def bank(path) -> Iterator[ReasoningBank]:
    with ReasoningBank.open(path) as opened:
        yield opened


def patterns(bank: ReasoningBank) -> list[object]:
    return [one for name in corpus.CATEGORIES for one in bank.search_by_category(name, SIZE)]


def test_it_holds_as_many_patterns_as_asked_for_and_is_sound(bank):
    assert bank.get_stats().total_patterns == SIZE
    assert [finding for finding in bank.check() if finding.level == "error"] == []


def test_strategies_come_in_families(bank):
    families = Counter(one.strategy for one in patterns(bank))

    assert len(families) == SIZE // learned_bank.PATTERNS_PER_STRATEGY
    assert set(families.values()) == {learned_bank.PATTERNS_PER_STRATEGY}


def test_every_pattern_has_outcomes_and_comes_from_an_experience(bank):
    found = patterns(bank)
    groups = Counter(
        link.target_id
        for one in found
        for link in bank.links(one.id)
        if link.kind == "derived_from"
    )

    assert {one.uses for one in found} >= {1, 2, 3, 5}
    assert sum(groups.values()) == SIZE
    assert set(groups.values()) <= set(learned_bank.GROUP_SIZES)
    assert any(one.failures for one in found)
    assert any(one.successes for one in found)


def test_recall_finds_families_with_what_their_outcomes_say(bank):
    recall = bank.recall(corpus.query(3))

    assert recall.patterns
    assert recall.why[0].weighted_successes + recall.why[0].weighted_failures > 0


def test_experiences_have_ten_to_thirty_steps_and_most_teach_something(tmp_path):
    given = [experience(number) for number in range(40)]
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        told = [bank.learn(one) for one in given]

    assert given == [experience(number) for number in range(40)]
    assert {len(one.steps) for one in given} <= set(range(FEWEST_STEPS, MOST_STEPS + 1))
    assert {one.verdict is None for one in given} == {True, False}
    assert Counter(one.status for one in told)["learned"] > 30


def test_a_consolidation_is_timed_on_every_pattern(path, tmp_path):
    copied = tmp_path / "bank.db"
    shutil.copyfile(path, copied)

    whole, each = learning.consolidating(copied, SIZE)

    assert whole.note.startswith(f"{SIZE} looked at")
    assert (whole.unit, each.unit) == ("s", "ms")
