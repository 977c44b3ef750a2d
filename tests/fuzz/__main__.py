"""Fuzzing, guided by coverage: ``python -m tests.fuzz [TARGET ...] [--seconds N] [--seed N]``.

Needs atheris (the dependency group `fuzz`); without it this says so and ends with status 0, or with 2
under ``--strict``. Each target runs in a process of its own, beginning from its files in
``tests/fuzz/corpus``. What it fails on is written to the folder of ``--found``, to be mended and then
kept in the corpus, which `make test` plays back.
"""
# ruff: noqa: T201 - it tells what it does

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
_NAMES = tuple(sorted(folder.name for folder in CORPUS.iterdir() if folder.is_dir()))
_LONGEST_BYTES = 20_000
_ONE_INPUT_SECONDS = 30
_SHOWN_LINES = 60


def main() -> int:
    """Fuzz what was asked for, one target after the other, and give the status."""
    given = _arguments()
    if find_spec("atheris") is None:
        print("NOT FUZZED: atheris is not installed: python -m pip install --group fuzz")
        return 2 if given.strict else 0
    failed = [
        name
        for name in given.targets or _NAMES
        if not _fuzzed(name, given.seconds, given.seed, given.found)
    ]
    print(f"FAILED: {', '.join(failed)}" if failed else "No target failed.")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(_NAMES))
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="0, the default, draws one")
    parser.add_argument("--strict", action="store_true", help="fail where atheris is missing")
    parser.add_argument(
        "--found", type=Path, default=Path("build/fuzz"), help="where to put what failed"
    )
    given = parser.parse_args()
    unknown = set(given.targets) - set(_NAMES)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    return given


def _fuzzed(name: str, seconds: int, seed: int, found: Path) -> bool:
    """Fuzz one target in a process of its own; give whether it failed on nothing."""
    found.mkdir(parents=True, exist_ok=True)
    print(f"{name}: {seconds} s", flush=True)
    with tempfile.TemporaryDirectory(prefix="reasoningbank-corpus-") as grown:
        done = subprocess.run(
            [
                sys.executable, "-m", "tests.fuzz.inside", name, grown, str(CORPUS / name), f"-max_total_time={seconds}", f"-seed={seed}",
                f"-max_len={_LONGEST_BYTES}", f"-timeout={_ONE_INPUT_SECONDS}", "-rss_limit_mb=2048",
                f"-artifact_prefix={found}/{name}-", "-print_final_stats=1",
            ],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )  # fmt: skip
    lines = (done.stdout + done.stderr).splitlines()
    told = [
        line.partition("stat::")[2].strip()
        for line in lines
        if line.startswith(("stat::number_of_executed_units", "stat::new_units_added"))
    ]
    print(f"  {'; '.join(' '.join(one.split()) for one in told) or 'no statistics'}", flush=True)
    if done.returncode:
        shown = [line for line in lines if not line.startswith("INFO: Instrumenting")]
        print("\n".join(f"    {line}" for line in shown[-_SHOWN_LINES:]), flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
