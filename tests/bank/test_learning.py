"""Learning through the bank: experiences are kept first, and whatever fails afterwards loses nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reasoningbank import (
    Conflict,
    Distillation,
    InvalidInput,
    Judgement,
    LeftToHost,
    Lesson,
    NotFound,
    PatternInput,
    ReasoningBank,
    Step,
    Trajectory,
    TrajectoryInput,
    Usage,
    Verdict,
)

PASSED = Verdict(kind="success", score=1.0, source="test", evidence={"exit_code": 0})
FAILED = Verdict(kind="failure", score=0.0, source="test")
MENDED = (
    Step(action="archive a b.pdf", error="archive: unknown argument b.pdf"),
    Step(action="archive 'a b.pdf'", observation="stored"),
)


def experience(task: str = "File the report", **changes: Any) -> TrajectoryInput:
    fields = {
        "task_description": task,
        "task_category": "filing",
        "steps": MENDED,
        "verdict": PASSED,
        **changes,
    }
    return TrajectoryInput(**fields)


def lesson(strategy: str = "Put arguments with spaces in quotes.", **fields: Any) -> Lesson:
    return Lesson(title="Quote it", strategy=strategy, **fields)


class Says:
    """A judge or distiller that gives one answer, or raises it."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked = 0

    def judge(self, trajectory: Trajectory) -> Any:
        self.asked += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    distil = judge


def teaches(*lessons: Lesson, note: str | None = None) -> Says:
    return Says(Distillation(lessons=lessons, note=note))


# ------------------------------------------------------------------ what learning leaves


def test_an_experience_becomes_patterns_linked_to_it_with_its_outcome(
    any_bank: ReasoningBank,
) -> None:
    learned = any_bank.learn(experience(), distiller=teaches(lesson(tags=("shell",))))

    assert (learned.status, learned.verdict, learned.note) == ("learned", PASSED, None)
    [pattern_id] = learned.patterns
    pattern = any_bank.get_pattern(pattern_id)
    assert pattern is not None
    assert (pattern.task_description, pattern.task_category) == ("File the report", "filing")
    assert (pattern.title, pattern.tags, pattern.success_score) == ("Quote it", ("shell",), 1.0)
    assert pattern.metadata == {"trajectory": str(learned.trajectory_id), "polarity": "strategy"}
    assert (pattern.uses, pattern.successes, pattern.trust) == (1, 1, "confirmed")
    [link] = any_bank.links(pattern_id)
    assert (link.source_id, link.kind, link.target_id) == (
        pattern_id,
        "derived_from",
        learned.trajectory_id,
    )
    [outcome] = any_bank.outcomes(pattern_id)
    assert (outcome.kind, outcome.source) == ("success", "test")
    assert outcome.evidence == {"exit_code": 0, "trajectory": str(learned.trajectory_id)}


def test_the_experience_itself_is_kept_as_it_was_given(any_bank: ReasoningBank) -> None:
    given = experience(
        metadata={"run": 3},
        origin="runs/3.json",
        steps=[
            Step(
                action="ls\x1b[0m",
                observation="\x00 binary \ufffd",
                error="",
                thought="what is here?",
                started_at="2026-11-21T01:02:03.004Z",
                duration_seconds=0.25,
            )
        ],
    )

    kept = any_bank.get_trajectory(any_bank.learn(given).trajectory_id)

    assert kept is not None
    assert kept.steps == tuple(given.steps)
    assert (kept.metadata, kept.origin, kept.actor) == ({"run": 3}, "runs/3.json", "caller")
    assert kept.verdict == PASSED


def test_a_failure_leaves_pitfalls_with_a_failure(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience(verdict=FAILED), distiller=teaches(lesson()))

    pattern = any_bank.get_pattern(learned.patterns[0])
    assert pattern is not None
    assert (pattern.metadata["polarity"], pattern.success_score) == ("pitfall", 0.0)
    assert (pattern.successes, pattern.failures) == (0, 1)


def test_a_partial_success_gives_its_score(any_bank: ReasoningBank) -> None:
    verdict = Verdict(kind="partial", score=0.75, source="environment")
    learned = any_bank.learn(experience(verdict=verdict), distiller=teaches(lesson()))

    [outcome] = any_bank.outcomes(learned.patterns[0])
    assert (outcome.kind, outcome.score) == ("partial", 0.75)
    pattern = any_bank.get_pattern(learned.patterns[0])
    assert pattern is not None
    assert pattern.metadata["polarity"] == "strategy"


def test_without_judge_or_distiller_it_learns_by_contrast(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience())

    [pattern_id] = learned.patterns
    pattern = any_bank.get_pattern(pattern_id)
    assert pattern is not None
    assert "the argument in quotes" in pattern.strategy


def test_what_was_learned_is_recalled_for_a_task_like_it(any_bank: ReasoningBank) -> None:
    any_bank.learn(experience(), distiller=teaches(lesson()))

    assert "Put arguments with spaces in quotes." in any_bank.recall("File this report").prompt


def test_the_trust_of_what_is_learned_follows_who_said_it_succeeded(
    any_bank: ReasoningBank,
) -> None:
    trusts = {}
    for source in ("human", "caller", "agent", "imported"):
        verdict = Verdict(kind="success", score=1.0, source=source)  # type: ignore[arg-type]
        learned = any_bank.learn(
            experience(source, verdict=verdict), distiller=teaches(lesson(f"By {source}."))
        )
        pattern = any_bank.get_pattern(learned.patterns[0])
        assert pattern is not None
        trusts[source] = pattern.trust

    assert trusts == {
        "human": "confirmed",
        "caller": "reported",
        "agent": "judged",
        "imported": "imported",
    }


