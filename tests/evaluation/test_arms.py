"""The arms of the comparison, in a world where it is known what each must do."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from random import Random

import pytest

pytest.importorskip("bm25s", reason="needs the extra eval")

from reasoningbank.evaluation import running
from reasoningbank.evaluation.arms import ARMS, Description, Setting
from reasoningbank.evaluation.arms.bank import Poisoned
from reasoningbank.evaluation.arms.contract import Act, Choice
from reasoningbank.evaluation.arms.memoryless import Memoryless
from reasoningbank.evaluation.running import Met, run_stream
from reasoningbank.evaluation.streams import Plan, stream_of
from reasoningbank.evaluation.world import Attempt, Observation
from tests.evaluation.toy import CARDS, TASKS, ToyWorld

PLAN = Plan(visits=12)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.getLogger("reasoningbank").setLevel(logging.ERROR)
    yield
    logging.getLogger("reasoningbank").setLevel(logging.NOTSET)


def met_by(arm: str, plan: Plan = PLAN, seed: int = 0) -> list[Met]:
    return list(run_stream(ToyWorld(), arm, plan, seed))


def late(met: list[Met]) -> float:
    last = met[2 * len(met) // 3 :]
    return sum(one.first for one in last) / len(last)


@pytest.mark.parametrize("arm", ["bank", "bank-undescribed", "bm25-undescribed", "by-name"])
def test_what_remembers_tasks_solves_them_in_the_end(arm: str) -> None:
    assert late(met_by(arm)) == 1.0


@pytest.mark.parametrize("arm", ["no-memory", "bandit", "random-lessons", "descriptions"])
def test_what_does_not_remember_this_task_goes_on_failing(arm: str) -> None:
    assert late(met_by(arm)) < 0.8


def test_shuffled_outcomes_are_worth_less_than_true_ones() -> None:
    shuffled = sum(late(met_by("shuffled-outcomes", seed=seed)) for seed in range(5)) / 5
    assert shuffled < 0.9


def test_the_oracle_never_fails() -> None:
    assert all(one.first for one in met_by("oracle"))


@pytest.mark.parametrize("arm", list(ARMS))
def test_a_run_is_the_same_when_it_is_run_again(arm: str) -> None:
    assert met_by(arm) == met_by(arm)


@pytest.mark.parametrize("arm", [name for name in ARMS if not ARMS[name].reference])
def test_no_arm_tries_a_strategy_twice_on_an_episode(arm: str) -> None:
    for one in met_by(arm, Plan(visits=4, attempts=4)):
        tried = [attempt.strategy for attempt in one.tries]
        assert len(set(tried)) == len(tried)
        assert one.solved


@pytest.mark.parametrize("arm", [name for name in ARMS if not ARMS[name].reference])
def test_no_rival_is_told_the_name_of_an_environment(arm: str) -> None:
    world = ToyWorld()
    visits = stream_of(world, PLAN, 0)
    acting = ARMS[arm].make(Setting(world=world, visits=visits, chance=Random(0)))
    assert not hasattr(acting, "told")
    acting.close()


def test_the_bank_agent_learns_only_from_what_the_environment_says() -> None:
    """An environment that calls everything a failure leaves nothing to follow."""

    class Unkind(ToyWorld):
        def attempt(self, strategy: str) -> Attempt:
            super().attempt(strategy)
            return Attempt(success=False, score=0.0, applies=True, seconds=0.0)

    met = list(run_stream(Unkind(), "bank-undescribed", PLAN, 0))
    assert {attempt.why for one in met for attempt in one.tries} == {"explore"}


def test_a_bank_agent_that_met_a_task_follows_its_own_experience() -> None:
    met = met_by("bank-undescribed")
    reasons = [attempt.why for one in met[-6:] for attempt in one.tries]
    assert reasons == ["advice"] * 6


def test_hostile_imports_are_stored_and_outcomes_keep_them_from_being_followed() -> None:
    world = ToyWorld()
    visits = stream_of(world, PLAN, 0)
    agent = Poisoned(CARDS, Random(0), after=24)
    successes = []
    for visit in visits:
        observation = world.episode(visit.environment, visit.seed)
        seen: list[Attempt] = []

        def act(strategy: str, seen: list[Attempt] = seen) -> Attempt:
            seen.append(world.attempt(strategy))
            return seen[-1]

        before = agent.bank.get_stats().total_patterns
        agent.attempt(observation, [], act)
        successes.append(seen[0].success)
        if len(successes) == 25:
            grown = agent.bank.get_stats().total_patterns - before
            assert grown > before / 2
            lies = [
                pattern
                for pattern in agent.bank.search_by_category("evaluation", limit=1_000)
                if pattern.trust == "imported"
            ]
            assert lies
            assert all(pattern.strategy != _right(pattern.task_description) for pattern in lies)
    agent.close()
    assert all(successes[24:])


def _right(instruction: str) -> str:
    [right] = [
        card.description
        for text, strategy in TASKS.values()
        for card in CARDS
        if card.id == strategy and instruction.startswith(text.split("{")[0])
    ]
    return right


def test_an_arm_may_read_what_the_scene_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Reader(Memoryless):
        def attempt(self, observation: Observation, tried: Sequence[str], act: Act) -> Choice:
            read.append(observation.instruction)
            return super().attempt(observation, tried, act)

    reader = Description(title="", make=lambda setting: Reader(CARDS, setting.chance))
    monkeypatch.setattr(running, "ARMS", {"reader": reader})
    list(run_stream(ToyWorld(), "reader", Plan(visits=1, features=True), 0))
    assert [text.splitlines()[1].split()[0] for text in read] == ["seed"] * 3
