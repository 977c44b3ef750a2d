"""Judging without a model: what tests, programs and graders printed, and nothing else."""

from __future__ import annotations

import pytest

from reasoningbank import ReasoningBank, Step, TrajectoryInput, Verdict

EDIT = Step(action="sed -i 's/a/b/' src/app.py")


def judged(*steps: Step, task: str = "Fix it", **metadata: object) -> Verdict:
    given = TrajectoryInput(
        task_description=task, task_category="c", steps=steps, metadata=metadata
    )
    with ReasoningBank.open("memory:") as bank:
        verdict = bank.learn(given).verdict
    assert verdict is not None
    assert verdict.source == "agent"
    return verdict


def ran(command: str, output: str) -> str:
    return judged(EDIT, Step(action=command, observation=output)).kind


# ------------------------------------------------------------------ test runners


PASSING = {
    "pytest": ("pytest", "===== 12 passed, 1 skipped, 3 warnings in 0.52s ====="),
    "pytest quiet": ("python -m pytest -q", "....\n4 passed in 0.02s"),
    "pytest with times": ("pytest", "== 2 passed in 62.05s (0:01:02) =="),
    "pytest with colours": ("pytest", "\x1b[32m\x1b[1m5 passed\x1b[0m\x1b[32m in 0.1s\x1b[0m"),
    "unittest": ("python -m unittest", "...\n-----\nRan 3 tests in 0.001s\n\nOK"),
    "unittest skipping": ("python manage.py test", "Ran 3 tests in 0.001s\n\nOK (skipped=1)"),
    "jest": ("npx jest", "Tests:       5 passed, 5 total\nSnapshots:   0 total"),
    "vitest": ("npx vitest run", " Test Files  2 passed (2)\n      Tests  7 passed (7)\n"),
    "mocha": ("npx mocha", "\n  3 passing (12ms)\n"),
    "go": ("go test ./...", "ok  \texample.org/a\t0.012s\nok  \texample.org/b\t(cached)"),
    "cargo": ("cargo test", "test result: ok. 9 passed; 0 failed; 0 ignored; 0 measured"),
    "maven": ("mvn test", "[INFO] Tests run: 8, Failures: 0, Errors: 0, Skipped: 1\n[INFO] BUILD SUCCESS"),
    "ctest": ("ctest", "100% tests passed, 0 tests failed out of 6"),
    "rspec": ("bundle exec rspec", "5 examples, 0 failures"),
    "phpunit": ("vendor/bin/phpunit", "OK (4 tests, 9 assertions)"),
    "dotnet": ("dotnet test", "Passed!  - Failed:     0, Passed:     3, Skipped:     0"),
    "tap": ("prove", "1..2\nok 1 - adds\nok 2 - subtracts # TODO not ok"),
    "exit code of tests": ("make test", "all is well\n<returncode>0</returncode>"),
}  # fmt: skip
FAILING = {
    "pytest": ("pytest", "===== 2 failed, 10 passed in 0.52s ====="),
    "pytest errors": ("pytest", "=== 1 error in 0.20s ==="),
    "unittest": ("python -m unittest", "Ran 3 tests in 0.001s\n\nFAILED (failures=1, errors=1)"),
    "jest": ("npm test", "Tests:       1 failed, 4 passed, 5 total"),
    "vitest": ("npx vitest run", "      Tests  1 failed | 6 passed (7)"),
    "mocha": ("npx mocha", "  3 passing (12ms)\n  1 failing\n"),
    "go": ("go test ./...", "--- FAIL: TestAdd (0.00s)\nFAIL\texample.org/a\t0.012s\nFAIL"),
    "go build": ("go test ./...", "FAIL\texample.org/a [build failed]\nok  \texample.org/b\t0.1s"),
    "cargo": ("cargo test", "test result: FAILED. 8 passed; 1 failed; 0 ignored"),
    "maven": ("mvn test", "[ERROR] Tests run: 8, Failures: 1, Errors: 0, Skipped: 0"),
    "gradle": ("./gradlew test", "8 tests completed, 2 failed"),
    "ctest": ("ctest", "83% tests passed, 1 tests failed out of 6"),
    "rspec": ("rspec", "5 examples, 1 failure"),
    "phpunit": ("phpunit", "Tests: 4, Assertions: 9, Failures: 1."),
    "tap": ("prove", "1..2\nok 1 - adds\nnot ok 2 - subtracts"),
    "exit code of tests": ("make check", "something is off\nexit code: 2"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "output"), PASSING.values(), ids=PASSING)
def test_a_run_that_passed_after_the_last_change_is_a_success(command: str, output: str) -> None:
    assert ran(command, output) == "success"


