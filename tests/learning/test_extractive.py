"""Distilling without a model: what is worth reading in a record, without what belongs to it alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reasoningbank import Lesson, ReasoningBank, Step, Trajectory, TrajectoryInput, Verdict
from reasoningbank.learning.extractive import ExtractiveDistiller
from reasoningbank.learning.prompts import MOST_LESSONS, STRATEGY_CHARACTERS, TITLE_CHARACTERS

SUCCESS = Verdict(kind="success", score=1.0, source="test")
FAILURE = Verdict(kind="failure", score=0.0, source="test")
TRACEBACK = 'Traceback (most recent call last):\n  File "/home/ann/job.py", line 3, in <module>\n'


def lessons(*steps: Step, verdict: Verdict = SUCCESS, **metadata: object) -> tuple[Lesson, ...]:
    from uuid import UUID

    trajectory = Trajectory(
        id=UUID(int=1),
        namespace="default",
        task_description="Do it",
        task_category="c",
        steps=steps,
        metadata=metadata,
        origin=None,
        actor="caller",
        created_at="2026-11-21T01:02:03.004Z",
        state="judged",
        verdict=verdict,
        note=None,
    )
    return ExtractiveDistiller().distil(trajectory).lessons


def only(*steps: Step, verdict: Verdict = SUCCESS, **metadata: object) -> str:
    [lesson] = lessons(*steps, verdict=verdict, **metadata)
    return lesson.strategy


# ------------------------------------------------------------------ errors that were got past


def test_what_made_a_command_work_is_the_difference_between_the_two() -> None:
    strategy = only(
        Step(action="pip install tool", observation="error: externally-managed-environment"),
        Step(
            action="pip install tool --break-system-packages",
            observation="Successfully installed tool",
            thought="The system Python refuses because it is managed by the distribution.",
        ),
    )

    assert "externally-managed-environment" in strategy
    assert "`--break-system-packages` added" in strategy
    assert "because it is managed by the distribution" in strategy


def test_what_made_a_script_run_is_what_was_changed_in_between() -> None:
    run = "python job.py"
    strategy = only(
        Step(action=run, observation=f"{TRACEBACK}TypeError: can only join an iterable"),
        Step(action="edit 'join(None)' 'join(names or [])'"),
        Step(action=run, observation="a,b"),
    )

    assert "`python FILE.py` met `TypeError: can only join an iterable`" in strategy
    assert "`names or []` in place of `None`" in strategy


def test_an_edit_refused_for_its_indentation_says_so() -> None:
    refused = (
        "Your proposed edit has introduced new syntax error(s).\n\nERRORS:\n"
        "- E999 IndentationError: unexpected indent\n\nYour changes have NOT been applied."
    )
    strategy = only(
        Step(action="edit 5:5\nreturn 1\nend_of_edit", observation=refused),
        Step(action="edit 5:5\n    return 1\nend_of_edit", observation="File updated."),
    )

    assert "IndentationError: unexpected indent" in strategy
    assert "indented by 4 more spaces" in strategy


def test_the_same_answer_sent_again_and_again_is_noticed() -> None:
    [lesson] = lessons(
        *(Step(action="submit flag{a b}", observation="Wrong flag!") for _ in range(4)),
        Step(action="submit 'flag{a b}'", observation="ok"),
    )

    assert "4 times, also when sent again unchanged" in lesson.strategy
    assert "the argument in quotes" in lesson.strategy
    assert lesson.title == "Wrong flag: the argument in quotes, since it holds spaces"


def test_another_program_with_the_same_arguments_is_the_same_attempt() -> None:
    strategy = only(
        Step(action="python job.py", observation="bash: python: command not found"),
        Step(action="python3 job.py", observation="done"),
    )

    assert "`python3` in place of `python`" in strategy


def test_what_helped_most_comes_first_and_no_more_than_three() -> None:
    steps: list[Step] = []
    for name in ("alpha", "beta", "gamma", "delta", "epsilon"):
        steps += [
            Step(action=f"{name} run", error=f"{name}: missing operand now"),
            Step(action=f"{name} run --all", observation="done"),
        ]
    steps.insert(-1, Step(action="epsilon run", error="epsilon: missing operand now"))

    found = lessons(*steps)

    assert len(found) == MOST_LESSONS
    assert "epsilon" in found[0].strategy


# ------------------------------------------------------------------ changes and ways


def test_the_change_that_settled_it_comes_with_how_that_was_seen() -> None:
    diff = (
        "diff --git a/src/m.py b/src/m.py\n--- a/src/m.py\n+++ b/src/m.py\n@@ -1,3 +1,3 @@\n"
        "-    return a / b\n+    return round(a / b)\n"
    )
    strategy = only(
        Step(action="python repro.py", observation="344.6"),
        Step(
            action="edit 'return a / b' 'return round(a / b)'",
            thought="The division truncates instead of rounding, so the last digit is lost.",
        ),
        Step(action="python repro.py", observation="345"),
        Step(action="submit", observation=diff),
        submission=diff,
    )

    assert "`a / b` wrapped in `round(...)`" in strategy
    assert "truncates instead of rounding" in strategy
    assert "344.6, then 345" in strategy


def test_the_way_to_an_answer_keeps_the_insight_and_the_commands_and_masks_the_answer() -> None:
    strategy = only(
        Step(action="tshark -r net.pcap -q -z io,phs", observation="telnet frames:36"),
        Step(
            action="tshark -r net.pcap -Y telnet -T fields -e telnet.data",
            observation="Password: flag{d316759c281bf925}",
            thought="Since telnet is a plaintext protocol, the password can be read from the packets.",
        ),
        Step(action="submit 'flag{d316759c281bf925}'"),
        submission="flag{d316759c281bf925}",
    )

    assert "Since telnet is a plaintext protocol" in strategy
    assert "`tshark -r FILE.pcap -Y telnet -T fields -e telnet.data`" in strategy
    assert "d316759c281bf925" not in strategy


def test_steps_that_are_no_commands_are_told_in_order() -> None:
    strategy = only(
        Step(action="click('#from')"),
        Step(action="type('#from', 'Oslo')"),
        Step(action="click('#search')", observation="3 flights"),
    )

    assert strategy.index("#from") < strategy.index("#search")


def test_a_record_that_shows_nothing_teaches_nothing() -> None:
    with ReasoningBank.open("memory:") as bank:
        learned = bank.learn(
            TrajectoryInput(
                task_description="Say hello",
                task_category="c",
                steps=(Step(action="echo hello", observation="hello"),),
                verdict=SUCCESS,
            )
        )

    assert (learned.status, learned.patterns) == ("pending", ())
    assert learned.note


# ------------------------------------------------------------------ failures


def test_a_failure_says_what_stayed_what_was_varied_and_what_was_never_tried() -> None:
    missing = f"{TRACEBACK}ModuleNotFoundError: No module named 'matplotlib'"
    strategy = only(
        Step(action="python job.py", observation=missing),
        Step(action="python3 job.py", observation=missing),
        verdict=FAILURE,
    )

    assert "`ModuleNotFoundError: No module named 'matplotlib'` twice" in strategy
    assert "Tried without success: `python3` in place of `python`" in strategy
    assert "Never tried: installing matplotlib" in strategy


def test_a_failure_names_the_file_that_was_never_read_and_the_repetition() -> None:
    output = "src/deep/parser.py:44: in parse\nE   ValueError: no\n1 failed, 2 passed in 0.1s"
    run = Step(action="pytest -q", observation=output)
    strategy = only(run, run, run, Step(action="submit"), verdict=FAILURE)

    assert "3 times" in strategy
    assert "it was handed in all the same" in strategy
    assert "anything else than sending the same again" in strategy
    assert "reading the FILE.py that the error points to" in strategy


def test_a_failure_whose_last_change_was_never_run_says_so() -> None:
    strategy = only(
        Step(action="python repro.py", observation="3"),
        Step(action="edit 'a' 'b'"),
        Step(action="submit"),
        verdict=FAILURE,
    )

    assert "Nothing was run after the last change" in strategy
    assert "`python FILE.py` was there to be run again" in strategy


def test_a_failure_without_errors_says_what_did_not_do_it() -> None:
    strategy = only(Step(action="click('#search')"), Step(action="click('#home')"), verdict=FAILURE)

    assert strategy.startswith("This did not do it: `click('#search')` then `click('#home')`")


# ------------------------------------------------------------------ what never stands in a lesson


PARTICULARS = {
    "path": "/srv/data/q3/numbers.csv",
    "home": "/home/annsmith/secret/plan.txt",
    "mail": "ann.smith@example.org",
    "phone": "+44 20 7946 0958",
    "url": "https://internal.example.org/a?b=c",
    "address": "10.20.30.40:8080",
    "uuid": "0190f5a8-7c1e-7000-8000-0123456789ab",
    "hash": "d316759c281bf925d600be698a4973d5",
    "token": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "long number": "1795223045006",
}


@pytest.mark.parametrize("said", PARTICULARS.values(), ids=PARTICULARS)
@pytest.mark.parametrize("verdict", [SUCCESS, FAILURE], ids=["success", "failure"])
def test_what_belongs_to_one_record_stands_in_no_lesson(said: str, verdict: Verdict) -> None:
    error = f"{TRACEBACK}ValueError: cannot use {said} here"
    found = lessons(
        Step(
            action=f"job {said}", observation=error, thought=f"It must be {said} because I saw it."
        ),
        Step(
            action=f"edit 'x = 1' 'x = load(\"{said}\")'",
            thought=f"The cause is {said}, which is wrong since it was moved there.",
        ),
        Step(action=f"job {said}", observation="fine" if verdict is SUCCESS else error),
        verdict=verdict,
        submission=f"answer{{{said}}}",
    )

    assert found
    whole = " ".join(f"{one.title} {one.strategy} {' '.join(one.tags)}" for one in found)
    assert said not in whole
    for piece in re.findall(r"[\w.+@-]{9,}", said):
        assert piece not in whole


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    [
        "pytest -q",
        "1 failed, 2 passed in 0.1s",
        "3 passed in 0.1s",
        "edit 1:2\nfoo\nend_of_edit",
        "edit 'a' 'b'",
        "submit flag{x}",
        "Wrong flag!",
        "python a.py",
        f"{TRACEBACK}KeyError: 'x'",
        "cat > a.py <<EOF\nprint(1)\nEOF",
        "sed -i 's/a/b/' a.py",
        "[File: /a/b.py (3 lines total)]\n1:a\n2:b\n3:c",
        "It fails because the key is missing.",
        "bash: x: command not found",
        "<returncode>1</returncode>\n<output>\n</output>",
        "HTTP/1.1 404 Not Found",
        "diff --git a/a b/a\n@@ -1 +1 @@\n-a\n+b",
    ]
)
STEPS = st.builds(
    Step,
    action=TEXTS,
    observation=st.none() | TEXTS,
    error=st.none() | TEXTS,
    thought=st.none() | TEXTS,
)


@settings(max_examples=300)
@given(st.lists(STEPS, max_size=8), st.sampled_from([SUCCESS, FAILURE, None]), TEXTS)
def test_any_record_gives_lessons_within_their_limits_or_a_reason(
    steps: list[Step], verdict: Verdict | None, submission: str
) -> None:
    experience = TrajectoryInput(
        task_description="Do it",
        task_category="c",
        steps=steps,
        verdict=verdict,
        metadata={"submission": submission, "exit_status": submission},
    )
    with ReasoningBank.open("memory:") as bank:
        learned = bank.learn(experience)
        patterns = [bank.get_pattern(one) for one in learned.patterns]

    assert len(patterns) <= MOST_LESSONS
    assert "failed:" not in str(learned.note)
    if not patterns:
        assert learned.note
    for pattern in patterns:
        assert pattern is not None
        assert pattern.title is not None
        assert 0 < len(pattern.title) <= TITLE_CHARACTERS
        assert 0 < len(pattern.strategy) <= STRATEGY_CHARACTERS
        assert "\n" not in pattern.strategy


def test_a_very_long_record_is_read_from_both_ends() -> None:
    found = lessons(
        *(Step(action=f"look {n}", observation="x" * 200) for n in range(2_000)),
        Step(action="send a b", error="send: unknown argument b"),
        Step(action="send 'a b'", observation="sent"),
    )

    assert any("the argument in quotes" in one.strategy for one in found)


# ------------------------------------------------------------------ edits as editors record them


def numbered(name: str, *lines: str) -> str:
    shown = "\n".join(f"{number}:{line}" for number, line in enumerate(lines, 1))
    return f"[File: /repo/{name} ({len(lines)} lines total)]\n{shown}\n"


REFUSED = (
    "Your proposed edit has introduced new syntax error(s).\n\nERRORS:\n"
    "- E999 IndentationError: unexpected indent\n\n{wrong}\n"
    "This is the original code before your edit\n{file}\nYour changes have NOT been applied."
)


def test_the_same_edit_taken_after_a_look_says_what_was_looked_at() -> None:
    edit = "edit 2:2\n    total = 1\nend_of_edit"
    file = numbered("b.py", "def f():", "    total = 0")
    wrong = REFUSED.format(wrong=numbered("a.py", "x", "    total = 1"), file=numbered("a.py", "x"))
    strategy = only(
        Step(action=edit, observation=wrong),
        Step(
            action="open b.py",
            observation=file,
            thought="The edit went to the wrong file, because another one was open.",
        ),
        Step(
            action=edit, observation=f"{numbered('b.py', 'def f():', '    total = 1')}File updated."
        ),
    )

    assert "The same edit was taken after `open FILE.py`" in strategy
    assert "because another one was open" in strategy


@pytest.mark.parametrize(
    ("failing", "working", "said"),
    [
        ("submit 'a b'", "submit a b", "the argument without quotes"),
        ("submit a\\nb", "submit a\\\\nb", "each backslash doubled"),
        ("submit a\\\\nb\\c", "submit a\\nb\\c", "fewer backslashes"),
        ("submit a\\b\\c", "submit a\\\\b\\c", "more backslashes"),
        ("submit x=1 y=2", "submit x=1", "`y=2` left out"),
        ("submit one", "submit two", "`two` in place of `one`"),
    ],
)
def test_an_answer_that_was_taken_says_how_it_differs(
    failing: str, working: str, said: str
) -> None:
    strategy = only(
        Step(action=failing, observation="Wrong answer"), Step(action=working, observation="Taken")
    )

    assert f"It was taken with {said}." in strategy


@pytest.mark.parametrize(
    ("edit", "seen", "said"),
    [
        ("insert 1\nimport csv\nend_of_insert", "", "`import csv` added"),
        ("edit 1:1\nx = load(b)\nend_of_edit", numbered("job.py", "x = load(a)"), "`b` in place of `a`"),
        (
            "str_replace_editor str_replace job.py --old_str 'rows.iter()' --new_str 'rows.copy()'",
            "",
            "`rows.copy()` in place of `rows.iter()`",
        ),
        ("Edit job.py\n-a = f(x)\n+a = f(str(x))", "", "`x` wrapped in `str(...)`"),
        ("Write job.py\nimport csv\nrun()", "", "`import csv` added"),
        ("cat > job.py <<'EOF'\nimport csv\nrun()\nEOF", "", "`import csv` added"),
        ("sed -i 's/old_name/new_name/' job.py", "", "`new_name` in place of `old_name`"),
        ("edit job.py: close the file before renaming it", "", "after `edit FILE.py: close the file"),
        ("edit 'unbalanced job.py", "", "It worked after `edit 'unbalanced FILE.py`"),
    ],
    ids=["insert", "lines", "str_replace", "diff", "written", "here document", "sed", "words", "odd"],
)  # fmt: skip
def test_what_an_edit_changed_is_read_in_each_form(edit: str, seen: str, said: str) -> None:
    """A file that was looked at whole is compared with what was written in its place."""
    strategy = only(
        Step(action="cat job.py" if not seen else "open job.py", observation=seen or "run()\n"),
        Step(action="python job.py", observation=f"{TRACEBACK}KeyError: 'x'"),
        Step(action=edit, observation="done"),
        Step(action="python job.py", observation="fine"),
    )

    assert said in strategy


def test_the_script_that_printed_the_answer_is_shown_by_its_key_lines() -> None:
    script = 'data = bytes.fromhex(text)\nplain = bytes(one ^ 0x2A for one in data)\nprint("done")'
    strategy = only(
        Step(action=f"cat > solve.py <<'EOF'\n{script}\nEOF"),
        Step(action="python3 solve.py", observation="flag{not_for_others}"),
        Step(action="submit 'flag{not_for_others}'"),
        submission="flag{not_for_others}",
    )

    assert "The script came down to `data = bytes.fromhex(text)` and `plain = bytes(" in strategy
    assert "which printed the answer" in strategy
    assert "not_for_others" not in strategy


def test_another_command_of_the_same_program_is_no_second_try() -> None:
    strategy = only(
        Step(action="git push origin main", observation="error: failed to push some refs"),
        Step(action="git status --short", observation=""),
        Step(action="git pull --rebase origin main", observation="Successfully rebased"),
        Step(action="git push origin main", observation="main -> main"),
    )

    assert "It worked after `git pull --rebase origin main`" in strategy
    assert "in place of" not in strategy


def test_a_difference_that_is_masked_away_is_not_told() -> None:
    found = lessons(
        Step(action="fetch https://a.example.org/x", error="fetch: no such host"),
        Step(action="fetch https://b.example.org/x", observation="ok"),
    )

    assert not any("in place of" in f"{one.title} {one.strategy}" for one in found)


def test_a_reason_that_points_back_comes_with_what_it_points_to() -> None:
    strategy = only(
        Step(action="job run", error="job: too many open files"),
        Step(
            action="job run --close",
            observation="done",
            thought="Each row opens a file of its own. This is why the limit is reached, so files must be closed.",
        ),
    )

    assert "Each row opens a file of its own. This is why the limit is reached" in strategy


def test_a_plan_is_no_reason() -> None:
    strategy = only(
        Step(action="job run", error="job: too many open files", thought="Let me run the job."),
        Step(
            action="job run --close",
            observation="done",
            thought="I will try to close them because.",
        ),
    )

    assert "agent's words" not in strategy


@pytest.mark.parametrize(
    "task",
    [
        "It says\n\nSyntaxError: invalid syntax\n\nin load.py",
        "load.py: SyntaxError: invalid syntax",
    ],
)
def test_the_error_that_a_task_is_about_stands_with_what_settled_it(task: str) -> None:
    given_one = TrajectoryInput(
        task_description=task,
        task_category="c",
        steps=(
            Step(action="open load.py", observation=numbered("load.py", "def load(path)")),
            Step(
                action="edit 1:1\ndef load(path):\nend_of_edit",
                observation=numbered("load.py", "def load(path):"),
                thought="The colon at the end of the definition is missing.",
            ),
            Step(action="python load.py", observation=""),
        ),
    )
    with ReasoningBank.open("memory:") as bank:
        learned = bank.learn(given_one)
        [pattern] = [bank.get_pattern(one) for one in learned.patterns]

    assert learned.verdict is not None
    assert learned.verdict.reasons == (
        "step 3: load.py runs without the SyntaxError that the task names",
    )
    assert pattern is not None
    assert str(pattern.title).startswith("SyntaxError: invalid syntax: ")
    assert "The task named `SyntaxError: invalid syntax`." in pattern.strategy
    assert "def load(path):` in place of `def load(path)`" in pattern.strategy or (
        "(path):` in place of `" in pattern.strategy
    )
