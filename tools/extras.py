"""Install each extra alone, from the wheel, in a fresh environment, and do what it is for: ``make test-extras``.

``python tools/extras.py dist/*.whl [EXTRA ...]`` prints a table of what was installed, how large it is
and how long it took; without names, all that `pyproject.toml` declares and the package without any.
``--versions lowest`` pins the extra's own libraries to their lower bounds. What cannot be installed is
skipped with the reason, in capitals; what installs and then fails is a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # which build and pytest bring there

ROOT = Path(__file__).resolve().parent.parent
MAIN_PATHS = ROOT / "tests" / "extras" / "main_paths.py"
PAGE = ROOT / "docs" / "adapters.md"
WITHOUT = "nothing"
MEGABYTE = 1_000_000
DISK_MEGABYTES = {"sentence-transformers": 6_000, "crewai": 1_500}
"""What the large ones need free to be tried."""
COMPANIONS = {"sentence-transformers": ("torch==2.13.0",)}
"""Installed before where a machine has it at hand: else the newest comes, with GB for accelerators."""

Result = Literal["works", "FAILED", "SKIPPED"]


class Tried(NamedTuple):
    """What came of one extra."""

    extra: str
    result: Result
    packages: int
    megabytes: float
    install_seconds: float
    run_seconds: float
    said: str

    def row(self) -> str:
        """Give its line of the table."""
        return (
            f"| {self.extra} | {self.result} | {self.packages} | {self.megabytes:.0f} "
            f"| {self.install_seconds:.0f} | {self.run_seconds:.1f} | {self.said} |"
        )


def declared() -> list[str]:
    """Give the extras of pyproject.toml, the one without any first, the large ones last."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = sorted(project["optional-dependencies"], key=lambda name: DISK_MEGABYTES.get(name, 0))
    return [WITHOUT, *extras]


def tried(extra: str, wheel: Path, *, versions: str) -> Tried:
    """Install one extra in an environment of its own, do what it is for, and remove it again."""
    needed = DISK_MEGABYTES.get(extra, 500)
    free = shutil.disk_usage(tempfile.gettempdir()).free / MEGABYTE
    if free < needed:
        return skipped(extra, f"needs {needed} MB of disk, and {free:.0f} are free")
    with tempfile.TemporaryDirectory(prefix="extra-") as place:
        environment = Path(place) / "venv"
        begun = time.monotonic()
        run(sys.executable, "-m", "venv", "--without-pip", str(environment))
        python = str(environment / "bin" / "python")
        empty = megabytes(environment)
        for companion in COMPANIONS.get(extra, ()):
            pip(python, companion)  # whether it can be had or not
        wanted = str(wheel) if extra == WITHOUT else f"{wheel}[{extra}]"
        done = pip(python, wanted, *(pins(extra) if versions == "lowest" else ()))
        if done.returncode != 0:
            return skipped(extra, f"cannot be installed: {last_line(done.stderr)}")
        installed = time.monotonic()
        with resources(extra) as more:
            told = run(
                python,
                "-I",
                "-W",
                "ignore",
                str(MAIN_PATHS),
                extra,
                str(PAGE),
                more=more,
                cwd=place,
            )
        works = told.returncode == 0
        return Tried(
            extra,
            "works" if works else "FAILED",
            len(run(sys.executable, "-m", "pip", "--python", python, "freeze").stdout.splitlines()),
            megabytes(environment) - empty,
            installed - begun,
            time.monotonic() - installed,
            last_line(told.stdout if works else told.stderr),
        )


def skipped(extra: str, reason: str) -> Tried:
    """Give the row of one that was not tried."""
    return Tried(extra, "SKIPPED", 0, 0.0, 0.0, 0.0, reason)


def pins(extra: str) -> list[str]:
    """Give the lower bounds of an extra's own libraries, and of the package's where there is none."""
    named = [] if extra == WITHOUT else [extra]
    script = str(ROOT / "tools" / "lowest_requirements.py")
    return run(sys.executable, script, *named).stdout.split()


@contextmanager
def resources(extra: str) -> Iterator[dict[str, str]]:
    """Give the settings of what an extra needs beside itself: a server for PostgreSQL."""
    if extra != "postgres":
        yield {}
        return
    sys.path.insert(0, str(ROOT))
    from tests.postgres.server import QUICK, Installation, PostgresServer

    with PostgresServer(Installation(), settings=QUICK) as server:
        server.execute("CREATE DATABASE extra")
        yield {"RB_EXTRA_DSN": server.dsn("extra")}


def pip(python: str, *wanted: str) -> subprocess.CompletedProcess[str]:
    """Install into an environment."""
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-compile")
    return run(sys.executable, "-m", "pip", "--python", python, "install", *options, *wanted)


def run(
    *command: str, more: dict[str, str] | None = None, cwd: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program without what the calling environment would add to Python's path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(  # noqa: S603 - programs of this file
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**environment, **(more or {})},
    )


def megabytes(folder: Path) -> float:
    """Give how much is in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / MEGABYTE


def last_line(text: str) -> str:
    """Give the last line that says something."""
    return next(
        (line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing said"
    )


def main() -> int:
    """Try what was asked for and print the table; give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("extras", nargs="*")
    parser.add_argument("--versions", choices=["newest", "lowest"], default="newest")
    asked = parser.parse_args()
    unknown = set(asked.extras) - set(declared())
    if unknown:
        parser.error(f"no extra is called {', '.join(sorted(unknown))}")
    print("| extra | result | packages | MB | install s | run s | what was done |")
    print("|---|---|---|---|---|---|---|")
    results = []
    for extra in asked.extras or declared():
        found = tried(extra, asked.wheel.resolve(), versions=asked.versions)
        print(found.row(), flush=True)
        results.append(found.result)
    counts = {result: results.count(result) for result in ("works", "FAILED", "SKIPPED")}
    print(", ".join(f"{number} {result}" for result, number in counts.items()))
    return 1 if counts["FAILED"] else 0


if __name__ == "__main__":
    sys.exit(main())
