"""Hooks as a host runs them: with the JSON it documents, in this process for breadth, and as processes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.hooks.given import read_input
from reasoningbank.hooks.options import HookOptions
from reasoningbank.hooks.running import handle
from tests.hooks.host import PATIENT, recorded


class HookEnded(NamedTuple):
    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


@pytest.fixture
def bank_path(home: Path) -> Path:
    """Where this user's own bank is."""
    return home / "data" / "reasoningbank" / "bank.db"


@pytest.fixture
def state(home: Path) -> Path:
    return home / "state" / "reasoningbank"


@pytest.fixture
def known(bank_path: Path) -> Path:
    """The user's bank, with a pattern for the task and one for another."""
    bank_path.parent.mkdir(parents=True)
    with ReasoningBank.open(bank_path) as bank:
        bank.store_pattern(
            task_description="Make the failing tests of the invoice parser pass",
            task_category="debugging",
            strategy="Read the first assertion that fails before changing anything.",
        )
        bank.store_pattern(
            task_description="Paint the garden fence",
            task_category="garden",
            strategy="Sand it first.",
        )
    return bank_path


@pytest.fixture
def hook(capfd, home) -> Callable[..., Any]:
    """Handle an event in this process; gives what the host is told, or None."""

    def handling(name: str, *, changes: dict[str, Any] | None = None, **options: str) -> Any:
        event = options.pop("event", name.partition("-")[0])
        given = recorded(name, cwd=str(home / "work"), **(changes or {}))
        capfd.readouterr()
        handle(read_input(json.dumps(given).encode()), HookOptions(event=event, **options))
        out = capfd.readouterr().out
        return json.loads(out) if out else None

    return handling


@pytest.fixture
def turn(hook) -> Callable[..., Any]:
    """A task whose tests failed, were mended and passed; gives what the host is told at its end."""

    def handling(**options: str) -> Any:
        hook("UserPromptSubmit", **options)
        for name in (
            "PostToolUse-Read",
            "PostToolUseFailure-Bash",
            "PostToolUse-Edit",
            "PostToolUse-Bash",
        ):
            hook(name, **options)
        return hook("Stop", **options)

    return handling


@pytest.fixture
def process() -> Callable[..., HookEnded]:
    """Run a hook as a host does, on whatever machine."""

    def running(
        *arguments: str, stdin: bytes = b"", environment: dict[str, str] | None = None
    ) -> HookEnded:
        done = subprocess.run(
            [*PATIENT, "hook", *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=60,
            env={**os.environ, **(environment or {})},
        )
        return HookEnded(done.returncode, done.stdout.decode(), done.stderr.decode())

    return running
