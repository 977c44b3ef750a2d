"""Running the program: in this process for breadth, and as people run it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from reasoningbank import ReasoningBank

PROGRAM = Path(sys.executable).with_name("reasoningbank")


class Ended(NamedTuple):
    status: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return msgspec.json.decode(self.stdout)

    @property
    def error(self):
        return msgspec.json.decode(self.stderr)["error"]


@pytest.fixture
def call(capsysbinary, monkeypatch) -> Callable[..., Ended]:
    """Run a command line in this process."""
    from reasoningbank.cli.running import run

    def calling(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
        capsysbinary.readouterr()
        status = run([str(argument) for argument in arguments])
        captured = capsysbinary.readouterr()
        return Ended(status, captured.out.decode(), captured.err.decode())

    # typer leaves its hook behind.
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    return calling


@pytest.fixture
def command() -> Callable[..., Ended]:
    """Run the installed program in a process of its own."""

    def running(
        *arguments: str | Path, stdin: bytes = b"", environment: dict[str, str] | None = None
    ) -> Ended:
        done = subprocess.run(
            [str(PROGRAM), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return running


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The path of a bank with three patterns in two categories."""
    path = tmp_path / "filled.db"
    with ReasoningBank.open(path) as bank:
        for task, category, score in (
            ("Add login with a session cookie to the REST API", "backend", 0.9),
            ("Make the page load faster on slow networks", "frontend", None),
            ("Rotate the signing keys of the API", "backend", 0.4),
        ):
            bank.store_pattern(
                task_description=task,
                task_category=category,
                strategy=f"How to: {task}",
                success_score=score,
            )
    return path


@pytest.fixture
def login_id(filled: Path) -> str:
    """The id of the pattern about login in that bank."""
    with ReasoningBank.open(filled) as bank:
        return str(bank.search_by_category("backend")[0].id)


class OtherEmbedder:
    name = "other"
    dimension = 4

    def embed_documents(self, texts):
        import numpy as np

        return np.ones((len(texts), 4), dtype=np.int8)

    def embed_query(self, text):
        return self.embed_documents([text])[0]


@pytest.fixture
def of_another_embedder(tmp_path: Path) -> Path:
    """The path of a bank whose vectors the built-in embedder did not make."""
    path = tmp_path / "other.db"
    with ReasoningBank.open(path, embedder=OtherEmbedder()) as bank:
        bank.store_pattern(task_description="t", task_category="c", strategy="s")
    return path
