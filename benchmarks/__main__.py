"""Measure the bank against the bare engine, against its limits and against a stored baseline.

    python -m benchmarks [--million] [--consolidation] [--size N ...] [--cache DIR] [--compare] [--save-baseline] [--strict]

Prints a Markdown table, losses included, and writes ``benchmarks/results/latest.json``. Exits with 1
with --compare when a figure is worse than 1.3 times its baseline, and with --strict when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.baseline import comparison_table, read_figures, regressions
from reasoningbank.benchmark import run

HERE = Path(__file__).parent
LATEST = HERE / "results" / "latest.json"
BASELINE = HERE / "baseline.json"
SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sizes = list(options.size or SIZES)
    if options.million:
        sizes.append(MILLION)
    report = run(
        sizes,
        directory=options.directory,
        vector_cache=options.cache,
        progress=_say,
        repeats=options.repeats,
        consolidation=options.consolidation,
    )
    print(report.to_markdown())
    told = report.to_dict()
    _write(LATEST, told)
    worse: list[str] = []
    if options.compare:
        before, now = read_figures(BASELINE), read_figures(LATEST)
        print(comparison_table(before, now))
        worse = regressions(before, now)
        for key in worse:
            print(f"worse than the baseline: {key}")
    if options.save_baseline:
        _write(BASELINE, told)
    missed = report.missed()
    for figure in missed:
        print(f"misses its limit: {figure.key}")
    return 1 if worse or (missed and options.strict) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--size", type=int, action="append", metavar="N",
        help="patterns in a bank; may be repeated (default: 1000, 10000 and 100000)",
    )  # fmt: skip
    parser.add_argument("--million", action="store_true", help="also a bank of 1,000,000 patterns")
    parser.add_argument(
        "--consolidation", action="store_true", help="also consolidate whole banks, for minutes"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep the embedded texts there for the next run"
    )
    parser.add_argument("--directory", type=Path, metavar="DIR", help="make the banks on this disk")
    parser.add_argument(
        "--repeats", type=float, default=1.0, metavar="SHARE", help="share of the usual calls"
    )
    parser.add_argument(
        "--compare", action="store_true", help="show each figure beside benchmarks/baseline.json"
    )
    parser.add_argument("--strict", action="store_true", help="fail when a limit is missed")
    parser.add_argument(
        "--save-baseline", action="store_true", help="keep this run as the new baseline"
    )
    return parser


def _write(path: Path, told: dict[str, object]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