@pytest.mark.parametrize(("command", "output"), FAILING.values(), ids=FAILING)
def test_a_run_that_failed_after_the_last_change_is_a_failure(command: str, output: str) -> None:
    assert ran(command, output) == "failure"


TRAPS = {
    "not successful": "The import was not successful.",
    "unsuccessful": "Unsuccessful. success=false",
    "success alone": "success success SUCCESS: True",
    "nothing failed, in words": "I think 0 failed and everything passed in the end",
    "no failures claimed": "All tests passed! 100% OK, no errors.",
    "no test ran": "============ no tests ran in 0.01s ============",
    "only skipped": "==== 3 skipped in 0.05s ====",
    "a summary inside a sentence": "the log says '4 passed in 0.02s' somewhere",
    "an error that was expected": "caught ValueError as expected",
    "nothing at all": "",
}


@pytest.mark.parametrize("output", TRAPS.values(), ids=TRAPS)
def test_words_about_success_or_failure_mean_nothing(output: str) -> None:
    assert ran("./check", output) == "unknown"


def test_a_thought_that_it_worked_means_nothing() -> None:
    said = "All tests pass now, the issue is resolved successfully."
    assert judged(EDIT, Step(action="submit", thought=said)).kind == "unknown"


def test_a_file_that_is_looked_at_is_not_taken_for_what_happened() -> None:
    log = "1 failed, 3 passed in 0.1s\nTraceback (most recent call last):\nValueError: old"
    for command in ("cat old.log", "grep -n Error old.log", "git log", "open old.log"):
        assert judged(EDIT, Step(action=command, observation=log)).kind == "unknown"


def test_a_run_before_the_last_change_counts_no_more() -> None:
    passed = Step(action="pytest", observation="3 passed in 0.1s")
    assert judged(passed, EDIT).kind == "unknown"
    failed = Step(action="pytest", observation="1 failed in 0.1s")
    assert judged(failed, EDIT, passed).kind == "success"


def test_one_command_that_passes_and_another_that_fails_are_signs_of_both() -> None:
    verdict = judged(
        EDIT,
        Step(action="pytest tests/a", observation="3 passed in 0.1s"),
        Step(action="pytest tests/b", observation="1 failed in 0.1s"),
    )

    assert verdict.kind == "unknown"
    assert "both" in verdict.reasons[-1]


def test_a_few_tests_that_had_failed_before_anything_was_changed_decide_nothing() -> None:
    run = Step(action="pytest", observation="2 failed, 400 passed in 9.1s")
    assert judged(run, EDIT, run).kind == "unknown"


def test_the_same_many_failures_before_and_after_are_a_failure() -> None:
    run = Step(action="pytest", observation="2 failed, 4 passed in 9.1s")
    assert judged(run, EDIT, run).kind == "failure"


# ------------------------------------------------------------------ programs


RAISED = 'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 3'


def test_an_error_that_a_change_took_away_is_a_success() -> None:
    verdict = judged(
        Step(action="python repro.py", observation=RAISED),
        EDIT,
        Step(action="python repro.py", observation="[3]"),
    )

    assert verdict.kind == "success"
    assert "KeyError: 3" in verdict.reasons[0]


def test_mending_only_the_script_that_failed_proves_nothing() -> None:
    verdict = judged(
        Step(action="cat > try.py <<EOF\nprint(x)\nEOF"),
        Step(action="python try.py", observation=RAISED),
        Step(action="cat > try.py <<EOF\nprint(3)\nEOF"),
        Step(action="python try.py", observation="3"),
    )

    assert verdict.kind == "unknown"


def test_an_error_that_a_change_left_is_a_failure() -> None:
    run = Step(action="python repro.py", observation=RAISED)
    assert judged(run, EDIT, run).kind == "failure"


def test_a_value_the_task_names_in_place_of_another_is_a_success() -> None:
    run = [Step(action="python a.py", observation=value) for value in ("344", "345", "346")]
    task = "It prints 344, but 345 would be right."

    assert judged(run[0], EDIT, run[1], task=task).kind == "success"
    assert judged(run[0], EDIT, run[2], task=task).kind == "unknown"
    assert judged(run[0], EDIT, run[1], task="It prints 1344, not 3450").kind == "unknown"


