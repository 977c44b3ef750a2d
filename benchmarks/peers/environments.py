"""Make each contestant an environment of its own under `build/peers`, once, and say what it weighs.

Nothing is installed beside this project's own packages, and what cannot be installed is a reason, not an error.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.peers.contestants import Contestant

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "peers"
# With what a package asks for as optional: npm brings it by default, and agentic-flow does not run without.
NPM_QUIET = ("--no-audit", "--no-fund", "--silent", "--ignore-scripts")
# Compiled where no ready build can be fetched.
NATIVE = ("better-sqlite3",)
# The client that drives our MCP server is not part of what is weighed.
CLIENT = "server-memory"


class NotInstalled(Exception):
    """Why a contestant cannot take part, in a line."""


class Weight(NamedTuple):
    """What was installed: bytes of files and number of packages, dependencies included."""

    megabytes: float
    packages: int


def prepared(contestant: Contestant, say: Callable[[str], None]) -> Weight:
    """Install what a contestant needs unless it is there, and give its weight; raise `NotInstalled` with the reason."""
    folder = BUILD / contestant.environment
    stamp = folder / ".installed.json"
    recipe = [sys.version.split()[0], *contestant.packages]
    if contestant.packages[0].startswith("."):
        recipe.append(_checkout())
    if stamp.exists():
        told = json.loads(stamp.read_text("utf-8"))
        if told["recipe"] == recipe:
            return Weight(told["megabytes"], told["packages"])
    say(f"installing {' '.join(contestant.packages)} into {folder.relative_to(ROOT)}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    in_python = contestant.packages[0].startswith(".") or contestant.language == "python"
    weight = _with_pip(folder, contestant) if in_python else _with_npm(folder, contestant)
    stamp.write_text(json.dumps({"recipe": recipe, **weight._asdict()}), "utf-8")
    return weight


def python_of(environment: str) -> str:
    return str(BUILD / environment / "bin" / "python")


def _checkout() -> str:
    """Give a name for the sources as they are: another one means installing again."""
    digest = hashlib.sha256()
    for path in [ROOT / "pyproject.toml", *sorted((ROOT / "src").rglob("*.*"))]:
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _with_pip(folder: Path, contestant: Contestant) -> Weight:
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    wanted = [str(ROOT) + one[1:] if one.startswith(".") else one for one in contestant.packages]
    _run(
        [
            sys.executable, "-m", "pip", "--python", python_of(contestant.environment), "install",
            "--quiet", "--disable-pip-version-check", *wanted,
        ]
    )  # fmt: skip
    [site] = (folder / "lib").glob("python*/site-packages")
    shutil.rmtree(site / "__pycache__", ignore_errors=True)
    return Weight(_megabytes(site), len(list(site.glob("*.dist-info"))))


def _with_npm(folder: Path, contestant: Contestant) -> Weight:
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise NotInstalled("npm and node are not installed")
    (folder / "package.json").write_text('{"private": true}', "utf-8")
    _run(["npm", "install", *NPM_QUIET, *contestant.packages], cwd=folder)
    modules = folder / "node_modules"
    packages = len(json.loads((folder / "package-lock.json").read_text("utf-8"))["packages"]) - 1
    for name in NATIVE:
        if (modules / name).exists():
            # Its own script: it fetches a ready build, or compiles.
            _run(["npm", "run", "--silent", "install"], cwd=modules / name)
    return Weight(_megabytes(modules), packages)


def _run(command: list[str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, check=False, timeout=900
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(str(error)) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
        raise NotInstalled(f"{command[0]} failed: {said[-1][:200]}")


def _megabytes(folder: Path) -> float:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    # Compiled bytecode depends on what has been imported, not on what was installed.
    return round(sum(path.stat().st_size for path in files if path.suffix != ".pyc") / 1e6, 1)
