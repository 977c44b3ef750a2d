"""Start programs of `tests.faults.programs` as processes of their own, and reap every one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300
"""How long a child may take before it is taken for hung; not a measure of speed."""


@contextmanager
def running(
    program: str, *arguments: object, flags: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Start a program; whatever happens in the ``with`` block, it is dead afterwards."""
    command = [sys.executable, *flags, "-m", "tests.faults.programs", program]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), os.environ.get("PYTHONPATH", "")]),
        # Threads of a linear-algebra library must not be alive when a program forks.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with subprocess.Popen(
        [*command, json.dumps(arguments, default=str)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()


def finished(child: subprocess.Popen[str]) -> object:
    """Give what a child printed as JSON once it has ended well; show what it said if not."""
    printed, said = child.communicate(timeout=PATIENCE_SECONDS)
    assert child.returncode == 0, f"exit code {child.returncode}\n{printed}\n{said}"
    assert not said, said
    lines = printed.splitlines()
    return json.loads(lines[-1]) if lines else None


def run(program: str, *arguments: object, flags: tuple[str, ...] = ()) -> object:
    """Start a program, wait for it, and give what it printed as JSON."""
    with running(program, *arguments, flags=flags) as child:
        return finished(child)


def ready(child: subprocess.Popen[str]) -> str:
    """Wait for a child's next line and give it."""
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        _, said = child.communicate(timeout=PATIENCE_SECONDS)
        raise AssertionError(f"ended with {child.returncode} before it was ready\n{said}")
    return line.strip()


def let_go(child: subprocess.Popen[str]) -> None:
    """Tell a waiting child to go on."""
    assert child.stdin is not None
    child.stdin.write("go\n")
    child.stdin.flush()
