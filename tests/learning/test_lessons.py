"""What is judged and learned from experiences of many kinds, held to what happened in them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reasoningbank import (
    Pattern,
    ReasoningBank,
    ReasoningBankError,
    TrajectoryInput,
    Verdict,
    read_trajectories,
)
from tests.learning import experiences


class Taught(NamedTuple):
    """What an experience came to."""

    verdict: Verdict
    patterns: list[Pattern]

    @property
    def text(self) -> str:
        return "\n".join(f"{one.title}\n{one.strategy}" for one in self.patterns)


def taught(given_one: TrajectoryInput) -> Taught:
    with ReasoningBank.open("memory:") as bank:
        learned = bank.learn(given_one)
        patterns = [bank.get_pattern(one) for one in learned.patterns]
    assert learned.verdict is not None
    return Taught(learned.verdict, [one for one in patterns if one is not None])


class Case(NamedTuple):
    """An experience with how it ended, and what a reader must find in what was learned."""

    given: TrajectoryInput
    kind: str
    error: str
    way_out: str
    reason: str = ""
    tag: str = ""


CASES = {
    "import that moved": Case(
        experiences.MENDED_IMPORT,
        "success",
        "`ImportError: cannot import name 'Mapping' from 'collections'`",
        "`collections.abc` in place of `collections`",
        "removed from collections in Python 3.10",
        "importerror",
    ),
    "unittest and a file written anew": Case(
        experiences.MENDED_UNITTEST,
        "success",
        "`AssertionError: datetime.date(2024, 3, 1) != datetime.date(2024, 3, 2)`",
        "`stamp.astimezone(ZoneInfo(zone)).date()` in place of `stamp.date()`",
        "converted with astimezone before its date is taken",
        "python",
    ),
    "jest": Case(
        experiences.MENDED_JEST,
        "success",
        "`expect(received).toEqual(expected)`",
        "`[...all].sort((a, b) => a - b)` in place of `all.sort()`",
        "compares elements as strings",
        "javascript",
    ),
    "cargo": Case(
        experiences.MENDED_CARGO,
        "success",
        "`E0502: cannot borrow 'self.rows' as mutable",
        "`self.rows.clone()` in place of `self.rows.iter()`",
        "a vector cannot be changed while it is iterated",
        "cargo",
    ),
    "go": Case(
        experiences.MENDED_GO,
        "success",
        "`data race`",
        "`c.mu.Lock()` and `defer c.mu.Unlock()` added",
        "needs a mutex",
        "go",
    ),
    "make and a missing header": Case(
        experiences.MENDED_MAKE,
        "success",
        "`png.h: No such file or directory`",
        "It worked after `apt-get install -y libpng-dev`",
        "Headers are in the package that ends in -dev",
        "make",
    ),
    "git push": Case(
        experiences.MENDED_PUSH,
        "success",
        "`[rejected] (fetch first)`",
        "It worked after `git pull --rebase origin main`",
        "",
        "git",
    ),
    "docker build": Case(
        experiences.MENDED_DOCKER,
        "success",
        "can only install with an existing package-lock.json",
        "`!package*.json` in place of `!package.json`",
        "excluded by .dockerignore",
        "docker",
    ),
    "pip": Case(
        experiences.RESOLVED_PIP,
        "success",
        "`Cannot install numpy==1.21.0 and pandas==2.2.1",
        "`numpy>=1.22.4,<2` in place of `numpy==1.21.0`",
        "older than what pandas requires",
        "pip",
    ),
    "query": Case(
        experiences.MENDED_QUERY,
        "success",
        "`aggregate functions are not allowed in WHERE`",
        "HAVING count(*) > 1` in place of",
        "WHERE is applied before the rows are grouped",
        "psql",
    ),
    "service on another port": Case(
        experiences.WAITED_FOR,
        "success",
        "Connection refused",
        "`http://localhost:8080/health` in place of `http://localhost:8000/health`",
        "as its log says",
        "curl",
    ),
    "web page": Case(
        experiences.BOOKED,
        "success",
        "`Please select a departure airport from the list`",
        "It worked after `click('.ui-menu-item')`",
        "so the suggestion must be clicked",
        "click",
    ),
    "tests left failing": Case(
        experiences.LEFT_FAILING,
        "failure",
        "`AssertionError: assert Decimal('2.67') == Decimal('2.68')` twice",
        'Tried without success: `+ Decimal("0.001")` added',
        'What the agent believed: "Adding a little',
        "pytest",
    ),
    "web page that was misread": Case(
        experiences.MISCLICKED,
        "failure",
        "`click('text=Wren')` showed `Wren selected, Lila not selected`",
        "This did not do it: `click('text=Lila')`",
    ),
}
PARTICULAR = re.compile(
    r"/home/|/srv/|/usr/|\b(?:mira|kim|jo|acme)\b|rows\.py|report\.py|prices|book\.rs|counter\.go|thumb\.c"
)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_how_it_ended_is_told_rightly(case: Case) -> None:
    assert taught(case.given).verdict.kind == case.kind


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_was_met_what_got_past_it_and_why_are_named(case: Case) -> None:
    text = taught(case.given).text

    assert case.error in text
    assert case.way_out in text
    assert case.reason in text


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_lessons_read_as_sentences_and_name_no_particulars(case: Case) -> None:
    result = taught(case.given)

    for pattern in result.patterns:
        assert pattern.title
        assert "..." not in pattern.title.replace("[...", "")
        assert pattern.strategy.endswith((".", '."'))
        assert not PARTICULAR.search(f"{pattern.title} {pattern.strategy} {pattern.tags}")
        assert not {"edit", "create", "sed", "submit", "cat"}.intersection(pattern.tags)
    assert not case.tag or any(case.tag in one.tags for one in result.patterns)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_two_lessons_of_an_experience_say_the_same(case: Case) -> None:
    for first, second in combinations(taught(case.given).patterns, 2):
        shared = set(re.findall(r"`[^`]+`", first.strategy.split(". ")[1])) & set(
            re.findall(r"`[^`]+`", second.strategy.split(". ")[1])
        )
        assert not shared


def test_what_only_the_agent_calls_a_success_is_unknown_and_teaches_nothing() -> None:
    result = taught(experiences.NOBODY_KNOWS)

    assert (result.verdict.kind, result.patterns) == ("unknown", [])


def test_more_failures_than_at_first_are_said_to_be_more() -> None:
    text = taught(experiences.LEFT_FAILING).text

    assert "more failures than the 1 at first, and it was handed in all the same" in text


# ------------------------------------------------------------------ the forms they are kept in


def as_swe_agent(given_one: TrajectoryInput) -> str:
    steps = [
        {
            "action": f"{one.action}\n",
            "observation": one.observation or one.error or "",
            "thought": one.thought or "",
            "response": one.thought or "",
            "state": '{"open_file": "n/a"}',
        }
        for one in given_one.steps
    ]
    asked = f"ISSUE:\n{given_one.task_description}\n\nINSTRUCTIONS:\nNow solve it."
    history = [{"role": "system", "content": "SETTING"}, {"role": "user", "content": asked}]
    return json.dumps(
        {
            "environment": "main",
            "trajectory": steps,
            "history": history,
            "info": {"exit_status": "submitted", "submission": ""},
        }
    )


def as_mini_swe_agent(given_one: TrajectoryInput) -> str:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "You are a helpful assistant."},
        {
            "role": "user",
            "content": f"<pr_description>\n{given_one.task_description}\n</pr_description>\n<instructions>",
        },
    ]
    for one in given_one.steps:
        said = f"THOUGHT: {one.thought or ''}\n\n```bash\n{one.action}\n```"
        shown = f"<output>\n{one.observation or one.error or ''}</output>"
        messages += [{"role": "assistant", "content": said}, {"role": "user", "content": shown}]
    return json.dumps(
        {"messages": messages, "info": {"exit_status": "Submitted", "submission": ""}}
    )


def as_claude_code(given_one: TrajectoryInput) -> str:
    lines: list[dict[str, Any]] = [
        {
            "type": "user",
            "message": {"role": "user", "content": given_one.task_description},
            "sessionId": "s-1",
            "cwd": "/home/kim/app",
            "timestamp": "2026-11-21T01:02:03.004Z",
        }
    ]
    for number, one in enumerate(given_one.steps):
        blocks: list[dict[str, Any]] = (
            [{"type": "text", "text": one.thought}] if one.thought else []
        )
        call = {
            "type": "tool_use",
            "id": f"t{number}",
            "name": "Bash",
            "input": {"command": one.action},
        }
        answer = {
            "type": "tool_result",
            "tool_use_id": f"t{number}",
            "content": one.error or one.observation or "",
            "is_error": one.error is not None,
        }
        lines += [
            {"type": "assistant", "message": {"role": "assistant", "content": [*blocks, call]}},
            {"type": "user", "message": {"role": "user", "content": [answer]}},
        ]
    return "\n".join(map(json.dumps, lines))


def as_our_lines(given_one: TrajectoryInput) -> str:
    steps = [
        {
            name: getattr(one, name)
            for name in ("action", "observation", "error", "thought")
            if getattr(one, name) is not None
        }
        for one in given_one.steps
    ]
    return json.dumps(
        {
            "task_description": given_one.task_description,
            "task_category": given_one.task_category,
            "steps": steps,
        }
    )


def as_test_report(given_one: TrajectoryInput) -> str:
    cases = "".join(
        f'<testcase classname="tests.t{number}" name="test_{number}" time="0.{number}">'
        f'<failure type="AssertionError" message="assert {number} == 0">x</failure></testcase>'
        for number, _ in enumerate(given_one.steps)
    )
    return (
        f'<?xml version="1.0"?><testsuites><testsuite name="all">{cases}</testsuite></testsuites>'
    )


FORMS: dict[str, Callable[[TrajectoryInput], str]] = {
    "swe-agent": as_swe_agent,
    "mini-swe-agent": as_mini_swe_agent,
    "claude-code": as_claude_code,
    "our lines": as_our_lines,
}
JUDGED_BY_RULES = {
    name: case
    for name, case in CASES.items()
    if case.given.verdict is None and case.kind == "success"
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("case", JUDGED_BY_RULES.values(), ids=JUDGED_BY_RULES)
def test_the_same_experience_teaches_the_same_in_every_form(
    tmp_path: Path, form: Callable[[TrajectoryInput], str], case: Case
) -> None:
    path = tmp_path / "run"
    path.write_text(form(case.given), "utf-8")
    [run] = read_trajectories(path)
    result = taught(run)

    assert run.task_description == case.given.task_description
    assert result.verdict.kind == case.kind
    assert case.error in result.text
    assert case.way_out in result.text
    assert case.reason in result.text


ALL_FORMS = {**FORMS, "test report": as_test_report}
WORDS = ["{", "}", "[", "]", '"', ",", ":", "null", "1e999", "\\ud800", "\x00", "<", "&", "\n", "é", "-1"]  # fmt: skip


@pytest.mark.parametrize("form", ALL_FORMS.values(), ids=ALL_FORMS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_refused_by_name_or_all_that_is_read_of_it_is_kept(
    tmp_path: Path, form: Callable[[TrajectoryInput], str], data: st.DataObject
) -> None:
    case = data.draw(st.sampled_from(sorted(CASES)))
    whole = form(CASES[case].given)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        upto = data.draw(st.integers(at, min(at + 60, len(whole))))
        whole = whole[:at] + data.draw(st.sampled_from(["", *WORDS])) + whole[upto:]
    if data.draw(st.booleans()):
        whole = whole[: data.draw(st.integers(0, len(whole)))]
    path = tmp_path / "run"
    path.write_bytes(whole.encode("utf-8", "surrogatepass"))

    with ReasoningBank.open("memory:") as bank:
        kept = set()
        try:
            for run in read_trajectories(path):
                kept.add(bank.learn(run).trajectory_id)
        except ReasoningBankError as refused:
            assert str(path) in str(refused)  # noqa: PT017 - it may be read as well
        stored = {one.id for one in bank.trajectories(limit=100)}

    assert stored == kept
