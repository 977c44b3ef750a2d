"""The repertoire against the tasks: each has a strategy that solves it, none solves many."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice

import pytest

from reasoningbank.evaluation.remembering import RememberedWorld
from reasoningbank.evaluation.wrangling.environments import ENVIRONMENTS
from reasoningbank.evaluation.wrangling.report import Summary, lines, summarise
from reasoningbank.evaluation.wrangling.world import WranglingWorld
from tests.evaluation.wrangling.linux import runs_commands

pytestmark = runs_commands


@pytest.fixture(scope="module")
def summary() -> Summary:
    return summarise(WranglingWorld(), range(1))


def test_every_environment_has_a_strategy_that_solves_eight_of_ten_seeds(summary):
    world = WranglingWorld()
    for name, fares in summary.environments.items():
        solvers = [strategy for strategy, rate in fares.rates.items() if rate]
        assert any(wins(world, name, strategy) >= 8 for strategy in solvers), name


def wins(world: WranglingWorld, environment: str, strategy: str) -> int:
    won = 0
    for seed in range(10):
        world.episode(environment, seed)
        won += world.attempt(strategy).success
    return won


def test_without_a_memory_little_is_won_and_with_hindsight_nearly_all(summary):
    assert summary.random() < 0.12
    assert summary.single()[1] < 0.3
    assert summary.best_each() > 0.9
    assert summary.among_applicable() < 0.4


def test_several_strategies_can_begin_in_every_environment(summary):
    assert all(2 <= fares.applicable <= 10 for fares in summary.environments.values())


def test_every_strategy_is_of_use_somewhere(summary):
    for card in WranglingWorld().strategies():
        assert any(fares.rates[card.id] for fares in summary.environments.values()), card.id


def test_the_same_words_ask_for_different_strategies_in_different_files(summary):
    best: dict[tuple[str, ...], set[str]] = {}
    for one in ENVIRONMENTS:
        rates = summary.environments[one.name].rates
        best.setdefault(one.wordings, set()).add(max(rates, key=lambda name: rates[name]))

    assert sum(len(strategies) > 1 for strategies in best.values()) >= 4


def test_the_report_names_every_environment_and_strategy(summary):
    text = "".join(lines(summary, WranglingWorld()))

    assert all(f"| {one.name} |" in text for one in ENVIRONMENTS)
    assert all(f"`{card.id}`" in text for card in WranglingWorld().strategies())


def test_an_attempt_tells_its_commands_and_where_it_went_wrong():
    world = WranglingWorld()
    world.episode("thousands-total", 0)
    right, wrong = world.attempt("parse-table"), world.attempt("split-columns")

    assert (right.success, right.score, right.note) == (True, 1.0, "")
    assert (wrong.success, wrong.score, wrong.note) == (False, 0.0, "the answer is wrong")
    assert all("exit code 0" in attempt.steps[-1] for attempt in (right, wrong))
    assert right.steps[0].startswith("python3 -c")


def test_an_attempt_that_breaks_off_notes_the_error():
    world = WranglingWorld()
    world.episode("american-dates", 0)

    broken = world.attempt("rewrite-day-first")

    assert not broken.success
    assert "is no date when read with the day first" in broken.note
    assert "exit code 1" in broken.steps[-1]


def test_a_strategy_that_cannot_begin_runs_nothing():
    world = WranglingWorld()
    world.episode("size-in-tree", 0)

    attempt = world.attempt("join-matching")

    assert (attempt.applies, attempt.success, attempt.steps) == (False, False, ())


def test_a_remembered_world_answers_like_the_world_and_runs_each_attempt_once():
    plain, remembered = WranglingWorld(), RememberedWorld(WranglingWorld())
    episodes = [("amount-order", 1), ("size-in-tree", 2), ("amount-order", 1), ("size-in-tree", 2)]
    tried = set()
    for environment, seed in episodes:
        assert remembered.episode(environment, seed) == plain.episode(environment, seed)
        assert remembered.applicable() == plain.applicable()
        for strategy in islice(plain.applicable(), 4):
            ours, theirs = remembered.attempt(strategy), plain.attempt(strategy)
            assert (ours.success, ours.steps, ours.note) == (
                theirs.success,
                theirs.steps,
                theirs.note,
            )
            tried.add((environment, seed, strategy))

    assert remembered.ran == len(tried)
    assert remembered.environments() == plain.environments()
    assert remembered.strategies() == plain.strategies()


def test_a_remembered_attempt_is_the_very_one_that_ran():
    world = RememberedWorld(WranglingWorld())
    world.episode("plain-total", 0)
    first = world.attempt("parse-table")
    world.episode("plain-total", 1)
    other = world.attempt("parse-table")
    world.episode("plain-total", 0)

    assert world.attempt("parse-table") is first
    assert other is not first


def test_the_report_command_prints_the_table():
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "reasoningbank.evaluation.wrangling",
            "report",
            "--seeds",
            "1",
            "size-in-tree",
            "plain-total",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("2 environments, 21 strategies, ")
    assert "| the best strategy of each environment |" in done.stdout
