"""Running a comparison, taking it up again, and what the report says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("bm25s", reason="needs the extra eval")
pytest.importorskip("matplotlib", reason="needs the extra eval")

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation import evaluating
from reasoningbank.evaluation.evaluating import evaluate
from reasoningbank.evaluation.reporting import Report, report_of, sentences
from reasoningbank.evaluation.running import Head, Met, Results, Run, Try
from reasoningbank.evaluation.statistics import Bootstrap, Interval
from reasoningbank.evaluation.streams import Plan, Visit
from reasoningbank.evaluation.worlds import WorldChoice
from tests.evaluation.toy import ToyWorld

ARMS = ("bank", "no-memory", "by-name")


class Toy(WorldChoice, frozen=True, kw_only=True):
    """The world of the tests, chosen as the others are."""

    name: str = "toy"

    def open(self) -> ToyWorld:
        return ToyWorld()


def ran(folder: Path, arms: tuple[str, ...] = ARMS, seeds: tuple[int, ...] = (0, 1)) -> Report:
    return evaluate(Toy(), Plan(visits=9), seeds=seeds, arms=arms, folder=folder)


def test_an_evaluation_writes_a_report_a_table_and_curves(tmp_path: Path) -> None:
    report = ran(tmp_path)
    written = json.loads((tmp_path / "report.json").read_bytes())
    assert written["arms"]["bank"]["last_third"]["value"] == report.arms["bank"].last_third.value
    assert report.arms["bank"].title in (tmp_path / "report.md").read_text()
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert report.episodes == 54
    assert len(report.arms["bank"].by_visit) == 9


def test_the_best_rival_is_an_arm_that_could_be_used_instead(tmp_path: Path) -> None:
    report = ran(tmp_path)
    assert report.best_rival == "no-memory"
    assert report.lift() == report.arms["no-memory"].ahead
    assert report.arms["by-name"].reference


def test_a_finished_run_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path, seeds=(0,))
    begun: list[tuple[str, int]] = []
    real = evaluating.run_stream

    def watched(world, arm, plan, seed):  # type: ignore[no-untyped-def]
        begun.append((arm, seed))
        return real(world, arm, plan, seed)

    monkeypatch.setattr(evaluating, "run_stream", watched)
    ran(tmp_path, seeds=(0, 1))
    assert begun == [(arm, 1) for arm in ARMS]


def test_runs_of_other_code_or_another_plan_are_run_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    head = Head(arm="bank", seed=0, plan=Plan(), world="toy", code="old")
    results.save(Run(head=head, met=()))
    assert results.load(head) == Run(head=head, met=())
    assert results.load(Head(arm="bank", seed=0, plan=Plan(), world="toy", code="new")) is None
    assert (
        results.load(Head(arm="bank", seed=0, plan=Plan(visits=3), world="toy", code="old")) is None
    )


def test_a_damaged_run_is_run_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    head = Head(arm="bank", seed=0, plan=Plan(), world="toy", code="c")
    results.save(Run(head=head, met=()))
    (tmp_path / "bank-0.jsonl").write_bytes(b'{"arm": "ba')
    assert results.load(head) is None


def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    choice = WorldChoice(name="miniwob")
    some = Plan(visits=2, environments=("click-button", "enter-text", "use-slider"))
    reports = [
        evaluate(
            choice, some, seeds=(0, 1), arms=("bank", "no-memory"),
            folder=tmp_path / str(processes), processes=processes,
        )
        for processes in (1, 2)
    ]  # fmt: skip
    assert reports[0] == reports[1]


@pytest.mark.parametrize(
    ("arms", "seeds", "field"),
    [(("bank", "witch"), (0,), "arm"), ((), (0,), "arm"), (("bank",), (), "seeds")],
)
def test_what_cannot_be_run_is_refused_before_anything_is(
    tmp_path: Path, arms: tuple[str, ...], seeds: tuple[int, ...], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        evaluate(Toy(), Plan(visits=2), seeds=seeds, arms=arms, folder=tmp_path / "out")
    assert refused.value.field == field
    assert not (tmp_path / "out").exists()


def test_an_unknown_world_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="atlantis"):
        WorldChoice(name="atlantis").open()


def made(arm: str, outcomes: dict[str, list[bool]], seed: int = 0) -> Run:
    """A run whose last third holds the outcomes given for each environment."""
    names = [(name, at) for name, given in outcomes.items() for at in range(len(given))]
    last = [
        Met(
            visit=Visit(environment=name, seed=at, number=at + 1, held_out=False),
            tries=(Try(strategy="a", why="", success=outcomes[name][at], score=0.0, applies=True),),
        )
        for name, at in names
    ]
    return Run(
        head=Head(arm=arm, seed=seed, plan=Plan(), world="toy", code="c"), met=tuple(last * 3)
    )


def test_the_interval_of_a_certain_thing_is_a_point() -> None:
    runs = [made("bank", {"a": [True] * 4, "b": [True] * 4}, seed) for seed in range(3)]
    report = report_of({"bank": runs})
    assert report.arms["bank"].last_third == Interval(value=1.0, low=1.0, high=1.0)


def test_environments_are_drawn_whole() -> None:
    """Two environments, one always solved and one never: a draw may hold only one of them."""
    runs = [made("bank", {"a": [True] * 50, "b": [False] * 50}, seed) for seed in range(5)]
    figures = report_of({"bank": runs}).arms["bank"].last_third
    assert (figures.value, figures.low, figures.high) == (0.5, 0.0, 1.0)


def test_arms_are_compared_on_the_same_draws() -> None:
    """Where one arm is ahead by the same in every environment, nothing is uncertain about it."""
    better = [made("bank", {"a": [True, True], "b": [True, False]}, seed) for seed in range(4)]
    worse = [
        made("no-memory", {"a": [True, False], "b": [False, False]}, seed) for seed in range(4)
    ]
    report = report_of({"bank": better, "no-memory": worse})
    assert report.arms["no-memory"].ahead == Interval(value=0.5, low=0.5, high=0.5)
    assert "ahead of" in " ".join(sentences(report))


def test_a_bank_that_does_worse_is_said_to_do_worse() -> None:
    worse = [made("bank", {"a": [False], "b": [False]}, seed) for seed in range(4)]
    better = [made("no-memory", {"a": [True], "b": [True]}, seed) for seed in range(4)]
    assert "behind" in " ".join(sentences(report_of({"bank": worse, "no-memory": better})))


def test_attempts_are_counted_for_each_solved_episode() -> None:
    bootstrap = Bootstrap(1, ["a"])
    run = made("bank", {"a": [True, False, False, False]})
    ratio = bootstrap.ratio(
        [run], lambda one: one.met, lambda met: len(met.tries), lambda met: met.solved
    )
    assert bootstrap.interval(ratio).value == 4.0


def test_where_nothing_was_solved_there_is_no_ratio() -> None:
    report = report_of({"bank": [made("bank", {"a": [False]})]})
    assert report.arms["bank"].attempts_per_solved.value is None
    assert report.arms["bank"].attempts_per_solved.text() == "-"
