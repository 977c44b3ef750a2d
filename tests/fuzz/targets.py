"""What is fuzzed: each target takes bytes as a stranger's file would hold them, and may fail by typed errors alone.

A target that ends, whether it took the bytes or refused them with an error of the bank's own tree, has
passed. Any other exception, and an answer that breaks a promise, is a defect.
"""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from reasoningbank import ReasoningBank, ReasoningBankError, read_test_report, read_trajectories
from reasoningbank.bank.whole_export import restore_copies
from reasoningbank.domain.validation import checked_input
from reasoningbank.hooks.given import read_input
from reasoningbank.learning.llm_reading import object_in
from reasoningbank.migration import fitting
from reasoningbank.migration.accounts import Reject
from reasoningbank.migration.material import PatternMaterial, TrajectoryMaterial, Unusable
from reasoningbank.migration.reading import opened
from reasoningbank.storage import open_storage
from tests.faults.operations import SmallEmbedder
from tests.migration import foreign

Target = Callable[[bytes], None]

_IN_MEMORY = Path("/dev/shm")
_MOST_BYTES: Final = 200_000
"""Longer inputs are cut: how long a file may be is a limit that other tests look at."""


@contextmanager
def _folder() -> Iterator[Path]:
    place = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="reasoningbank-fuzz-", dir=place)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _read_foreign(path: Path, work: Path) -> None:
    """Read a file of another program to its end, and make of every row what a bank would store."""
    work.mkdir()
    with suppress(ReasoningBankError), opened(path, work) as source:
        for account, item in source.read():
            assert account.table
            if isinstance(item, Reject):
                assert item.reason
                continue
            with suppress(Unusable, ReasoningBankError):
                if isinstance(item, PatternMaterial):
                    checked_input(fitting.pattern_input(item, "file"))
                elif isinstance(item, TrajectoryMaterial):
                    fitting.trajectory_input(item)
        for account in source.accounts:
            assert account.rows is None or account.rows >= 0


def foreign_database(content: bytes) -> None:
    """Read bytes as the database of another program, damaged or made up."""
    with _folder() as folder:
        path = folder / "memory.db"
        path.write_bytes(content[:_MOST_BYTES])
        _read_foreign(path, folder / "work")
        assert path.read_bytes() == content[:_MOST_BYTES], "another program's file was written"


SCHEMAS: Final[Mapping[str, tuple[str, str]]] = {
    "agentic-flow": (foreign.AGENTIC_FLOW, "patterns"),
    "agentic-flow trajectories": (foreign.AGENTIC_FLOW, "task_trajectories"),
    "claude-flow 2": (foreign.MEMORY_ENTRIES_2, "memory_entries"),
    "claude-flow 2 hive-mind": (foreign.HIVE_MIND, "collective_memory"),
    "claude-flow 3": (foreign.CLAUDE_FLOW_3, "memory_entries"),
    "claude-flow 3 patterns": (foreign.CLAUDE_FLOW_3, "patterns"),
    "claude-flow 3 trajectories": (foreign.CLAUDE_FLOW_3, "trajectories"),
    "agentdb 1.0": (foreign.AGENTDB_1, "vectors"),
    "agentdb": (foreign.AGENTDB, "reasoning_patterns"),
    "agentdb episodes": (foreign.AGENTDB, "episodes"),
    "agentdb skills": (foreign.AGENTDB, "skills"),
    "source document": (foreign.SOURCE_DOCUMENT, "patterns"),
}
SEPARATOR: Final = b"\x1f"


def foreign_rows(content: bytes) -> None:
    """Put bytes as values into a sound table of another program: one byte names it, the rest are values.

    Values are parted by U+001F; the first byte of each says of which kind it is.
    """
    schema, table = list(SCHEMAS.values())[(content[:1] or b"\0")[0] % len(SCHEMAS)]
    values = [_value(part) for part in content[1:_MOST_BYTES].split(SEPARATOR)]
    with _folder() as folder:
        path = folder / "memory.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                f"PRAGMA page_size=1024; PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF; {schema}"
            )
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            for start in range(0, min(len(values), 4 * len(columns)), len(columns)):
                row = dict(zip(columns, values[start : start + len(columns)], strict=False))
                marks = ", ".join("?" * len(row))
                # What the table itself refuses was never in such a file.
                with suppress(sqlite3.Error, OverflowError):
                    connection.execute(
                        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})",
                        list(row.values()),
                    )
            connection.commit()
        _read_foreign(path, folder / "work")


