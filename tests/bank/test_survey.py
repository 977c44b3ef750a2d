"""Seeing a bank from above: how it grew, whether it helped, and where its patterns lie."""

from __future__ import annotations

import pytest

from reasoningbank import InvalidInput, ReasoningBank
from reasoningbank.storage import open_storage

DAY_MS = 86_400_000
FIRST_DAY_MS = 1_790_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = FIRST_DAY_MS

    def __call__(self) -> int:
        self.now += 1
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bank(tmp_path, clock):
    with ReasoningBank(
        open_storage(tmp_path / "bank.db"), namespace="default", clock=clock
    ) as made:
        yield made


def stored(bank: ReasoningBank, task: str, category: str = "backend") -> str:
    return str(bank.store_pattern(task_description=task, task_category=category, strategy=f"Do {task}."))  # fmt: skip


def test_what_is_stored_counts_for_its_day_and_category(bank, clock):
    stored(bank, "add login")
    stored(bank, "add logout")
    clock.now += DAY_MS
    stored(bank, "draw a button", "frontend")

    days = bank.progress().days

    assert [(one.category, one.created) for one in days] == [("backend", 2), ("frontend", 1)]
    assert days[0].day < days[1].day


def test_outcomes_count_for_the_day_they_are_told_unless_their_score_is_unknown(bank, clock):
    one = stored(bank, "add login")
    clock.now += DAY_MS
    bank.record_outcome(pattern=one, success=True, source="test")
    bank.record_outcome(pattern=one, score=0.25, source="caller")
    bank.record_outcome(pattern=one, source="caller")

    first, second = bank.progress().days

    assert (first.created, first.outcomes) == (1, 0)
    assert (second.created, second.outcomes, second.score) == (0, 2, 1.25)


def test_all_but_the_seven_largest_categories_are_put_together(bank):
    for number in range(9):
        for count in range(10 - number):
            stored(bank, f"task {number} {count}", f"category {number}")

    days = bank.progress().days

    assert [one.category for one in days] == [f"category {number}" for number in range(7)] + [None]
    assert days[-1].created == 3 + 2


def test_a_task_with_recall_counts_once_however_many_patterns_were_shown(bank):
    for task, strategy in (
        ("add a login page", "Write the failing test first, then the smallest handler."),
        (
            "add a page for logging in",
            "Copy the session of the old gateway and delete what is unused.",
        ),
    ):
        bank.store_pattern(task_description=task, task_category="backend", strategy=strategy)
    recall = bank.recall("add a login page", k=2, experiences=2, min_similarity=0.0)
    bank.record_outcome(recall=recall.id, success=True, source="test")
    assert len(recall.patterns) == 2

    [day] = bank.progress().recalled

    assert (day.tasks, day.score) == (1, 1.0)


def test_equal_banks_give_equal_maps_and_like_tasks_lie_near(bank):
    tasks = ("add login to the API", "add logout to the API", "add a token to the API",
             "bake a cake", "bake bread", "bake a pie")  # fmt: skip
    ids = {stored(bank, task): task for task in tasks}

    first, second = bank.pattern_map(), bank.pattern_map()

    assert first == second
    place = {ids[str(one)]: (x, y) for one, x, y in zip(first.ids, first.x, first.y, strict=True)}
    assert distance(place, tasks[0], tasks[1]) < distance(place, tasks[0], tasks[3])
    assert distance(place, tasks[3], tasks[4]) < distance(place, tasks[1], tasks[4])


def distance(place: dict[str, tuple[float, float]], one: str, other: str) -> float:
    (x, y), (a, b) = place[one], place[other]
    return (x - a) ** 2 + (y - b) ** 2


def test_a_map_of_some_shows_the_same_ones_when_others_come_and_says_how_many_there_are(bank):
    for number in range(20):
        stored(bank, f"task number {number}")
    all_of_them = bank.pattern_map()
    some = set(bank.pattern_map(limit=5).ids)

    assert len(some) == 5
    assert some <= set(all_of_them.ids)
    assert bank.pattern_map(limit=5).total == 20
    kept = set(bank.pattern_map(limit=10).ids)
    assert some < kept


def test_success_is_that_of_uses_and_before_them_the_score_it_came_with(bank):
    used = stored(bank, "add login")
    bank.record_outcome(pattern=used, success=True, source="test")
    bank.record_outcome(pattern=used, success=False, source="test")
    scored = bank.store_pattern(
        task_description="bake", task_category="c", strategy="s", success_score=0.9
    )
    unknown = stored(bank, "fry")

    points = bank.pattern_map()

    success = dict(zip(map(str, points.ids), points.success, strict=True))
    assert success == {used: 0.5, str(scored): 0.9, unknown: None}


def test_an_empty_bank_has_an_empty_map_and_no_days(bank):
    assert bank.pattern_map().ids == ()
    assert bank.progress().days == ()
    assert bank.progress().recalled == ()


@pytest.mark.parametrize("limit", [0, 10_001])
def test_a_map_of_too_few_or_too_many_is_refused(bank, limit):
    with pytest.raises(InvalidInput, match="limit"):
        bank.pattern_map(limit=limit)
