"""The tasks: made from seeds alone, graded to the byte, told without their names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reasoningbank.domain.errors import InvalidInput
from reasoningbank.evaluation.world import World
from reasoningbank.evaluation.wrangling import strategies
from reasoningbank.evaluation.wrangling.environments import ENVIRONMENTS
from reasoningbank.evaluation.wrangling.task import Task, fault
from reasoningbank.evaluation.wrangling.world import WranglingWorld

EVERY = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: one.name)
NAMES = [environment.name for environment in ENVIRONMENTS]
DIGEST = """
import hashlib
from reasoningbank.evaluation.wrangling.world import WranglingWorld
from reasoningbank.evaluation.wrangling.environments import ENVIRONMENTS
world = WranglingWorld()
told = [(one.name, seed, world.episode(one.name, seed), one.task(seed))
        for one in ENVIRONMENTS for seed in range(4)]
print(hashlib.sha256(repr(told).encode()).hexdigest())
"""


def printed(task: Task) -> bytes:
    return (task.answer or "").encode() + b"\n"


@EVERY
def test_a_task_is_determined_by_its_seed_and_seeds_differ(environment):
    tasks = [environment.task(seed) for seed in range(10)]

    assert tasks == [environment.task(seed) for seed in range(10)]
    assert len({repr(sorted(task.files.items())) for task in tasks}) == 10


def test_a_task_does_not_depend_on_how_a_process_hashes_text():
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


@EVERY
def test_an_environment_is_told_in_at_least_five_wordings_and_many_instructions(environment):
    assert len(set(environment.wordings)) >= 5
    assert len({environment.task(seed).instruction for seed in range(60)}) >= 5


@EVERY
def test_every_wording_can_be_filled(environment):
    told = {environment.task(seed).instruction for seed in range(60)}

    assert not any("{" in one.replace("[0-9]{4,}", "") for one in told)


@EVERY
def test_a_task_asks_for_something_that_is_not_there_yet(environment):
    task = environment.task(0)

    assert task.answer is not None or task.expected() != dict(task.files)
    assert fault(task, b"", task.files)


@EVERY
def test_the_right_result_passes_and_one_byte_off_fails(environment):
    task = environment.task(1)
    right = task.expected()
    assert fault(task, printed(task), right) == ""

    for path, content in right.items():
        changed = bytes([content[0] ^ 1]) + content[1:]
        assert fault(task, printed(task), {**right, path: changed})
        assert fault(task, printed(task), {**right, path: content + b"\n"})
        assert fault(task, printed(task), {k: v for k, v in right.items() if k != path})
    assert fault(task, printed(task), {**right, "one-more": b""})


@EVERY
def test_a_wrong_answer_fails(environment):
    task = environment.task(2)
    if task.answer is None:
        assert fault(task, b"anything printed is ignored", task.expected()) == ""
        return
    wrong = [task.answer + "1", f"about {task.answer}", f" {task.answer}", f"{task.answer}\n\n", ""]
    assert all(fault(task, answer.encode(), task.expected()) for answer in wrong)


def test_a_number_is_compared_by_value():
    task = Task(instruction="", files={}, answer="12.50", number=True)

    assert [fault(task, text, {}) == "" for text in (b"12.5", b"12.50\n", b"12.51", b"12,5")] == [
        True,
        True,
        False,
        False,
    ]


def test_an_answer_in_words_is_compared_exactly():
    task = Task(instruction="", files={}, answer="a 1.0")

    assert [fault(task, text, {}) == "" for text in (b"a 1.0", b"a 1", b"A 1.0")] == [
        True,
        False,
        False,
    ]


def test_the_names_are_sorted_different_and_between_24_and_36():
    assert sorted(set(NAMES)) == NAMES
    assert 24 <= len(NAMES) <= 36


@EVERY
def test_an_observation_does_not_carry_the_name_of_its_environment(environment):
    world = WranglingWorld()
    for seed in range(10):
        seen = world.episode(environment.name, seed)
        told = f"{seen.instruction} {seen.features}".lower()
        assert environment.name not in told
        assert environment.name.replace("-", " ") not in told
        assert seen.features


def test_no_strategy_knows_an_environment_or_quotes_a_wording():
    folder = Path(strategies.__file__).parent
    code = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.py")))
    assert not [name for name in NAMES if name in code]

    cards = WranglingWorld().strategies()
    noted = {run for card in cards for run in runs_of_words(f"{card.title}. {card.description}")}
    asked = {
        run for one in ENVIRONMENTS for wording in one.wordings for run in runs_of_words(wording)
    }
    assert noted & asked == set()


def runs_of_words(text: str, length: int = 5) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z]+", text.lower())
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_the_world_keeps_to_the_protocol_and_refuses_what_it_does_not_have():
    world: World = WranglingWorld()
    with pytest.raises(InvalidInput) as early:
        world.applicable()
    with pytest.raises(InvalidInput) as place:
        world.episode("elsewhere", 0)
    with pytest.raises(InvalidInput) as number:
        world.episode(NAMES[0], -1)
    world.episode(NAMES[0], 0)
    with pytest.raises(InvalidInput) as unknown:
        world.attempt("magic")

    fields = [error.value.field for error in (early, place, number, unknown)]
    assert fields == ["strategy", "environment", "seed", "strategy"]
