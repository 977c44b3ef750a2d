"""Write what this release leaves behind, for every release after it to open: ``spec/banks/``.

``python tools/golden_banks.py`` writes the files of the versions this release writes, where they are not
there yet. A file that is there is never written again: it stands for what people have on their disks.
``--postgres DSN`` dumps an empty database, filled, beside them; it needs the owner of the tables, and
``pg_dump`` of the server's release.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import subprocess
import tempfile
import time
from pathlib import Path

from reasoningbank import PatternInput, ReasoningBank
from reasoningbank.storage.sqlite.schema import SCHEMA_VERSION

BANKS = Path(__file__).resolve().parent.parent / "spec" / "banks"
NAMESPACES = ("default", "équipe b")
LATER = "2999-12-31T23:59:59.999Z"
LONG_AGO = "2020-01-01T00:00:00.000Z"
"""An end that had come when the file was made: whatever the day of the test, the answers are the same."""


def fill(target: str | Path) -> None:
    """Store something of each kind in two namespaces of a bank."""
    for namespace in NAMESPACES:
        with ReasoningBank.open(target, namespace=namespace, actor="a tool") as bank:
            _store_patterns(bank)
            if hasattr(bank, "learn"):  # the releases of the first schema had none
                _learn(bank)


def _store_patterns(bank: ReasoningBank) -> None:
    login = bank.store_pattern(
        task_description="Add login with a session cookie to the REST API",
        task_category="backend",
        strategy="Write the failing test for the protected route first.",
        title="Test the protected route first",
        success_score=0.95,
        duration_seconds=120.5,
        tags=("auth", "überprüft"),
        metadata={"language": "python", "nested": {"list": [1, 2.5, None, True]}},
    )
    bank.store_pattern(
        task_description="Zeichne ein Histogramm der Ladezeiten 図",
        task_category="data",
        strategy="Choose the bin width from the interquartile range.\nThen label the axis.",
    )
    changed = bank.store_pattern(
        task_description="Cut the time of the nightly build",
        task_category="build",
        strategy="Cache the dependencies.",
        expires_at=LATER,
    )
    bank.update_pattern(changed, strategy="Cache what does not change.", success_score=0.5)
    bank.update_pattern(changed, task_description="Halve the time of the nightly build")
    once = PatternInput(task_description="Rotate the keys", task_category="ops", strategy="Twice.")
    bank.put(once, idempotency_key="rotate")
    bank.put(  # the same again: an observation, and a tag
        PatternInput(
            task_description="rotate the KEYS",
            task_category="ops",
            strategy="twice.",
            tags=("seen",),
        )
    )
    bank.put(once, on_duplicate="keep")
    bank.store_pattern(
        task_description="Warm the cache", task_category="ops", strategy="Do.", expires_at=LONG_AGO
    )
    for success, source in ((True, "test"), (False, "human"), (True, "agent")):
        bank.record_outcome(pattern=login, success=success, source=source, evidence={"n": 1})
    bank.record_outcome(pattern=changed, score=0.25, source="caller")
    deleted = bank.store_pattern(task_description="Gone", task_category="ops", strategy="Deleted.")
    bank.delete_pattern(deleted)
    erased = bank.store_pattern(task_description="Wiped", task_category="ops", strategy="Erased.")
    bank.erase(erased)


def _learn(bank: ReasoningBank) -> None:
    from reasoningbank import Step, TrajectoryInput, Verdict

    def experience(task: str, kind: str, output: str) -> TrajectoryInput:
        return TrajectoryInput(
            task_description=task,
            task_category="debugging",
            steps=(
                Step(action="pytest -q", observation="1 failed", error="AssertionError: 3 == 4"),
                Step(action="edit parser.py: count the closing bracket too"),
                Step(action="pytest -q", observation=output),
            ),
            verdict=Verdict(
                kind=kind,  # type: ignore[arg-type]  # one of the words it takes
                score=1.0 if kind == "success" else 0.0,
                source="test",
                evidence={"exit_code": 0 if kind == "success" else 1},
            ),
            metadata={"commit": "abc"},
            origin="golden",
        )

    bank.learn(experience("Make the parser tests pass", "success", "12 passed"))
    withdrawn = bank.learn(experience("Make the lexer tests pass", "failure", "2 failed"))
    bank.withdraw(trajectory=withdrawn.trajectory_id)
    settled = bank.recall("Add login to the API", min_similarity=0.0)
    bank.record_outcome(recall=settled.id, success=True, source="test")
    bank.recall("Make the parser tests pass", min_similarity=0.0)
    bank.consolidate()


def contents(target: str | Path) -> dict[str, object]:
    """Give what a bank answers, by namespace: the records of its exports, and what it finds."""
    return {namespace: _contents(target, namespace) for namespace in NAMESPACES}


def _contents(target: str | Path, namespace: str) -> dict[str, object]:
    with ReasoningBank.open(target, namespace=namespace) as bank:
        found: dict[str, object] = {"patterns": _lines(bank.export_jsonl)}
        if hasattr(bank, "learn"):
            found["trajectories"] = _lines(bank.export_trajectories_jsonl)
        found["similar"] = [
            [str(one.id), round(one.similarity, 6)]
            for one in bank.find_similar("let users sign in to the API", top_k=3)
        ]
        found["ops"] = [str(one.id) for one in bank.search_by_category("ops")]
        stats = bank.get_stats()
        found["counts"] = [stats.total_patterns, stats.active_patterns]
        return found


def _lines(write: object) -> list[object]:
    text = io.StringIO()
    write(text)  # type: ignore[operator]  # one of the bank's exports
    return sorted((json.loads(line) for line in text.getvalue().splitlines()[1:]), key=in_order)


def in_order(record: object) -> str:
    """Give what records are sorted by, whatever the order of their fields."""
    return json.dumps(record, sort_keys=True)


def write_files(folder: Path) -> None:
    """Write the SQLite file, what it answers, and each kind of export."""
    with tempfile.TemporaryDirectory() as place:
        bank = Path(place) / "bank.db"
        fill(bank)
        _write(folder / f"sqlite-{SCHEMA_VERSION}.db.gz", bank.read_bytes())
        _write_json(folder / f"sqlite-{SCHEMA_VERSION}-answers.json", contents(bank))
        with ReasoningBank.open(bank) as opened:
            _export(folder / f"patterns-of-sqlite-{SCHEMA_VERSION}.jsonl.gz", opened.export_jsonl)
            if hasattr(opened, "learn"):
                name = f"trajectories-of-sqlite-{SCHEMA_VERSION}.jsonl.gz"
                _export(folder / name, opened.export_trajectories_jsonl)
        if hasattr(ReasoningBank, "learn"):
            _export_everything(bank, folder / f"copies-of-sqlite-{SCHEMA_VERSION}.jsonl.gz")


def _export_everything(bank: Path, place: Path) -> None:
    from reasoningbank.bank.whole_export import export_copies
    from reasoningbank.domain.timestamps import format_timestamp
    from reasoningbank.storage import open_storage

    everything = io.BytesIO()
    storage = open_storage(bank)
    export_copies(
        storage, storage.namespaces(), everything, format_timestamp(time.time_ns() // 1_000_000)
    )
    storage.close()
    _write(place, everything.getvalue())


def _export(place: Path, write: object) -> None:
    text = io.BytesIO()
    write(text)  # type: ignore[operator]  # one of the bank's exports
    _write(place, text.getvalue())


def _write(place: Path, content: bytes) -> None:
    _say(place, gzip.compress(content, mtime=0))


def _write_json(place: Path, content: object) -> None:
    _say(place, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def _say(place: Path, content: bytes) -> None:
    if place.exists():
        print(f"{place.name} is there, and stays")
        return
    place.write_bytes(content)
    print(f"{place.name}: {len(content):,} bytes")


def write_dump(folder: Path, dsn: str, pg_dump: str) -> None:
    """Fill an empty bank in PostgreSQL, and write its dump as statements anyone can run."""
    from reasoningbank.storage.postgres.schema import SCHEMA_VERSION as VERSION

    fill(dsn)
    _write_json(folder / f"postgres-{VERSION}-answers.json", contents(dsn))
    options = ("--inserts", "--no-owner", "--no-privileges", "--no-comments")
    made = subprocess.run(  # noqa: S603 - the program that was named
        [pg_dump, *options, f"--dbname={dsn}"], check=True, capture_output=True, text=True
    )
    # What psql alone understands, settings only newer servers know, and what an extension brings.
    unwanted = ("\\", "SET ", "CREATE EXTENSION", "--")
    lines = [line for line in made.stdout.splitlines() if line and not line.startswith(unwanted)]
    _write(folder / f"postgres-{VERSION}.sql.gz", ("\n".join(lines) + "\n").encode())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=BANKS)
    parser.add_argument("--postgres", metavar="DSN")
    parser.add_argument("--pg-dump", metavar="PROGRAM", default="pg_dump")
    asked = parser.parse_args()
    if asked.postgres is None:
        write_files(asked.folder)
    else:
        write_dump(asked.folder, asked.postgres, asked.pg_dump)
