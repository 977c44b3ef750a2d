"""Erased means that the bytes are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from reasoningbank import Busy, NotFound, PatternInput, ReasoningBank
from reasoningbank.storage.sqlite import erasure

SECRET_TEXTS = (
    "the quick zebra jumps over the lazy vicuna at midnight",
    "whisper the unspeakable plan to nobody but the gardener",
    "an evidence sentence about the marmalade incident",
)


def files_hold(path: Path, text: str) -> list[str]:
    """Names of the bank's files that hold a text; called when no bank is open in this process."""
    return [
        file.name
        for file in path.parent.glob(path.name + "*")
        if text.encode() in file.read_bytes()
    ]


def fill(bank: ReasoningBank, count: int) -> None:
    bank.store_patterns(
        PatternInput(
            task_description=f"ordinary task number {number}",
            task_category="c",
            strategy=f"ordinary strategy {number} " * (number % 60 + 1),
        )
        for number in range(count)
    )


def test_no_file_of_the_bank_holds_a_piece_of_it_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    task, strategy, evidence = SECRET_TEXTS
    with ReasoningBank.open(path) as bank:
        fill(bank, 200)
        erased = bank.store_pattern(
            task_description=task,
            task_category="c",
            strategy=strategy * 200,
            title=task,
            metadata={"note": strategy},
        )
        fill(bank, 300)
        bank.put(
            PatternInput(task_description=task.upper(), task_category="c", strategy=strategy * 200)
        )
        bank.update_pattern(erased, strategy=strategy + " changed")
        bank.record_outcome(pattern=erased, success=True, evidence={"why": evidence})
        proof = bank.erase(erased)
        assert proof.rows == {
            "patterns": 1, "pattern_embeddings": 1, "pattern_history": 3, "observations": 1,
            "outcomes": 1,
        }  # fmt: skip
        assert proof.bytes_checked == path.stat().st_size
        assert bank.get_pattern(erased) is None
        assert bank.history(erased) == bank.outcomes(erased) == bank.observations(erased) == []
        assert all(finding.level == "ok" for finding in bank.check())
        assert bank.get_stats().total_patterns == 300
    for text in (task, task.upper(), strategy, evidence):
        assert files_hold(path, text) == []


def test_what_is_left_of_a_deleted_pattern_can_be_erased(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        deleted = bank.store_pattern(
            task_description=SECRET_TEXTS[0], task_category="c", strategy=SECRET_TEXTS[1]
        )
        bank.delete_pattern(deleted)
        assert bank.history(deleted)
        assert bank.erase(deleted).rows == {"pattern_history": 1}
        assert bank.history(deleted) == []
    assert files_hold(path, SECRET_TEXTS[0]) == []


def test_text_that_other_patterns_share_does_not_spoil_the_proof(any_bank: ReasoningBank) -> None:
    shared = SECRET_TEXTS[0]
    kept = any_bank.store_pattern(task_description=shared, task_category="a", strategy="stays")
    erased = any_bank.store_pattern(task_description=shared, task_category="b", strategy="goes now")
    proof = any_bank.erase(erased)
    assert not proof.compacted
    assert any_bank.get_pattern(kept)


def test_a_recall_asked_with_the_words_of_a_pattern_does_not_spoil_the_proof(
    tmp_path: Path,
) -> None:
    task = "Add login with sessions and cookies to the public API"
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        erased = bank.store_pattern(task_description=task, task_category="c", strategy="s")
        bank.recall(task)
    with ReasoningBank.open(tmp_path / "bank.db") as bank:  # closing has written the recall
        erasure = bank.erase(erased)
    assert erasure.bytes_checked > 0
    assert not erasure.compacted


def test_bytes_left_in_slack_are_found_and_the_file_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bank.db"
    with ReasoningBank.open(path) as bank:
        fill(bank, 50)
        erased = bank.store_pattern(
            task_description=SECRET_TEXTS[0], task_category="c", strategy=SECRET_TEXTS[1] * 300
        )
        # A bank written by a program that leaves freed content in place.
        for _ in bank._storage._connections._writer.execute("PRAGMA secure_delete=OFF"):  # type: ignore[attr-defined]
            pass
        proof = bank.erase(erased)
        assert proof.compacted
        assert bank.get_stats().total_patterns == 50
        assert all(finding.level == "ok" for finding in bank.check())
    assert files_hold(path, SECRET_TEXTS[1]) == []


def test_a_reader_that_holds_the_log_back_is_reported_and_erasing_again_finishes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bank.db"
    with (
        ReasoningBank.open(path, busy_timeout=0.05) as bank,
        ReasoningBank.open(path) as reader,
    ):
        erased = bank.store_pattern(
            task_description=SECRET_TEXTS[0], task_category="c", strategy=SECRET_TEXTS[1]
        )
        records = reader._storage.records("default")
        next(records)
        with pytest.raises(Busy):
            bank.erase(erased)
        assert bank.get_pattern(erased) is None
        records.close()  # type: ignore[attr-defined]
        assert bank.erase(erased).rows == {}
    assert files_hold(path, SECRET_TEXTS[0]) == []


def test_erasing_what_never_was_is_not_found(any_bank: ReasoningBank) -> None:
    with pytest.raises(NotFound):
        any_bank.erase("01a1fba1-c38e-7000-8000-000000000000")


def test_pieces_with_few_different_bytes_prove_nothing(any_bank: ReasoningBank) -> None:
    text = "=" * 400
    erased = any_bank.store_pattern(task_description=text, task_category="c", strategy=text)
    assert not any_bank.erase(erased).compacted
    assert erasure._NEEDLE_DIFFERENT_BYTES > 1
