"""The sandbox: real commands in a directory of their own, bounded, and never a shell."""

from __future__ import annotations

import os

import pytest

from reasoningbank.domain.errors import Unavailable
from reasoningbank.evaluation.wrangling import sandbox as sandbox_module
from reasoningbank.evaluation.wrangling.environments import ENVIRONMENTS
from reasoningbank.evaluation.wrangling.sandbox import (
    OUTPUT_LIMIT,
    Sandbox,
    Stuck,
    require_programs,
    script,
    tool,
)
from reasoningbank.evaluation.wrangling.task import Environment, Made
from reasoningbank.evaluation.wrangling.world import WranglingWorld
from tests.evaluation.wrangling.linux import runs_commands

pytestmark = runs_commands

HANG = "# hang\nimport os, sys, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)"
CHATTER = "# print for ever\nwhile True: print('x' * 1000)"
VARIABLES = "# show the environment\nimport os\nprint(sorted(os.environ))"


def test_commands_are_joined_by_pipes_and_put_on_record():
    with Sandbox({"a.txt": b"b\na\nb\n"}) as sandbox:
        output = sandbox.run(tool("sort", "-u", "./a.txt"), tool("wc", "-l"))

    assert output.strip() == b"2"
    assert sandbox.steps == ["sort -u ./a.txt | wc -l -> exit code 0, 0"]


def test_a_reader_that_stops_early_does_not_make_the_pipeline_fail():
    with Sandbox({"a.txt": b"line\n" * 100_000}) as sandbox:
        assert sandbox.run(tool("sort", "./a.txt"), tool("head", "-n", "1")) == b"line\n"


def test_a_failure_says_what_the_program_complained_of():
    with Sandbox({}) as sandbox, pytest.raises(Stuck, match="No such file") as stuck:
        sandbox.run(tool("sort", "./none.txt"))

    assert "\n" not in str(stuck.value)
    assert sandbox.steps == ["sort ./none.txt -> exit code 2"]


def test_a_python_program_that_fails_says_its_error_not_its_traceback():
    with Sandbox({}) as sandbox, pytest.raises(Stuck, match=r"^ValueError: odd$"):
        sandbox.run(script("# fail\nraise ValueError('odd')"))


def test_a_command_that_hangs_is_ended():
    with Sandbox({}, seconds=1.0) as sandbox:
        with pytest.raises(Stuck, match="too long"):
            sandbox.run(script(HANG))
        pid = int(sandbox.files()["pid"])

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_command_that_closes_its_output_and_hangs_is_ended():
    code = "# hang silently\nimport os, time\nos.close(1); os.close(2)\ntime.sleep(600)"
    with Sandbox({}, seconds=1.0) as sandbox, pytest.raises(Stuck, match="too long"):
        sandbox.run(script(code))


def test_output_without_end_is_cut_off():
    with Sandbox({}) as sandbox, pytest.raises(Stuck, match="too much"):
        sandbox.run(script(CHATTER))


def test_output_up_to_the_limit_is_read():
    with Sandbox({"a": b"x" * OUTPUT_LIMIT}) as sandbox:
        assert len(sandbox.run(tool("head", "-c", "2000000", "./a"))) == OUTPUT_LIMIT


def test_commands_see_no_variable_of_the_caller(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    with Sandbox({}) as sandbox:
        seen = sandbox.run(script(VARIABLES))

    assert set(eval(seen)) <= {"PATH", "LC_ALL", "LC_CTYPE"}


def test_a_sandbox_is_gone_when_it_is_left():
    with Sandbox({"deep/er/a.txt": b"1"}) as sandbox:
        folder = sandbox.folder
        assert sandbox.files() == {"deep/er/a.txt": b"1"}

    assert not folder.parent.exists()


def test_a_result_cannot_be_written_outside():
    with Sandbox({}) as sandbox, pytest.raises(Stuck):
        sandbox.write("../outside.txt", b"")


def test_a_missing_program_is_a_clear_error(monkeypatch, tmp_path):
    require_programs.cache_clear()
    monkeypatch.setattr(sandbox_module, "PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"sort.*Install GNU coreutils"):
        require_programs()
    monkeypatch.undo()
    require_programs.cache_clear()
    require_programs()


HOSTILE = (
    "$(touch PLACE)",
    "`touch PLACE`",
    "; touch PLACE;",
    "x' ; touch PLACE ; '",
    '")}; BEGIN { system("touch PLACE") } {("',
    "__import__('os').system('touch PLACE')",
    "-exec touch PLACE +",
    "| touch PLACE",
    "../../PLACE",
    "(a+)+$",
    "[",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_instructions_and_files_run_nothing(text, tmp_path):
    trace = tmp_path / "trace"
    quoted = text.replace('"', "'").replace("PLACE", str(trace))
    column = quoted.replace(",", " ")
    name = quoted.replace("/", "_") + ".csv"
    table = f"{column},amount\n{column},12\n{column},7\n".encode()
    files = {
        "a.csv": table,
        "b.csv": table,
        name: table,
        "c.json": b'[{"amount": 1}]',
        "SUMS": b"0" * 64 + b"  " + name.encode() + b"\n",
    }
    wordings = (
        f'Sum amount where "{quoted}" is "{quoted}" in a.csv.',
        f'Sort a.csv and b.csv by amount and "{column}" or {column} into out.csv.',
        f'Replace "{quoted}" by "{quoted}2" in all files.',
        f'How many lines of {name} mention "{quoted}"?',
    )
    for wording in wordings:

        def make(draw, wording=wording):
            return Made(values={"said": wording}, files=files, answer="never")

        world = WranglingWorld([Environment("hostile", make, ("{said}",))])
        world.episode("hostile", 0)
        for strategy in world.applicable():
            assert not world.attempt(strategy).success
    assert not trace.exists()


def test_a_hostile_text_is_replaced_like_any_other():
    text = '$(touch a) `id` "; rm -rf . #'.replace('"', "'")

    def make(draw):
        return Made(
            values={"old": text},
            files={"a.txt": f"one {text} two\n".encode()},
            changes={"a.txt": b"one safe two\n"},
        )

    wording = 'Replace "{old}" by "safe" in a.txt.'
    world = WranglingWorld([Environment("hostile", make, (wording,))])
    world.episode("hostile", 0)

    assert world.attempt("replace-literal").success


def test_attempts_at_an_episode_do_not_see_each_other():
    world = WranglingWorld()
    for environment in ("literal-swap", "new-endings", "log-stretch", "version-order"):
        world.episode(environment, 5)
        once = {name: world.attempt(name) for name in world.applicable()}
        again = {name: world.attempt(name) for name in reversed(world.applicable())}
        assert any(attempt.success for attempt in once.values())
        for name, attempt in once.items():
            assert again[name].success == attempt.success
            assert again[name].steps == attempt.steps
            assert again[name].note == attempt.note


def test_there_are_tasks_whose_file_names_a_shell_would_take_apart():
    names = {
        name
        for one in ENVIRONMENTS
        for seed in range(5)
        for name in one.task(seed).files
        if " " in name or "$" in name
    }

    assert len(names) > 20