def _value(part: bytes) -> object:
    kind, rest = part[:1], part[1:]
    if kind == b"n":
        return None
    if kind == b"b":
        return rest
    if kind in {b"i", b"f"}:
        with suppress(ValueError):
            return int(rest) if kind == b"i" else float(rest)
    return part.decode("utf-8", "replace")


def foreign_lines(content: bytes) -> None:
    """Read bytes as the JSON lines or the JSON document of another program."""
    with _folder() as folder:
        path = folder / "memory.jsonl"
        path.write_bytes(content[:_MOST_BYTES])
        _read_foreign(path, folder / "work")


def export_restored(content: bytes) -> None:
    """Restore bytes as an export: what was there before stays as it is, and the bank stays sound."""
    with ReasoningBank.open("memory:", embedder=SmallEmbedder()) as bank:
        own = bank.store_pattern(task_description="own", task_category="own", strategy="own")
        before = bank.get_pattern(own)
        with suppress(ReasoningBankError):
            report = bank.restore_jsonl(io.BytesIO(content[:_MOST_BYTES]))
            assert bank.get_stats().total_patterns == 1 + report.created
        assert bank.get_pattern(own) == before
        assert [one for one in bank.check() if one.level == "error"] == []


def lines_imported(content: bytes) -> None:
    """Import bytes as lines of patterns, and as lines of experiences, leaving out what is unfit."""
    with ReasoningBank.open("memory:", embedder=SmallEmbedder()) as bank:
        for take in (bank.import_jsonl, bank.import_trajectories_jsonl):
            with suppress(ReasoningBankError):
                report = take(io.BytesIO(content[:_MOST_BYTES]), on_invalid="skip")
                assert len(report.skipped) <= report.read
        assert [one for one in bank.check() if one.level == "error"] == []


def whole_export(content: bytes) -> None:
    """Restore bytes as the export of everything: all of it comes in, or nothing does."""
    storage = open_storage("memory:")
    try:
        try:
            restore_copies(storage, io.BytesIO(content[:_MOST_BYTES]))
        except ReasoningBankError:
            assert storage.namespaces() == [], "half of it was restored"
    finally:
        storage.close()


def trajectories(content: bytes) -> None:
    """Read bytes as the experiences of whichever agent or test runner."""
    with _folder() as folder:
        path = folder / "run"
        path.write_bytes(content[:_MOST_BYTES])
        with suppress(ReasoningBankError):
            for given in read_trajectories(path):
                assert given.task_description
        with suppress(ReasoningBankError):
            list(read_trajectories(path, on_bad_line=lambda _: None))


def junit_report(content: bytes) -> None:
    """Read bytes as a report in JUnit's XML."""
    with _folder() as folder:
        path = folder / "report.xml"
        path.write_bytes(content[:_MOST_BYTES])
        with suppress(ReasoningBankError):
            assert read_test_report(path).source == "test"


def model_answer(content: bytes) -> None:
    """Read bytes as what a model answered."""
    with suppress(ReasoningBankError):
        assert isinstance(object_in(content[:_MOST_BYTES].decode("utf-8", "replace")), dict)


def hook_input(content: bytes) -> None:
    """Read bytes as what an editor gives a hook; what cannot be read is a `ValueError` there."""
    with suppress(ValueError):
        given = read_input(content[:_MOST_BYTES])
        for name in ("session", "working_directory", "text"):
            getattr(given, name, None)


TARGETS: Final[Mapping[str, Target]] = {
    "foreign_database": foreign_database,
    "foreign_rows": foreign_rows,
    "foreign_lines": foreign_lines,
    "export_restored": export_restored,
    "lines_imported": lines_imported,
    "whole_export": whole_export,
    "trajectories": trajectories,
    "junit_report": junit_report,
    "model_answer": model_answer,
    "hook_input": hook_input,
}
