"""Rows that nobody would write on purpose: each comes in or is rejected by name, none stops the rest."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from reasoningbank import ReasoningBank
from reasoningbank.domain.errors import ForeignDatabase, StorageCorrupt
from reasoningbank.migration.inspecting import inspect
from reasoningbank.migration.running import MigrationReport, migrate
from tests.migration import foreign

HUGE = 2**63 - 1


def test_hostile_rows_of_agentic_flow_never_stop_it(tmp_path: Path) -> None:
    plain = foreign.flow_pattern
    lone = '{"title": "half \\ud83d pair", "content": "\\ud800"}'
    rows = [
        plain(None, title="no id"),
        plain(None, title="no id"),
        {**plain("bad json"), "pattern_data": "{not json"},
        {**plain("list"), "pattern_data": "[1, 2]"},
        {**plain("deep"), "pattern_data": "[" * 100_000},
        {**plain("blob"), "pattern_data": json.dumps({"title": "as a blob"}).encode()},
        {**plain("bytes"), "pattern_data": b"\xff\xfe\x00"},
        {**plain("high"), "confidence": "high"},
        {**plain("beyond"), "confidence": 7.5, "usage_count": -3},
        {**plain("infinite"), "confidence": float("inf"), "usage_count": HUGE},
        {**plain("time"), "created_at": str(HUGE), "last_used": "never"},
        plain("long", title="t" * 20_000, content="c" * 70_000, tags=["x" * 300] * 3),
        plain("tags", tags=[str(number) for number in range(100)]),
        plain("empty", title="", content=""),
        plain("blank", title="\u200b", content="\u200b"),
        {**plain("lone"), "pattern_data": lone},
        plain("control", title="a\x00b\x1b[31m", content="line\nline\x07"),
        plain("lines", title="two\nlines\u2028three"),
        plain("numbers", title=5, content=6.5, tags={"a": 1}, domain=["x"], depth=HUGE * 2),
        plain("provenance", provenance={"origin": "liar"}, original="mine"),
    ]
    source = foreign.agentic_flow(tmp_path / "memory.db", rows)
    with closing(sqlite3.connect(source)) as connection:
        # Text that is no UTF-8 can stand in a column all the same.
        connection.execute(
            "INSERT INTO patterns (id, type, pattern_data) VALUES "
            "('not utf-8', 'x', CAST(X'7b227469746c65223a22c3287d227d' AS TEXT))"
        )
        connection.commit()

    report = migrate(str(source), tmp_path / "bank.db")

    [patterns] = [t for t in report.tally.files[0].tables if t.table == "patterns"]
    assert patterns.rows == len(rows) + 1 == patterns.accounted
    assert report.rejects is not None
    rejects = [msgspec.json.decode(line) for line in Path(report.rejects).read_bytes().splitlines()]
    assert {one["id"] for one in rejects} == {"bad json", "list", "deep", "bytes", "empty", "blank"}
    assert all(one["reason"] and one["table"] == "patterns" for one in rejects)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert all(finding.level == "ok" for finding in bank.check())
        found = {str(p.metadata["provenance"]["id"]): p for p in bank.find_similar("x", top_k=100)}
    long = found["long"]
    assert len(long.title.encode()) <= 512
    assert long.metadata["original"]["title"] == "t" * 20_000
    assert long.metadata["original"]["strategy"] == "c" * 70_000
    assert len(found["tags"].tags) == 64
    assert len(found["tags"].metadata["original"]["tags"]) == 100
    assert found["lone"].strategy == "\ufffd"
    assert found["high"].metadata["provenance"]["claimed"]["confidence"] == "high"
    assert found["high"].success_score is None
    assert found["infinite"].uses == 2**53 - 1
    assert found["beyond"].uses == 0
    assert found["provenance"].metadata["provenance"]["claimed"]["provenance"] == {"origin": "liar"}
    assert found["blob"].title == "as a blob"


def test_secrets_are_taken_out_and_counted(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    source = foreign.agentic_flow(
        tmp_path / "memory.db", [foreign.flow_pattern("a", content=f"use {secret} to push")]
    )

    report = migrate(str(source), tmp_path / "bank.db")

    assert report.tally.redacted == {"github_token": 1}
    assert secret.encode() not in (tmp_path / "bank.db").read_bytes()


def test_text_of_more_than_metadata_may_hold_is_rejected_with_the_reason(tmp_path: Path) -> None:
    source = foreign.agentic_flow(
        tmp_path / "memory.db", [foreign.flow_pattern("a", content="x" * 1_100_000)]
    )

    report = migrate(str(source), tmp_path / "bank.db")

    assert report.tally.total("rejected") == 1
    assert report.rejects is not None
    assert b"1,048,576" in Path(report.rejects).read_bytes()


def test_a_table_without_row_numbers_and_a_view_and_an_unknown_table(tmp_path: Path) -> None:
    schema = (
        foreign.AGENTIC_FLOW.replace("last_used TEXT);", "last_used TEXT) WITHOUT ROWID;")
        + "CREATE VIEW everything AS SELECT * FROM patterns;"
        + "CREATE TABLE diary (day TEXT, line TEXT);"
    )
    source = foreign.database(
        tmp_path / "memory.db",
        schema,
        {"patterns": [foreign.flow_pattern("a")], "diary": [{"day": "x", "line": "y"}]},
    )

    report = migrate(str(source), tmp_path / "bank.db")

    tables = {table.table: table for table in report.tally.files[0].tables}
    assert "everything" not in tables
    assert (tables["patterns"].rows, tables["patterns"].migrated) == (1, 1)
    assert (tables["diary"].left, tables["diary"].why) == (1, "not known here: day, line")


def test_a_damaged_page_loses_its_rows_alone_and_each_is_named(tmp_path: Path) -> None:
    source = foreign.many(tmp_path / "memory.db", 2_000)
    content = bytearray(source.read_bytes())
    page = 4096 * (len(content) // 4096 // 2)
    content[page : page + 4096] = b"\xa5" * 4096
    source.write_bytes(content)

    report = migrate(str(source), tmp_path / "bank.db")

    [patterns] = [t for t in report.tally.files[0].tables if t.table == "patterns"]
    assert patterns.rows >= 2_000
    assert patterns.accounted == patterns.rows
    assert 0 < patterns.rejected < 200
    assert patterns.migrated + patterns.merged > 1_800


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", StorageCorrupt), (b"SQLite format 2 or so", StorageCorrupt)],
)
def test_a_file_that_is_no_database_is_refused_and_nothing_is_made(
    tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    (tmp_path / "memory.db").write_bytes(content)
    with pytest.raises(error):
        migrate(str(tmp_path / "memory.db"), tmp_path / "bank.db")
    assert [file.name for file in tmp_path.iterdir()] == ["memory.db"]


def test_a_database_of_which_no_table_is_known_is_refused_by_name(tmp_path: Path) -> None:
    foreign.database(tmp_path / "diary.db", "CREATE TABLE diary (day TEXT)", {})
    with pytest.raises(ForeignDatabase, match="diary"):
        migrate(str(tmp_path / "diary.db"), tmp_path / "bank.db")
    assert [file.name for file in tmp_path.iterdir()] == ["diary.db"]


def test_an_empty_database_of_a_known_kind_makes_an_empty_bank(tmp_path: Path) -> None:
    source = foreign.database(tmp_path / "memory.db", foreign.CLAUDE_FLOW_3, {})
    assert migrate(str(source), tmp_path / "bank.db").tally.complete
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 0


def test_a_dry_run_counts_and_shows_the_same_rows_and_writes_nothing(tmp_path: Path) -> None:
    source = foreign.agentic_flow(
        tmp_path / "memory.db",
        [foreign.flow_pattern("a"), {**foreign.flow_pattern("b"), "pattern_data": "{"}],
    )
    found = inspect(str(source))
    [patterns] = [t for t in found.tally.files[0].tables if t.table == "patterns"]
    assert (patterns.rows, patterns.migrated, patterns.rejected) == (2, 1, 1)
    assert [reason.partition(" (")[0] for reason in found.reasons] == [
        "patterns: pattern_data is not JSON"
    ]
    assert (found.samples[0].id, found.samples[0].title) == ("a", "title of a")
    assert [file.name for file in tmp_path.iterdir()] == ["memory.db"]


def test_a_directory_is_searched_and_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    swarm = tmp_path / ".swarm"
    (swarm / "deeper").mkdir(parents=True)
    foreign.agentic_flow(swarm / "memory.db", [foreign.flow_pattern("a")])
    foreign.agentic_flow(swarm / "deeper" / "no-suffix", [foreign.flow_pattern("b")])
    (swarm / "broken.db").write_bytes(b"")
    (swarm / "notes.txt").write_text("nothing of ours")

    report: MigrationReport = migrate(str(swarm), tmp_path / "bank.db")

    named = {Path(file.file).name: file.error for file in report.tally.files}
    assert set(named) == {"memory.db", "no-suffix", "broken.db"}
    assert "empty" in named["broken.db"]
    assert report.tally.total("migrated") == 2