def test_only_three_lessons_are_taken(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(
        experience(), distiller=teaches(*(lesson(f"Lesson number {n}.") for n in range(5)))
    )

    assert len(learned.patterns) == 3


def test_nothing_learned_leaves_it_judged_with_the_reason(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience(), distiller=teaches(note="a model had nothing to say"))

    assert (learned.status, learned.note) == ("pending", "a model had nothing to say")
    kept = any_bank.get_trajectory(learned.trajectory_id)
    assert kept is not None
    assert (kept.state, kept.note) == ("judged", "a model had nothing to say")
    assert any_bank.get_stats().total_patterns == 0


# ------------------------------------------------------------------ the same again


def test_the_same_experience_from_the_same_origin_is_learned_once(any_bank: ReasoningBank) -> None:
    first = any_bank.learn(experience(origin="a.jsonl"))
    again = any_bank.learn(experience(origin="a.jsonl"))
    elsewhere = any_bank.learn(experience(origin="b.jsonl"))

    assert (again.status, again.trajectory_id, again.patterns) == (
        "replayed",
        first.trajectory_id,
        first.patterns,
    )
    assert elsewhere.trajectory_id != first.trajectory_id
    assert elsewhere.patterns == first.patterns  # an equal lesson is one pattern, used twice
    pattern = any_bank.get_pattern(first.patterns[0])
    assert pattern is not None
    assert pattern.uses == 2


def test_given_again_with_a_verdict_a_pending_one_is_learned(any_bank: ReasoningBank) -> None:
    first = any_bank.learn(experience(verdict=None, steps=MENDED[1:]))
    again = any_bank.learn(experience(steps=MENDED[1:]), distiller=teaches(lesson()))

    assert first.status == "pending"
    assert (again.status, again.trajectory_id) == ("learned", first.trajectory_id)


def test_a_mapping_of_the_fields_will_do(any_bank: ReasoningBank) -> None:
    fields = msgspec.to_builtins(experience())

    assert any_bank.learn(fields).status == "learned"
    assert any_bank.learn(experience()).status == "replayed"


# ------------------------------------------------------------------ who says how it ended


def test_a_verdict_given_goes_before_any_judge(any_bank: ReasoningBank) -> None:
    judge = Says(Judgement(verdict=FAILED))

    assert any_bank.learn(experience(), judge=judge).verdict == PASSED
    assert judge.asked == 0


def test_a_judge_given_goes_before_the_rules(any_bank: ReasoningBank) -> None:
    verdict = Verdict(kind="failure", score=0.0, source="agent", reasons=("step 1 says so",))
    judge = Says(Judgement(verdict=verdict, usage=Usage(calls=1, cost_usd=0.5)))

    learned = any_bank.learn(experience(verdict=None), judge=judge)

    assert learned.verdict == verdict
    assert learned.usage == Usage(calls=1, cost_usd=0.5)


def test_what_judging_and_distilling_took_is_added_up(any_bank: ReasoningBank) -> None:
    judge = Says(Judgement(verdict=PASSED, usage=Usage(calls=1, input_tokens=10, cost_usd=0.25)))
    distiller = Says(
        Distillation(lessons=(lesson(),), usage=Usage(calls=2, output_tokens=5, cost_usd=0.5))
    )

    learned = any_bank.learn(experience(verdict=None), judge=judge, distiller=distiller)

    assert learned.usage == Usage(calls=3, input_tokens=10, output_tokens=5, cost_usd=0.75)


def test_where_nobody_can_tell_it_stays_pending_and_no_counter_moves(
    any_bank: ReasoningBank,
) -> None:
    distiller = teaches(lesson())
    learned = any_bank.learn(
        experience(verdict=None, steps=(Step(action="think"),)), distiller=distiller
    )

    assert learned.status == "pending"
    assert learned.note
    assert distiller.asked == 0
    assert any_bank.get_stats().total_patterns == 0


def test_a_verdict_of_unknown_keeps_the_rules_from_guessing(any_bank: ReasoningBank) -> None:
    steps = (
        Step(action="pytest", observation="1 failed in 0.1s"),
        Step(action="edit 'a' 'b'"),
        Step(action="pytest", observation="3 passed in 0.1s"),
    )
    said = Verdict(kind="unknown", score=None, source="caller")
    learned = any_bank.learn(experience(verdict=said, steps=steps))

    assert (learned.status, learned.verdict) == ("pending", said)
    [again] = any_bank.retry_pending()
    assert again.status == "pending"
    [judged] = any_bank.retry_pending(judge=Says(Judgement(verdict=PASSED)))
    assert judged.status == "learned"


# ------------------------------------------------------------------ faults


GARBAGE = {
    "raising": RuntimeError("the model is down"),
    "nothing": None,
    "text": "success!",
    "another struct": lesson(),
    "a class": Judgement,
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_a_judge_that_fails_leaves_the_experience_pending_with_a_note(
    any_bank: ReasoningBank, answer: object
) -> None:
    learned = any_bank.learn(experience(verdict=None), judge=Says(answer))

    assert (learned.status, learned.verdict) == ("pending", None)
    kept = any_bank.get_trajectory(learned.trajectory_id)
    assert kept is not None
    assert (kept.state, kept.note) == ("pending", learned.note)
    assert "the judge" in str(kept.note)
    assert [
        one.status for one in any_bank.retry_pending(judge=Says(Judgement(verdict=PASSED)))
    ] == ["learned"]


BAD_VERDICTS = {
    "score of a failure": Verdict(kind="success", score=0.0, source="agent"),
    "partial without score": Verdict(kind="partial", score=None, source="agent"),
    "score out of range": Verdict(kind="partial", score=7.0, source="agent"),
    "not a number": Verdict(kind="partial", score=float("nan"), source="agent"),
    "no such kind": Verdict(kind="triumph", score=1.0, source="agent"),  # type: ignore[arg-type]
    "no such source": Verdict(kind="success", score=1.0, source="me"),  # type: ignore[arg-type]
    "evidence that is no JSON": Verdict(
        kind="success", score=1.0, source="agent", evidence={"x": object()}
    ),
}


@pytest.mark.parametrize("verdict", BAD_VERDICTS.values(), ids=BAD_VERDICTS)
def test_a_verdict_that_contradicts_itself_is_refused_from_callers_and_noted_from_judges(
    any_bank: ReasoningBank, verdict: Verdict
) -> None:
    with pytest.raises(InvalidInput) as refused:
        any_bank.learn(experience(verdict=verdict))
    assert str(refused.value.field).startswith("verdict")
    assert any_bank.trajectories() == []

    learned = any_bank.learn(experience(verdict=None), judge=Says(Judgement(verdict=verdict)))

    assert (learned.status, learned.verdict) == ("pending", None)
    assert "the judge failed" in str(learned.note)


BAD_DISTILLATIONS = {
    **{name: answer for name, answer in GARBAGE.items() if name != "another struct"},
    "a judgement": Judgement(verdict=PASSED),
    "lessons that are none": Distillation(lessons="three of them"),  # type: ignore[arg-type]
    "a mapping for a lesson": Distillation(lessons=({"title": "t", "strategy": "s"},)),  # type: ignore[arg-type]
    "an empty strategy": Distillation(lessons=(lesson("  "),)),
    "a title of two lines": Distillation(lessons=(Lesson(title="a\nb", strategy="s"),)),
    "too long a strategy": Distillation(lessons=(lesson("x" * 70_000),)),
    "a lone surrogate": Distillation(lessons=(lesson("\ud800"),)),
}


@pytest.mark.parametrize("answer", BAD_DISTILLATIONS.values(), ids=BAD_DISTILLATIONS)
def test_a_distiller_that_fails_leaves_the_experience_judged_with_a_note(
    any_bank: ReasoningBank, answer: object
) -> None:
    learned = any_bank.learn(experience(), distiller=Says(answer))

    assert (learned.status, learned.patterns) == ("pending", ())
    kept = any_bank.get_trajectory(learned.trajectory_id)
    assert kept is not None
    assert (kept.state, kept.verdict) == ("judged", PASSED)
    assert kept.note == learned.note
    assert kept.note
    assert [one.status for one in any_bank.retry_pending()] == ["learned"]


def test_a_bad_lesson_beside_good_ones_is_left_out_and_named(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience(), distiller=teaches(lesson(""), lesson("Use quotes.")))

    assert learned.status == "learned"
    assert len(learned.patterns) == 1
    assert "lessons[0].strategy" in str(learned.note)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(3)])
