"""Made-up experiences for measuring: what coding agents do, and any of them by its number.

Each is 10 to 30 steps on a task of the corpus: looking around, running the tests, meeting an error,
mending it (or not), running the tests again. Two in three end well. Outputs have the length and the
shape that agents see; no text is taken from a real record.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from reasoningbank.benchmark import corpus
from reasoningbank.domain.trajectory import Step, TrajectoryInput, Verdict

FEWEST_STEPS: Final = 10
MOST_STEPS: Final = 30

_SHARE_SOLVED: Final = 2 / 3
_SHARE_WITH_THOUGHT: Final = 0.6
_MODULES: Final = (
    "parser",
    "session",
    "invoice",
    "webhook",
    "cursor",
    "upload",
    "schedule",
    "report",
)
_NAMES: Final = ("total", "offset", "retry_after", "tenant", "page", "deadline", "rate", "checksum")
_ERRORS: Final = (
    "NameError: name '{name}' is not defined",
    "KeyError: '{name}'",
    "AttributeError: 'NoneType' object has no attribute '{name}'",
    "TypeError: unsupported operand type(s) for +: 'int' and 'str'",
    "AssertionError: assert {n} == {m}",
    "ValueError: invalid literal for int() with base 10: '{name}'",
)  # fmt: skip
_THOUGHTS: Final = (
    "Let me look at how {module} handles {name} before changing anything.",
    "The error comes from {name}, because {module} is called before it is set.",
    "The tests fail in {module}, so the fix belongs there and not in its callers.",
    "I should run the tests of {module} again to see whether the change is enough.",
)


def experience(number: int) -> TrajectoryInput:
    """Give the experience of that number, its verdict with it in two of three."""
    random = Random(f"experience {number}")  # noqa: S311 - reproducible, not secret
    task = corpus.pattern(number)
    solved = random.random() < _SHARE_SOLVED
    steps = tuple(_steps(random, random.randint(FEWEST_STEPS, MOST_STEPS), solved=solved))
    verdict = Verdict(
        kind="success" if solved else "failure",
        score=1.0 if solved else 0.0,
        source="test",
        evidence={"exit_code": 0 if solved else 1},
    )
    return TrajectoryInput(
        task_description=task.task_description,
        task_category=task.task_category,
        steps=steps,
        verdict=verdict if random.random() < 2 / 3 else None,
        metadata={"agent": "made up", "number": number},
        origin=f"benchmark/{number}",
    )


def _steps(random: Random, count: int, *, solved: bool) -> Iterator[Step]:
    module, name = random.choice(_MODULES), random.choice(_NAMES)
    words = {
        "module": module, "name": name, "n": str(random.randint(2, 99)), "m": str(random.randint(100, 999)),
    }  # fmt: skip
    error = random.choice(_ERRORS).format(**words)
    yield _step(random, words, f"ls src tests/{module}", _listing(random))
    yield _step(random, words, f"pytest -q tests/test_{module}.py", _failed(random, module, error))
    for _ in range(count - 4):
        yield _middle(random, words, error)
    old, new = f"return {name}", f"return {name} or {words['n']}"
    yield _step(random, words, f"sed -i 's/{old}/{new}/' src/{module}.py", "")
    last = (
        f"{random.randint(5, 90)} passed in {random.random() * 9:.2f}s"
        if solved
        else _failed(random, module, error)
    )
    yield _step(random, words, f"pytest -q tests/test_{module}.py", last)


def _middle(random: Random, words: dict[str, str], error: str) -> Step:
    module, name = words["module"], words["name"]
    kind = random.randrange(4)
    if kind == 0:
        return _step(random, words, f"cat src/{module}.py", _source(random, module))
    if kind == 1:
        return _step(random, words, f"grep -rn {name} src", _listing(random))
    if kind == 2:  # noqa: PLR2004
        return _step(
            random, words, f"python -c 'import {module}; {module}.main()'",
            _traceback(random, module, error),
        )  # fmt: skip
    return _step(
        random,
        words,
        f"sed -n '1,{random.randint(20, 80)}p' src/{module}.py",
        _source(random, module),
    )


def _step(random: Random, words: dict[str, str], action: str, observation: str) -> Step:
    thought = random.choice(_THOUGHTS).format(**words)
    return Step(
        action=action,
        observation=observation,
        thought=thought if random.random() < _SHARE_WITH_THOUGHT else None,
        duration_seconds=round(random.random() * 20, 3),
    )


def _listing(random: Random) -> str:
    return "\n".join(
        f"src/{random.choice(_MODULES)}.py:{random.randint(1, 400)}:    {random.choice(_NAMES)} = {random.choice(_NAMES)}({random.randint(1, 99)})"
        for _ in range(random.randint(3, 15))
    )


def _source(random: Random, module: str) -> str:
    lines = [f"class {module.title()}:"]
    for _ in range(random.randint(5, 25)):
        name, other = random.choice(_NAMES), random.choice(_NAMES)
        lines += [
            f"    def {name}(self, {other}):",
            f"        return self.{other} + {random.randint(0, 9)}",
        ]
    return "\n".join(lines)


def _traceback(random: Random, module: str, error: str) -> str:
    frames = "\n".join(
        f'  File "src/{module}.py", line {random.randint(1, 300)}, in {random.choice(_NAMES)}\n'
        f"    return {random.choice(_NAMES)}({random.randint(1, 9)})"
        for _ in range(random.randint(1, 5))
    )
    return f"Traceback (most recent call last):\n{frames}\n{error}"


def _failed(random: Random, module: str, error: str) -> str:
    return (
        f"{'.' * random.randint(3, 40)}F\n=== FAILURES ===\n{_traceback(random, module, error)}\n"
        f"FAILED tests/test_{module}.py::test_{random.choice(_NAMES)} - {error}\n"
        f"1 failed, {random.randint(3, 40)} passed in {random.random() * 9:.2f}s"
    )