ENDINGS = {
    "traceback": ("python a.py", RAISED),
    "command not found": ("foo --run", "bash: foo: command not found"),
    "compiler": ("gcc a.c", "a.c:3:5: error: expected ';' before '}' token"),
    "typescript": ("npx tsc", "src/a.ts(3,5): error TS2304: Cannot find name 'x'."),
    "rust": ("cargo build", "error[E0382]: borrow of moved value: `x`\n --> src/main.rs:4:5"),
    "make": ("make", "make: *** [Makefile:3: all] Error 2"),
    "node": ("node a.js", "TypeError: x is not a function\n    at Object.<anonymous> (a.js:1:1)"),
    "java": ("java A", 'Exception in thread "main" java.lang.IllegalStateException: no'),
    "go panic": ("go run a.go", "panic: runtime error: index out of range [3]\n\ngoroutine 1"),
    "crash": ("./a.out", "Segmentation fault (core dumped)"),
    "time": ("./slow", "EXECUTION TIMED OUT"),
    "http": ("curl -i http://localhost/x", "HTTP/1.1 503 Service Unavailable\r\n\r\nbusy"),
    "exit code": ("./deploy", "<returncode>3</returncode>\n<output>\n</output>"),
}


@pytest.mark.parametrize(("command", "output"), ENDINGS.values(), ids=ENDINGS)
def test_a_record_that_stops_at_an_error_is_a_failure(command: str, output: str) -> None:
    assert judged(Step(action="ls"), Step(action=command, observation=output)).kind == "failure"


def test_an_error_given_with_the_last_step_is_a_failure() -> None:
    assert judged(Step(action="click('#a')", error="no such element: #a")).kind == "failure"
    assert judged(Step(action="click('#a')", observation="clicked")).kind == "unknown"


def test_tidying_up_decides_nothing() -> None:
    tidying = Step(
        action="rm x.py", observation="rm: cannot remove 'x.py': No such file or directory"
    )
    assert judged(EDIT, tidying).kind == "unknown"


def test_a_search_that_finds_nothing_is_no_error() -> None:
    assert (
        judged(Step(action="grep x a.py", observation="<returncode>1</returncode>")).kind
        == "unknown"
    )


# ------------------------------------------------------------------ handing in


def test_an_answer_that_was_taken_after_refusals_is_a_success() -> None:
    refused = Step(action="submit flag{a}", observation="Wrong flag!")
    taken = Step(action="submit 'flag{a b}'", observation="flag{a b}")

    assert judged(refused, taken).kind == "success"
    assert judged(taken, refused).kind == "failure"


def test_an_answer_in_braces_that_a_command_printed_is_a_success() -> None:
    found = Step(action="./solve", observation="key: HTB{f0und_1t}")
    assert judged(found, Step(action="submit 'HTB{f0und_1t}'")).kind == "success"


def test_an_answer_that_no_command_printed_or_the_task_gave_away_proves_nothing() -> None:
    submit = Step(action="submit 'HTB{f0und_1t}'")
    assert judged(Step(action="./solve", observation="nothing"), submit).kind == "unknown"
    shown = Step(action="cat note", observation="HTB{f0und_1t}")
    assert judged(shown, submit, task="Is it HTB{f0und_1t}?").kind == "unknown"


def test_a_change_that_was_only_submitted_is_unknown() -> None:
    diff = "diff --git a/a.py b/a.py\n@@ -1 +1 @@\n-a\n+b\n"
    verdict = judged(
        EDIT, Step(action="submit", observation=diff), submission=diff, exit_status="submitted"
    )
    assert verdict.kind == "unknown"


@pytest.mark.parametrize(
    "status", ["exit_cost", "exit_context", "LimitsExceeded", "max_steps", "TimeExceeded"]
)
def test_a_limit_before_anything_was_handed_in_is_a_failure(status: str) -> None:
    assert judged(EDIT, exit_status=status).kind == "failure"


@pytest.mark.parametrize("status", ["submitted (exit_cost)", "exit_context"])
def test_a_run_cut_off_after_its_tests_passed_is_unknown(status: str) -> None:
    passed = Step(action="pytest", observation="3 passed in 0.1s")
    assert judged(EDIT, passed, exit_status=status, submission="diff").kind == "unknown"


@pytest.mark.parametrize(
    "status", ["exit_environment_error", "exit_api", "docker: connection lost"]
)
def test_trouble_around_the_agent_is_not_its_failure(status: str) -> None:
    crash = Step(action="./run", observation="Segmentation fault")
    verdict = judged(crash, exit_status=status)

    assert verdict.kind == "unknown"
    assert "around the agent" in verdict.reasons[-1]


def test_a_verdict_says_which_steps_speak_for_it() -> None:
    verdict = judged(EDIT, Step(action="pytest", observation="3 passed in 0.1s"))

    assert verdict.evidence == {"judge": "rules", "steps": [2]}
    assert verdict.reasons[0].startswith("step 2: ")
