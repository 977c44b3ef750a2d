"""Measure the bank beside its peers, each in an environment of its own.

    python -m benchmarks.peers [--only NAME ...] [--size N ...] [--rounds 10] [--seed 1] [--extend] [--save-baseline]

Prints the tables, losses included, and writes ``benchmarks/results/peers.json``. A peer that cannot be installed or fails is
left out, with the reason in the tables and on standard error. Nothing of a peer is installed beside this project's own packages:
environments are made under ``build/peers``, the first time from the registries of PyPI and npm. Data stays on this machine;
telemetry of those that have it is turned off.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import msgspec

from benchmarks.peers.contestants import BANK_MCP, CONTESTANTS, Contestant
from benchmarks.peers.environments import CLIENT, NotInstalled, Weight, prepared
from benchmarks.peers.measuring import Footprint, Timed, measured
from benchmarks.peers.report import TITLES, PeerReport, Taking, losses, markdown
from benchmarks.peers.rows import write_rows
from benchmarks.peers.speaking import Driver, Failed
from benchmarks.peers.surviving import killed, syncs_per_store
from reasoningbank.benchmark.report import load_average, machine

HERE = Path(__file__).resolve().parent.parent
LATEST = HERE / "results" / "peers.json"
BASELINE = HERE / "peers_baseline.json"
SIZES = (1_000, 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    load_before, begun = load_average(), time.monotonic()
    chosen = [one for one in CONTESTANTS if options.only is None or one.name in options.only]
    weights, left_out = install(chosen)
    sizes = tuple(options.size or SIZES)
    taking: list[Taking] = []
    timed: list[Timed] = []
    footprints: list[Footprint] = []
    known: tuple[int, ...] = ()
    spent = 0.0
    if options.extend:
        before = msgspec.json.decode(BASELINE.read_bytes(), type=PeerReport)
        known = tuple(size for size in before.sizes if size not in sizes)
        taking = list(before.taking)
        timed = [one for one in before.timed if one.size in known]
        footprints = [one for one in before.footprints if one.size in known]
        left_out = {**before.left_out, **left_out}
        spent = before.seconds
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="reasoningbank-peers-") as folder:
            rows, place = Path(folder) / "rows", Path(folder) / "stores"
            rows.mkdir()
            place.mkdir()
            write_rows(rows, size)
            if not taking:
                taking = _taking(chosen, weights, left_out, rows, place, options)
            names = {one.name for one in taking}
            taking_part = [one for one in chosen if one.name in names and one.name in weights]
            times, prints, out = measured(taking_part, size, rows, place, say)
            timed += times
            footprints += prints
            left_out.update({name: f"at {size:,}: {reason}" for name, reason in out.items()})
        # After each size, so that a run that is stopped has not been for nothing.
        report = PeerReport(
            machine=machine(load_before),
            measured_on=datetime.now(timezone.utc).date().isoformat(),
            seconds=round(spent + time.monotonic() - begun),
            seed=options.seed,
            sizes=tuple(sorted({*known, *sizes[: sizes.index(size) + 1]})),
            taking=tuple(taking),
            timed=tuple(timed),
            footprints=tuple(footprints),
            left_out=left_out,
        )
        write(LATEST, report)
        if options.save_baseline:
            write(BASELINE, report)
    print(markdown(report))
    for loss in losses(report):
        print(f"{loss.times:.1f} times {loss.peer}: {loss.what} at {loss.size:,}")
    return 0


def install(chosen: Sequence[Contestant]) -> tuple[dict[str, Weight], dict[str, str]]:
    """Make the environments; give what each weighs, and why some contestants cannot take part."""
    made: dict[str, Weight | NotInstalled] = {}
    client = next(one for one in CONTESTANTS if one.environment == CLIENT)
    wanted = [*chosen, client] if any(one.name == BANK_MCP for one in chosen) else chosen
    for one in wanted:
        if one.environment not in made:
            try:
                made[one.environment] = prepared(one, say)
            except NotInstalled as reason:
                made[one.environment] = reason
    weights: dict[str, Weight] = {}
    left_out: dict[str, str] = {}
    for one in chosen:
        needed = [made[one.environment]] + ([made[CLIENT]] if one.name == BANK_MCP else [])
        missing = [weight for weight in needed if isinstance(weight, NotInstalled)]
        if missing:
            left_out[one.name] = f"not installed: {missing[0]}"
            say(f"SKIPPED: {TITLES[one.name]}: {missing[0]}")
        else:
            [weights[one.name], *_] = [weight for weight in needed if isinstance(weight, Weight)]
    return weights, left_out


def _taking(  # noqa: PLR0917 - where, who, and how often
    chosen: Sequence[Contestant],
    weights: dict[str, Weight],
    left_out: dict[str, str],
    rows: Path,
    place: Path,
    options: argparse.Namespace,
) -> list[Taking]:
    """Give those that run, each killed some times; why others do not goes into `left_out`."""
    taking: list[Taking] = []
    for one in chosen:
        if one.name not in weights:
            continue
        say(f"killing {one.name} {options.rounds} times")
        try:
            with Driver(one, rows) as driver:
                versions = driver.ask("hello")["versions"]
            survival = killed(one, rows, place, options.rounds, options.seed)
            syncs = syncs_per_store(one, rows, place)
        except Failed as error:
            log = (rows / f"{one.name}.log").read_text("utf-8", "replace").strip()
            left_out[one.name] = f"does not run here: {error}"
            say(f"SKIPPED: {one.title}: {error}\n{log[-2000:]}")
            continue
        weight = weights[one.name]
        taking.append(
            Taking(
                name=one.name,
                versions=versions,
                install_mb=weight.megabytes,
                install_packages=weight.packages,
                survival=survival,
                syncs_per_store=syncs,
            )
        )
    return taking


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=(__doc__ or "").splitlines()[0]
    )
    names = [one.name for one in CONTESTANTS]
    parser.add_argument(
        "--only", action="append", choices=names, metavar="NAME", help=f"of {', '.join(names)}"
    )
    parser.add_argument(
        "--size", type=int, action="append", metavar="N", help="rows in a store (default: 1000, 10000)"
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=10, help="how often each is killed")
    parser.add_argument("--seed", type=int, default=1, help="when each is killed")
    parser.add_argument(
        "--extend", action="store_true", help="add sizes to the stored run, without killing anew"
    )
    parser.add_argument("--save-baseline", action="store_true", help="keep this run for the page")
    return parser


def write(path: Path, report: PeerReport) -> None:
    """Write a report as JSON that a person can read."""
    path.parent.mkdir(exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(report), indent=1)
    path.write_bytes(text + b"\n")


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