def test_a_stop_asked_for_while_judging_is_obeyed_and_nothing_is_lost(
    any_bank: ReasoningBank, stop: BaseException
) -> None:
    with pytest.raises(type(stop)):
        any_bank.learn(experience(verdict=None), judge=Says(stop))
    with pytest.raises(type(stop)):
        any_bank.learn(experience("another"), distiller=Says(stop))

    assert {one.state for one in any_bank.trajectories()} == {"pending", "judged"}


class Broken:
    """A storage in which one call fails the first time."""

    def __init__(self, storage: object, name: str) -> None:
        self._storage, self._name = storage, name

    def __getattr__(self, name: str) -> Any:
        if name != self._name:
            return getattr(self._storage, name)
        self._name = ""
        return self._fail

    def _fail(self, *_: object) -> None:
        raise OSError("the disk is full")


@pytest.mark.parametrize(
    ("call", "state"), [("judge_trajectory", "pending"), ("learn_patterns", "judged")]
)
def test_a_storage_that_fails_half_way_leaves_a_state_to_go_on_from(
    bank: ReasoningBank, call: str, state: str
) -> None:
    whole = bank._storage
    bank._storage = Broken(whole, call)  # type: ignore[assignment]
    judge = Says(Judgement(verdict=PASSED))
    with pytest.raises(OSError, match="full"):
        bank.learn(experience(verdict=None), judge=judge)
    bank._storage = whole

    [kept] = bank.trajectories()
    assert kept.state == state
    assert bank.get_stats().total_patterns == 0
    assert [one.status for one in bank.retry_pending(judge=judge)] == ["learned"]
    assert bank.get_stats().total_patterns == 1


DYING = """
import os, sys
from reasoningbank import ReasoningBank, Step, TrajectoryInput, Verdict, Judgement

class Dying:
    def judge(self, trajectory):
        os._exit(9)
    distil = judge

where, path = sys.argv[1:]
verdict = None if where == "judging" else Verdict(kind="success", score=1.0, source="test")
with ReasoningBank.open(path) as bank:
    bank.learn(
        TrajectoryInput(
            task_description="File it",
            task_category="filing",
            steps=(
                Step(action="archive a b.pdf", error="archive: unknown argument b.pdf"),
                Step(action="archive 'a b.pdf'", observation="stored"),
            ),
            verdict=verdict,
        ),
        judge=Dying(),
        distiller=Dying(),
    )
"""


@pytest.mark.parametrize(("where", "state"), [("judging", "pending"), ("distilling", "judged")])
def test_a_process_that_dies_between_keeping_and_learning_leaves_it_for_the_next(
    tmp_path: Path, where: str, state: str
) -> None:
    path = tmp_path / "bank.db"
    done = subprocess.run([sys.executable, "-c", DYING, where, str(path)], check=False)
    assert done.returncode == 9

    with ReasoningBank.open(path) as bank:
        [kept] = bank.trajectories()
        assert kept.state == state
        assert kept.steps[0].action == "archive a b.pdf"
        [learned] = bank.retry_pending(judge=Says(Judgement(verdict=PASSED)))
        assert learned.status == "learned"
        assert all(finding.level == "ok" for finding in bank.check())


# ------------------------------------------------------------------ what must not stay


