"""Damaged banks: what can be read is saved into a new one, and the rest is named."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import apsw
import pytest

from reasoningbank import Conflict, InvalidInput, ReasoningBank
from reasoningbank.storage.sqlite.recovery import recover
from tests.storage.recovering import PATTERNS, a_bit_of_everything, assert_accounted_for, contents


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank with something of everything."""
    return a_bit_of_everything(tmp_path_factory.mktemp("sound") / "bank.db")


@pytest.fixture
def damaged(sound, tmp_path) -> Path:
    return Path(shutil.copyfile(sound, tmp_path / "damaged.db"))


def test_all_of_a_sound_bank_is_saved(sound, tmp_path):
    report = recover(sound, tmp_path / "new.db")

    assert report.lost == ()
    assert report.notes == ()
    assert contents(tmp_path / "new.db") == contents(sound)


@pytest.mark.parametrize("bytes_lost", [16, 100])
def test_a_lost_header_is_written_anew(damaged, tmp_path, sound, bytes_lost):
    with damaged.open("r+b") as file:
        file.write(bytes(bytes_lost))
    before = damaged.read_bytes()

    report = recover(damaged, tmp_path / "new.db")

    assert contents(tmp_path / "new.db") == contents(sound)
    assert report.notes == ("the header was lost and was written anew",)
    assert damaged.read_bytes() == before


def test_a_lost_first_page_is_written_anew(damaged, tmp_path, sound):
    with damaged.open("r+b") as file:
        file.write(bytes(4096))

    report = recover(damaged, tmp_path / "new.db")

    assert contents(tmp_path / "new.db") == contents(sound)
    assert report.notes == ("the first page was lost and was written anew",)


