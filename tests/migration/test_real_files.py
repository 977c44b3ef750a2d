"""Every database that the other tools have really made, with all of its rows accounted for."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from reasoningbank import ReasoningBank
from reasoningbank.domain.errors import StorageCorrupt
from reasoningbank.migration.running import migrate


@pytest.fixture
def databases(shared: Path) -> list[Path]:
    folder = shared / "data" / "foreign"
    if not folder.is_dir():
        pytest.skip(f"no databases of other tools in {folder}")
    return sorted(folder.glob("*.db"))


def tree(directory: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(directory.iterdir())
    }


def test_every_row_of_every_file_is_accounted_for_and_the_files_are_untouched(
    databases: list[Path], tmp_path: Path
) -> None:
    before = tree(databases[0].parent)
    for number, source in enumerate(databases):
        target = tmp_path / f"{number}.db"
        try:
            report = migrate(str(source), target)
        except StorageCorrupt:
            assert not source.stat().st_size or source.read_bytes()[:6] != b"SQLite"
            assert not target.exists()
            continue
        assert report.tally.complete
        rows = [t for file in report.tally.files for t in file.tables if t.becomes != "left"]
        lost = sum(table.rejected for table in rows)
        damaged = "truncated" in source.name
        assert damaged or lost <= max(2, sum(table.rows for table in rows) // 10), source.name
        unknown = [t.table for f in report.tally.files for t in f.tables if "not known" in t.why]
        assert unknown == [], source.name
        with ReasoningBank.open(target) as bank:
            assert all(finding.level == "ok" for finding in bank.check())
    assert tree(databases[0].parent) == before


def test_migrated_patterns_are_found_by_meaning(databases: list[Path], tmp_path: Path) -> None:
    migrate(str(databases[0].parent), tmp_path / "bank.db")
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        for question, word in (
            ("stop too many requests when a service falls over", "rate limiter"),
            ("the form in the browser got slower", "React form"),
            ("too many open database connections", "connection pool"),
        ):
            found = bank.find_similar(question, top_k=3)
            assert any(word in one.task_description for one in found), question