SECRETS = {
    "key": "AKIAABCDEFGHIJKLMNOP",
    "mail": "ann.smith@example.org",
    "phone": "+44 20 7946 0958",
    "home": "/home/annsmith/notes.txt",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_secrets_and_personal_data_are_in_no_file_of_the_bank(tmp_path: Path, secret: str) -> None:
    path = tmp_path / "bank.db"
    told = secret.split("/")[2] if secret.startswith("/") else secret
    step = Step(
        action=f"send {secret}", observation=secret, error=secret, thought=f"I use {secret}"
    )
    with ReasoningBank.open(path) as bank:
        learned = bank.learn(
            TrajectoryInput(
                task_description=f"Write to {secret}",
                task_category="mail",
                steps=(step,),
                verdict=Verdict(
                    kind="success",
                    score=1.0,
                    source="test",
                    evidence={"log": [secret], secret: 1},
                    reasons=(f"{secret} answered",),
                ),
                metadata={"who": {"is": secret}},
                origin=f"{secret}",
            ),
            distiller=teaches(Lesson(title=f"Ask {secret}", strategy=f"{secret}!", tags=(secret,))),
        )
        assert learned.status == "learned"
        assert {one.field.partition("[")[0].partition(".")[0] for one in learned.redacted} >= {
            "task_description",
            "steps",
            "metadata",
            "verdict",
        }
        bank.learn(experience(verdict=None), judge=Says(RuntimeError(f"no answer from {secret}")))
        bank.learn(experience("x"), distiller=Says(f"{secret}"))

    held = b"".join(file.read_bytes() for file in tmp_path.glob("bank.db*"))
    assert told.encode() not in held


# ------------------------------------------------------------------ rules of the input


TOO_MUCH = {
    "task_description": experience("x" * 16_385),
    "task_category": experience(task_category="two\nlines"),
    "steps": experience(steps=(Step(action="a"),) * 10_001),
    "steps[1].observation": experience(
        steps=(MENDED[0], Step(action="a", observation="x" * 262_145))
    ),
    "steps[0].action": experience(steps=(Step(action="\ud800"),)),
    "steps[0].duration_seconds": experience(steps=(Step(action="a", duration_seconds=-1.0),)),
    "steps[0].started_at": experience(steps=(Step(action="a", started_at="yesterday"),)),
    "steps[0]": experience(steps=({"action": "a"},)),
    "metadata": experience(metadata={"x": "y" * 1_048_577}),
    "metadata.x": experience(metadata={"x": float("nan")}),
    "origin": experience(origin="o" * 4_097),
    "verdict": experience(verdict={"kind": "success"}),
    "verdict.reasons": experience(verdict=msgspec.structs.replace(PASSED, reasons=("r",) * 33)),
}


@pytest.mark.parametrize("field", TOO_MUCH)
def test_what_cannot_be_kept_is_refused_by_name_before_anything_is_stored(
    bank: ReasoningBank, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        bank.learn(TOO_MUCH[field])

    assert refused.value.field == field
    assert bank.trajectories() == []


NOT_THE_FORM = {
    "trajectory": "a text",
    "steps": {"steps": "none"},
    "steps[0]": {"steps": ["look"]},
    "steps[0].action": {"steps": [{"observation": "x"}]},
    "verdict": {"verdict": "success"},
    "verdict.source": {"verdict": {"kind": "success"}},
    "verdict.kind": {"verdict": {"kind": "won", "source": "test"}},
    "verdict.score": {"verdict": {"kind": "partial", "source": "test"}},
    "verdict.reasons": {"verdict": {"kind": "success", "source": "test", "reasons": "r"}},
    "task_category": {"task_category": 7},
}


@pytest.mark.parametrize("field", NOT_THE_FORM)
def test_a_mapping_of_another_form_is_refused_by_the_name_of_the_field(
    bank: ReasoningBank, field: str
) -> None:
    sound = {"task_description": "t", "task_category": "c", "steps": []}
    changed = NOT_THE_FORM[field]
    with pytest.raises(InvalidInput) as refused:
        bank.learn({**sound, **changed} if isinstance(changed, dict) else changed)  # type: ignore[arg-type]

    assert refused.value.field == field
    assert bank.trajectories() == []


def test_an_unknown_verdict_with_a_score_contradicts_itself(bank: ReasoningBank) -> None:
    verdict = Verdict(kind="unknown", score=1.0, source="test")
    with pytest.raises(InvalidInput, match="must be None"):
        bank.learn(experience(verdict=verdict))


def test_long_evidence_is_handed_over_shortened(any_bank: ReasoningBank) -> None:
    verdict = msgspec.structs.replace(PASSED, evidence={"log": "x" * 9_000})
    kept = any_bank.learn(experience(verdict=verdict), distiller=LeftToHost())
    material = any_bank.distillation_request(kept.trajectory_id).material

    outcome = material["outcome"]
    assert isinstance(outcome, dict)
    assert "left out" in str(outcome["evidence"])
    assert len(json.dumps(outcome)) < 3_000


def test_steps_that_are_too_much_together_are_refused(bank: ReasoningBank) -> None:
    steps = tuple(Step(action=f"{n}", observation="x" * 262_000) for n in range(65))
    with pytest.raises(InvalidInput, match="bytes as JSON"):
        bank.learn(experience(steps=steps))


def test_an_unknown_field_of_a_mapping_is_named_with_what_was_meant(bank: ReasoningBank) -> None:
    fields = msgspec.to_builtins(experience())
    fields["steps"][0]["observations"] = "x"
    with pytest.raises(InvalidInput, match="observation") as refused:
        bank.learn(fields)
    assert refused.value.field == "steps[0].observations"


# ------------------------------------------------------------------ judging later


def test_a_later_verdict_teaches_what_was_pending(any_bank: ReasoningBank) -> None:
    pending = any_bank.learn(experience(verdict=None, steps=MENDED[1:]))
    learned = any_bank.judge(
        pending.trajectory_id,
        success=True,
        source="human",
        evidence={"who": "a reviewer"},
        distiller=teaches(lesson()),
    )

    assert (learned.status, learned.verdict and learned.verdict.source) == ("learned", "human")


def test_a_later_verdict_is_counted_beside_the_earlier_one(any_bank: ReasoningBank) -> None:
    said = Verdict(kind="success", score=1.0, source="agent")
    learned = any_bank.learn(experience(verdict=said), distiller=teaches(lesson()))
    [pattern_id] = learned.patterns

    for _ in range(2):  # told twice, counted once
        again = any_bank.judge(learned.trajectory_id, success=False, source="test")

    assert (again.status, again.patterns) == ("replayed", learned.patterns)
    assert again.verdict is not None
    assert again.verdict.kind == "failure"
    told = [(one.kind, one.source) for one in any_bank.outcomes(pattern_id)]
    assert told == [("success", "agent"), ("failure", "test")]
    assert [one.kind for one in any_bank.history(pattern_id)] == ["created", "outcome", "outcome"]


def test_judging_asks_for_a_verdict_and_an_experience_that_is_there(
    any_bank: ReasoningBank,
) -> None:
    learned = any_bank.learn(experience())
    with pytest.raises(InvalidInput):
        any_bank.judge(learned.trajectory_id)
    with pytest.raises(InvalidInput):
        any_bank.judge(learned.trajectory_id, success=True, evidence=[1])  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        any_bank.judge("01a1fba1-c38e-7000-8000-000000000000", success=True)


def test_retrying_goes_round_those_that_stay_pending(bank: ReasoningBank) -> None:
    bank._clock = iter(range(1_795_223_045_000, 1_795_223_046_000)).__next__
    for number in range(5):
        bank.learn(experience(f"task {number}", verdict=None, steps=()))

    tried = [{one.trajectory_id for one in bank.retry_pending(limit=2)} for _ in range(3)]

    assert len(set().union(*tried)) == 5


def test_trajectories_come_in_order_a_page_at_a_time_and_by_state(any_bank: ReasoningBank) -> None:
    ids = [any_bank.learn(experience(f"task {n}")).trajectory_id for n in range(5)]
    pending = any_bank.learn(experience("unclear", verdict=None, steps=())).trajectory_id

    first = any_bank.trajectories(limit=3)
    rest = any_bank.trajectories(after=first[-1].id)

    everything = [one.id for one in first + rest]
    assert everything == sorted(everything)
    assert set(everything) == {*ids, pending}
    assert [one.id for one in any_bank.trajectories(state="pending")] == [pending]
    with pytest.raises(InvalidInput):
        any_bank.trajectories(state="lost")  # type: ignore[arg-type]


# ------------------------------------------------------------------ taking back


def states(bank: ReasoningBank, *pattern_ids: Any) -> list[str]:
    patterns = [bank.get_pattern(pattern_id) for pattern_id in pattern_ids]
    return [pattern.state for pattern in patterns if pattern is not None]


def test_withdrawing_quarantines_what_came_of_it_alone_and_is_undone(
    any_bank: ReasoningBank,
) -> None:
    shared, own = lesson("Both say so."), lesson("Only this one.")
    first = any_bank.learn(experience(origin="a"), distiller=teaches(shared, own))
    second = any_bank.learn(experience(origin="b"), distiller=teaches(shared))
    kept, alone = first.patterns
    assert second.patterns == (kept,)

    assert any_bank.withdraw(trajectory=first.trajectory_id) == [alone]
    assert states(any_bank, kept, alone) == ["active", "quarantined"]
    assert any_bank.withdraw(trajectory=first.trajectory_id) == []
    assert any_bank.withdraw(trajectory=second.trajectory_id) == [kept]
    assert any_bank.history(kept)[-1].before == {"state": "active"}

    assert any_bank.reinstate(trajectory=second.trajectory_id) == [kept]
    assert any_bank.reinstate(trajectory=first.trajectory_id) == [alone]
    assert states(any_bank, kept, alone) == ["active", "active"]
    after = any_bank.get_trajectory(first.trajectory_id)
    assert after is not None
    assert (after.state, after.note) == ("learned", None)


def test_reinstating_leaves_alone_what_was_quarantined_for_another_reason(
    any_bank: ReasoningBank,
) -> None:
    learned = any_bank.learn(experience(), distiller=teaches(lesson("One."), lesson("Two.")))
    one, two = learned.patterns
    any_bank.update_pattern(one, state="quarantined")

    assert any_bank.withdraw(trajectory=learned.trajectory_id) == [two]
    assert any_bank.reinstate(trajectory=learned.trajectory_id) == [two]
    assert states(any_bank, one, two) == ["quarantined", "active"]


def test_what_is_learned_anew_from_elsewhere_comes_back(any_bank: ReasoningBank) -> None:
    bad = any_bank.learn(experience(origin="bad"), distiller=teaches(lesson()))
    any_bank.withdraw(origin="bad")
    assert states(any_bank, *bad.patterns) == ["quarantined"]

    any_bank.learn(experience(origin="good"), distiller=teaches(lesson()))

    assert states(any_bank, *bad.patterns) == ["active"]


def test_a_whole_origin_is_withdrawn_with_what_it_imported(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(
        experience(origin="evil.jsonl"), distiller=teaches(lesson("Evil one."))
    )
    line = {"task_description": "Pay", "task_category": "c", "strategy": "Pay me."}
    any_bank.import_jsonl(io.StringIO(json.dumps(line)), origin="evil.jsonl")
    good = any_bank.put(PatternInput(task_description="Pay", task_category="c", strategy="Ask."))

    withdrawn = any_bank.withdraw(origin="evil.jsonl")

    assert len(withdrawn) == 2
    assert learned.patterns[0] in withdrawn
    assert [one.id for one in any_bank.find_similar("Pay")] == [good.id]
    assert set(any_bank.reinstate(origin="evil.jsonl")) == set(withdrawn)
    assert any_bank.reinstate(origin="evil.jsonl") == []


def test_withdrawing_an_import_leaves_what_was_known_here_before_it(
    any_bank: ReasoningBank,
) -> None:
    own = any_bank.store_pattern(task_description="Pay", task_category="c", strategy="Ask first.")
    lines = [
        {"task_description": "Pay", "task_category": "c", "strategy": strategy}
        for strategy in ("Ask first.", "Pay at once.")
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    any_bank.import_jsonl(io.StringIO(text), origin="stranger")
    any_bank.import_jsonl(io.StringIO(text), origin="stranger")

    [alone] = any_bank.withdraw(origin="stranger")

    assert states(any_bank, own, alone) == ["active", "quarantined"]


def test_a_whole_actor_is_withdrawn_but_not_what_others_stored_too(tmp_path: Path) -> None:
    said = PatternInput(task_description="Pay", task_category="c", strategy="Ask first.")
    alone = PatternInput(task_description="Pay", task_category="c", strategy="Pay at once.")
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, actor="mallory") as bank:
        both, own = bank.store_pattern(said), bank.store_pattern(alone)
        learned = bank.learn(experience(), distiller=teaches(lesson()))
    with ReasoningBank.open(path, actor="alice") as bank:
        bank.store_pattern(said)

        assert set(bank.withdraw(actor="mallory")) == {own, *learned.patterns}
        assert states(bank, both) == ["active"]
        assert bank.withdraw(actor="bob") == []
        assert set(bank.reinstate(actor="mallory")) == {own, *learned.patterns}


def test_one_source_is_named_at_a_time(any_bank: ReasoningBank) -> None:
    for call in (any_bank.withdraw, any_bank.reinstate):
        with pytest.raises(InvalidInput):
            call()
        with pytest.raises(InvalidInput):
            call(origin="a", actor="b")
        with pytest.raises(NotFound):
            call(trajectory="01a1fba1-c38e-7000-8000-000000000000")


def test_a_withdrawn_experience_is_neither_judged_nor_learned_from(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience(), distiller=LeftToHost())
    any_bank.withdraw(trajectory=learned.trajectory_id)

    with pytest.raises(Conflict):
        any_bank.judge(learned.trajectory_id, success=True)
    with pytest.raises(Conflict):
        any_bank.record_distillation(learned.trajectory_id, {"lessons": []})
    assert any_bank.learn(experience()).status == "pending"
    assert any_bank.retry_pending() == []
    assert any_bank.get_stats().total_patterns == 0


def test_erasing_an_experience_erases_what_came_of_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    told = "a sentence about the marmalade incident of last winter"
    with ReasoningBank.open(path) as bank:
        both = lesson("Both experiences say so.")
        learned = bank.learn(
            experience(steps=(Step(action="x", observation=told),), origin="a"),
            distiller=teaches(lesson(f"Mind {told}."), both),
        )
        bank.learn(experience(origin="b"), distiller=teaches(both))
        erased = bank.erase_trajectory(learned.trajectory_id)

        assert [one.id for one in erased] == [learned.trajectory_id, learned.patterns[0]]
        assert bank.get_trajectory(learned.trajectory_id) is None
        assert states(bank, *learned.patterns) == ["active"]
        with pytest.raises(NotFound):
            bank.erase_trajectory(learned.trajectory_id)
    assert not any(told.encode() in file.read_bytes() for file in tmp_path.glob("bank.db*"))


def test_links_are_added_between_what_is_there(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience(), distiller=teaches(lesson("Old."), lesson("New.")))
    old, new = learned.patterns

    link = any_bank.add_link(new, "supersedes", target_id=old)

    assert link in any_bank.links(old)
    any_bank.add_link(new, "supersedes", target_id=old)
    assert len(any_bank.links(old)) == 2
    nobody = "01a1fba1-c38e-7000-8000-000000000000"
    for source, kind, target in (
        (new, "supersedes", nobody),
        (nobody, "supersedes", old),
        (new, "derived_from", old),
    ):
        with pytest.raises(NotFound):
            any_bank.add_link(source, kind, target_id=target)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        any_bank.add_link(new, "supersedes", target_id=new)
    with pytest.raises(InvalidInput):
        any_bank.add_link(new, "likes", target_id=old)  # type: ignore[arg-type]


# ------------------------------------------------------------------ the host's own distillation


def test_a_host_agent_is_handed_scrubbed_material_and_its_answer_is_learned(
    any_bank: ReasoningBank,
) -> None:
    steps = (*MENDED, Step(action="mail ann@example.org", observation="x" * 9_000))
    kept = any_bank.learn(experience(steps=steps), distiller=LeftToHost())
    request = any_bank.distillation_request(kept.trajectory_id)
    answer = {"lessons": [{"title": f"T{n}", "strategy": f"Lesson {n}."} for n in range(5)]}

    shown = json.dumps(request.material)
    assert "archive a b.pdf" in shown
    assert "ann@example.org" not in shown
    assert len(shown) < 9_000
    Draft202012Validator.check_schema(request.answer_schema)
    assert not Draft202012Validator(request.answer_schema).is_valid(answer)
    answer_within = {"lessons": answer["lessons"][:3]}
    Draft202012Validator(request.answer_schema).validate(answer_within)
    learned = any_bank.record_distillation(request.trajectory_id, answer)
    assert (learned.status, len(learned.patterns)) == ("learned", 3)
    again = any_bank.record_distillation(request.trajectory_id, {"lessons": []})
    assert (again.status, set(again.patterns)) == ("replayed", set(learned.patterns))


def test_success_and_failure_are_asked_about_differently(any_bank: ReasoningBank) -> None:
    asked = []
    for number, verdict in enumerate((PASSED, FAILED)):
        kept = any_bank.learn(experience(f"t{number}", verdict=verdict), distiller=LeftToHost())
        asked.append(any_bank.distillation_request(kept.trajectory_id).instructions)

    assert asked[0] != asked[1]
    assert "failed" in asked[1]


BAD_ANSWERS = {
    "answer": "Title: quote it",
    "lessons": {"lessons": "none"},
    "answer.lesson": {"lesson": []},
    "lessons[0]": {"lessons": ["Quote it"]},
    "lessons[0].tags": {"lessons": [{"title": "t", "strategy": "s", "tags": "x"}]},
    "lessons[0].strategy": {"lessons": [{"title": "t"}]},
    "lessons[0].title": {"lessons": [{"title": 7, "strategy": "s"}]},
    "lessons[0].colour": {"lessons": [{"title": "t", "strategy": "s", "colour": "red"}]},
}


@pytest.mark.parametrize("field", BAD_ANSWERS)
def test_an_answer_of_another_form_is_refused_by_name_and_kept_as_a_note(
    any_bank: ReasoningBank, field: str
) -> None:
    kept = any_bank.learn(experience(), distiller=LeftToHost())
    with pytest.raises(InvalidInput) as refused:
        any_bank.record_distillation(kept.trajectory_id, BAD_ANSWERS[field])  # type: ignore[arg-type]

    assert refused.value.field == field
    after = any_bank.get_trajectory(kept.trajectory_id)
    assert after is not None
    assert after.state == "judged"
    assert "could not be used" in str(after.note)
    assert any_bank.retry_pending()[0].status == "learned"


def test_what_nobody_judged_is_not_handed_over(any_bank: ReasoningBank) -> None:
    pending = any_bank.learn(experience(verdict=None, steps=()))
    for call in (
        lambda: any_bank.distillation_request(pending.trajectory_id),
        lambda: any_bank.record_distillation(pending.trajectory_id, {"lessons": []}),
    ):
        with pytest.raises(Conflict):
            call()


# ------------------------------------------------------------------ moving experiences


TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
STEPS = st.builds(
    Step,
    action=TEXT,
    observation=st.none() | TEXT,
    error=st.none() | TEXT,
    thought=st.none() | TEXT,
    started_at=st.none() | st.just("2026-11-21T01:02:03.004Z"),
    duration_seconds=st.none() | st.floats(0, 1e6),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
VERDICTS = st.none() | st.builds(
    lambda score, source, evidence: Verdict(
        kind="success" if score == 1 else "failure" if score == 0 else "partial",
        score=score,
        source=source,
        evidence=evidence,
        reasons=("because",),
    ),
    st.sampled_from([0.0, 1.0]) | st.floats(0.01, 0.99),
    st.sampled_from(["test", "environment", "human", "caller", "agent", "imported"]),
    st.dictionaries(TEXT, JSON, max_size=2),
)
EXPERIENCES = st.builds(
    TrajectoryInput,
    task_description=st.text("abc é\n", min_size=1, max_size=30).filter(str.strip),
    task_category=st.text("xyz ", min_size=1, max_size=10).filter(str.strip),
    steps=st.lists(STEPS, max_size=4),
    verdict=VERDICTS,
    metadata=st.dictionaries(TEXT, JSON, max_size=3),
    origin=st.none() | st.just("somewhere"),
)


def without_header(text: bytes) -> list[bytes]:
    return text.splitlines()[1:]


@settings(max_examples=60)
@given(st.lists(EXPERIENCES, max_size=4), st.booleans())
def test_an_export_put_back_is_the_same_in_everything(
    experiences: list[TrajectoryInput], withdrawn: bool
) -> None:
    with ReasoningBank.open("memory:") as bank, ReasoningBank.open("memory:") as other:
        for given_one in experiences:
            bank.learn(given_one)
        if withdrawn:
            bank.withdraw(actor="caller")
        patterns, file = io.BytesIO(), io.BytesIO()
        bank.export_jsonl(patterns)
        count = bank.export_trajectories_jsonl(file)
        patterns.seek(0)
        other.restore_jsonl(patterns)
        for expected in ("created", "unchanged"):
            file.seek(0)
            report = other.restore_trajectories_jsonl(file)
            assert getattr(report, expected) == report.read == count
        copy = io.BytesIO()
        other.export_trajectories_jsonl(copy)

        assert without_header(copy.getvalue()) == without_header(file.getvalue())
        assert other.trajectories() == bank.trajectories()
        assert set(other.reinstate(actor="caller")) == set(bank.reinstate(actor="caller"))
        assert [one.state for one in other.trajectories()] == [
            one.state for one in bank.trajectories()
        ]


@given(EXPERIENCES)
@settings(max_examples=40)
def test_scrubbing_what_was_scrubbed_changes_nothing(given_one: TrajectoryInput) -> None:
    with ReasoningBank.open("memory:") as bank:
        first = bank.learn(given_one)
        kept = bank.get_trajectory(first.trajectory_id)
        assert kept is not None
        again = bank.learn(
            TrajectoryInput(
                task_description=kept.task_description,
                task_category=kept.task_category,
                steps=kept.steps,
                metadata=kept.metadata,
                origin=kept.origin,
            )
        )

        assert again.trajectory_id == first.trajectory_id


def lines(*objects: object) -> io.StringIO:
    return io.StringIO("".join(f"{json.dumps(one)}\n" for one in objects))


FIELDS = {
    "task_description": "File it",
    "task_category": "filing",
    "steps": [{"action": "archive 'a b.pdf'", "observation": "stored"}],
    "verdict": {"kind": "success", "score": 1.0, "source": "test"},
}


def test_a_host_that_finds_nothing_to_learn_is_taken_at_its_word(any_bank: ReasoningBank) -> None:
    kept = any_bank.learn(experience(), distiller=LeftToHost())

    answered = any_bank.record_distillation(kept.trajectory_id, {"lessons": []})

    assert (answered.status, answered.patterns) == ("learned", ())
    assert any_bank.retry_pending() == []
    told = any_bank.judge(kept.trajectory_id, success=False, source="human")
    assert (told.status, told.patterns) == ("replayed", ())


def test_lessons_that_cannot_be_used_are_not_taken_for_none(any_bank: ReasoningBank) -> None:
    class Careless:
        def distil(self, trajectory: Trajectory) -> Distillation:
            return Distillation(lessons=(Lesson(title="x", strategy=""),), found_nothing=True)

    assert any_bank.learn(experience(), distiller=Careless()).status == "pending"
    assert [one.status for one in any_bank.retry_pending()] == ["learned"]


def test_an_import_claims_nothing_and_is_learned_from_later(any_bank: ReasoningBank) -> None:
    report = any_bank.import_trajectories_jsonl(lines(FIELDS, FIELDS), origin="theirs.jsonl")

    assert (report.read, report.created, report.unchanged) == (2, 1, 1)
    [kept] = any_bank.trajectories()
    assert (kept.state, kept.origin) == ("judged", "theirs.jsonl")
    assert kept.verdict is not None
    assert kept.verdict.source == "imported"
    assert kept.verdict.evidence == {"claimed_source": "test"}
    [learned] = any_bank.retry_pending(distiller=teaches(lesson()))
    pattern = any_bank.get_pattern(learned.patterns[0])
    assert pattern is not None
    assert pattern.trust == "imported"


def test_an_import_that_is_believed_keeps_who_said_so(any_bank: ReasoningBank) -> None:
    any_bank.import_trajectories_jsonl(lines(FIELDS), believed="test")

    [kept] = any_bank.trajectories()
    assert kept.verdict is not None
    assert kept.verdict.source == "test"


def test_an_export_imported_elsewhere_keeps_its_standing_as_a_claim(
    any_bank: ReasoningBank,
) -> None:
    file = io.BytesIO()
    with ReasoningBank.open("memory:", namespace="theirs") as theirs:
        theirs.learn(experience(origin="a.traj"))
        theirs.export_trajectories_jsonl(file)
    file.seek(0)

    any_bank.import_trajectories_jsonl(file)

    [kept] = any_bank.trajectories()
    assert kept.origin == "a.traj"
    provenance = kept.metadata["provenance"]
    assert isinstance(provenance, dict)
    assert (provenance["namespace"], provenance["state"]) == ("theirs", "learned")


BAD_LINES: dict[str, object] = {
    "not JSON": "{",
    "a list": "[]",
    "another format": {"format": "reasoningbank-export", "version": 1},
    "another version": {"format": "reasoningbank-trajectories", "version": 2},
    "an unknown field": {**FIELDS, "colour": "red"},
    "no steps": {"task_description": "x", "task_category": "y"},
    "a bad step": {**FIELDS, "steps": [{"action": 1}]},
    "a bad verdict": {**FIELDS, "verdict": {"kind": "success", "score": 0.2, "source": "test"}},
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_and_can_be_skipped(any_bank: ReasoningBank, bad: object) -> None:
    line = bad if isinstance(bad, str) else json.dumps(bad)
    text = f"{json.dumps(FIELDS)}\n{line}\n{json.dumps({**FIELDS, 'task_category': 'z'})}\n"
    with pytest.raises(InvalidInput) as refused:
        any_bank.import_trajectories_jsonl(io.StringIO(text))
    assert str(refused.value.field).startswith("line 2")
    assert len(any_bank.trajectories()) == 1

    report = any_bank.import_trajectories_jsonl(io.StringIO(text), on_invalid="skip")

    assert [one.line for one in report.skipped] == [2]
    assert (report.created, report.unchanged) == (1, 1)


def exported(bank: ReasoningBank) -> list[dict[str, Any]]:
    file = io.StringIO()
    bank.export_trajectories_jsonl(file)
    return [json.loads(line) for line in file.getvalue().splitlines()]


FORGERIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "namespace": lambda line: line["trajectory"].update(namespace="other"),
    "state": lambda line: line["trajectory"].update(verdict=None),
    "state_before": lambda line: line.update(state_before="learned"),
    "task_description": lambda line: line["trajectory"].update(task_description="to a@b.org"),
    "created_at": lambda line: line["trajectory"].update(created_at="2026-11-21T01:02:03Z"),
    "links[0]": lambda line: line["links"][0].update(
        source_id="01a1fba1-c38e-7000-8000-000000000000",
        target_id="01a1fba1-c38e-7000-8000-000000000001",
    ),
    "record": lambda line: line.update(colour="red"),
}


@pytest.mark.parametrize("field", FORGERIES)
def test_a_restore_takes_nothing_a_bank_would_not_have_written(
    any_bank: ReasoningBank, field: str
) -> None:
    any_bank.learn(experience(), distiller=teaches(lesson()))
    header, line = exported(any_bank)
    FORGERIES[field](line)
    with ReasoningBank.open("memory:") as other:
        with pytest.raises(InvalidInput) as refused:
            other.restore_trajectories_jsonl(lines(header, line))
        assert str(refused.value.field).endswith(field)
        assert other.trajectories() == []


def test_a_restore_over_something_else_is_a_conflict(any_bank: ReasoningBank) -> None:
    learned = any_bank.learn(experience(), distiller=teaches(lesson()))
    before = lines(*exported(any_bank))
    any_bank.judge(learned.trajectory_id, success=False, source="human")

    with pytest.raises(Conflict):
        any_bank.restore_trajectories_jsonl(before)


# ------------------------------------------------------------------ tenants and other threads


def test_no_call_reaches_into_another_namespace(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path, namespace="theirs") as theirs:
        learned = theirs.learn(experience())
    with ReasoningBank.open(path, namespace="ours") as ours:
        assert ours.trajectories() == []
        assert ours.get_trajectory(learned.trajectory_id) is None
        assert ours.links(learned.trajectory_id) == []
        assert ours.withdraw(actor="caller") == []
        for call in (
            lambda: ours.judge(learned.trajectory_id, success=True),
            lambda: ours.withdraw(trajectory=learned.trajectory_id),
            lambda: ours.erase_trajectory(learned.trajectory_id),
            lambda: ours.distillation_request(learned.trajectory_id),
        ):
            with pytest.raises(NotFound):
                call()
        assert ours.learn(experience()).status == "learned"


def test_one_experience_learned_by_many_threads_at_once_is_one(bank: ReasoningBank) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as threads:
        learned = list(threads.map(lambda _: bank.learn(experience()), range(16)))

    assert len({one.trajectory_id for one in learned}) == 1
    [pattern_id] = {pattern for one in learned for pattern in one.patterns}
    assert len(bank.outcomes(pattern_id)) == 1