def lose_root(path: Path, table: str) -> None:
    connection = apsw.Connection(str(path))
    [(root,)] = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    list(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    connection.close()
    with path.open("r+b") as file:
        file.seek(4096 * (root - 1))
        file.write(random.Random(1).randbytes(4096))


def test_the_way_to_the_patterns_is_made_anew(damaged, tmp_path, sound):
    lose_root(damaged, "patterns")

    report = recover(damaged, tmp_path / "new.db")

    assert "made anew" in report.notes[0]
    assert contents(tmp_path / "new.db") == contents(sound)


def test_the_way_to_many_patterns_is_made_anew(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_patterns(
            {
                "task_description": f"Task number {number}",
                "task_category": "c",
                "strategy": f"Strategy {number}: " + "look first. " * 80,
            }
            for number in range(2_000)
        )
    lose_root(path, "patterns")

    report = recover(path, tmp_path / "new.db")

    assert report.saved == {"pattern": 2_000}
    assert report.lost == ()


@pytest.mark.parametrize(
    "table",
    [
        "pattern_history",
        "outcomes",
        "pattern_embeddings",
        "pattern_links",
        "trajectories",
        "embedding_models",
        "namespaces",
        "recalls",
        "consolidations",
        "observations",
    ],
)
def test_what_is_lost_of_another_table_costs_no_pattern(damaged, tmp_path, sound, table):
    lose_root(damaged, table)

    report = recover(damaged, tmp_path / "new.db")

    with ReasoningBank.open(tmp_path / "new.db") as bank:
        assert bank.get_stats().total_patterns == PATTERNS - 1
    if table in {"embedding_models", "namespaces"}:
        assert ("model", False) in {(lost.kind, lost.saved) for lost in report.lost}
    if table == "pattern_embeddings":
        assert report.without_vector == {"default": PATTERNS - 1}


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_of_a_truncated_file_what_is_left_is_saved(damaged, tmp_path, sound, share):
    content = damaged.read_bytes()
    damaged.write_bytes(content[: int(len(content) * share)])

    report = recover(damaged, tmp_path / "new.db")

    assert_accounted_for(report, sound, tmp_path / "new.db", least=1)


def test_the_pages_that_are_cut_off_are_named(damaged, tmp_path):
    pages = damaged.stat().st_size // 4096
    damaged.write_bytes(damaged.read_bytes()[: 4096 * (pages - 3) + 100])

    report = recover(damaged, tmp_path / "new.db")

    assert [(lost.id, lost.saved) for lost in report.lost if lost.kind == "pages"] == [
        (f"{pages - 2} to {pages}", False)
    ]


@pytest.mark.parametrize("seed", range(8))
def test_damage_anywhere_costs_only_what_stood_there(damaged, tmp_path, sound, seed):
    chance = random.Random(seed)
    content = bytearray(damaged.read_bytes())
    for _ in range(3):
        at = 4096 * chance.randrange(1, len(content) // 4096)
        content[at : at + 4096] = chance.randbytes(4096)
    damaged.write_bytes(content)

    report = recover(damaged, tmp_path / "new.db")

    assert_accounted_for(report, sound, tmp_path / "new.db", least=PATTERNS * 2 // 3)


def test_a_missing_log_costs_only_what_stood_in_it(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_pattern(task_description="a", task_category="c", strategy="s")
        connection = apsw.Connection(str(path))
        list(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        connection.close()
        bank.store_pattern(task_description="b", task_category="c", strategy="s")
        shutil.copyfile(path, tmp_path / "damaged.db")  # without its log

    report = recover(tmp_path / "damaged.db", tmp_path / "new.db")

    assert report.saved["pattern"] == 1


def test_what_stands_in_the_log_is_saved(tmp_path):
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        bank.store_pattern(task_description="a", task_category="c", strategy="s")
        for end in ("", "-wal"):
            shutil.copyfile(f"{path}{end}", tmp_path / f"damaged.db{end}")

    report = recover(tmp_path / "damaged.db", tmp_path / "new.db")

    assert report.saved["pattern"] == 1
    assert (tmp_path / "damaged.db-wal").stat().st_size > 0


def test_a_row_that_was_changed_is_named_and_left_out(damaged, tmp_path):
    connection = apsw.Connection(str(damaged))
    [(one,)] = connection.execute("SELECT id FROM patterns LIMIT 1")
    connection.execute("UPDATE patterns SET strategy = 'planted' WHERE id = ?", (one,))
    connection.close()

    report = recover(damaged, tmp_path / "new.db")

    assert [(lost.kind, lost.id, lost.saved) for lost in report.lost] == [("pattern", one, False)]
    with ReasoningBank.open(tmp_path / "new.db") as bank:
        assert bank.get_pattern(one) is None


def test_a_damaged_vector_is_counted_and_can_be_made_anew(damaged, tmp_path):
    connection = apsw.Connection(str(damaged))
    connection.execute(
        "UPDATE pattern_embeddings SET embedding = zeroblob(768) "
        "WHERE pattern_id IN (SELECT pattern_id FROM pattern_embeddings LIMIT 3)"
    )
    connection.close()

    report = recover(damaged, tmp_path / "new.db")

    assert report.without_vector == {"default": 3}
    assert report.lost == ()
    with ReasoningBank.open(tmp_path / "new.db") as bank:
        assert bank.reembed().vectors == 3
        assert len(bank.find_similar("Task number 5", top_k=1_000)) == PATTERNS - 1


@pytest.mark.parametrize("content", [b"", b"\0" * 40_000, b"text " * 4_000])
def test_a_file_with_nothing_of_a_bank_is_refused(tmp_path, content):
    (tmp_path / "damaged.db").write_bytes(content)

    with pytest.raises(InvalidInput):
        recover(tmp_path / "damaged.db", tmp_path / "new.db")

    assert not (tmp_path / "new.db").exists()
    assert sorted(place.name for place in tmp_path.iterdir()) == ["damaged.db"]


def test_a_file_that_is_there_is_not_written_over(sound, tmp_path):
    (tmp_path / "new.db").write_bytes(b"mine")

    with pytest.raises(Conflict):
        recover(sound, tmp_path / "new.db")
