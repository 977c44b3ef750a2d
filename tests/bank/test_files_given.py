"""Any open file takes an export, of text or bytes, compressed or not, and gives it back."""
# ruff: noqa: SIM115 - the test that asks for a file closes it

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from reasoningbank import InvalidInput, ReasoningBank, Step, TrajectoryInput

FILES: dict[str, Callable[[Path, str], IO]] = {
    "bytes": lambda path, way: path.open(f"{way}b"),
    "text": lambda path, way: path.open(way, encoding="utf-8"),
    "gzip": lambda path, way: gzip.open(path, f"{way}b"),
    "gzip, as text": lambda path, way: gzip.open(path, f"{way}t", encoding="utf-8"),
    "bz2": lambda path, way: bz2.open(path, f"{way}b"),
    "codecs": lambda path, way: codecs.open(str(path), way, "utf-8"),
}


@pytest.mark.filterwarnings("ignore:codecs.open:DeprecationWarning")
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("what", ["jsonl", "trajectories_jsonl"])
def test_what_was_exported_to_a_file_is_restored_from_it(kind, what, tmp_path):
    with ReasoningBank.open(tmp_path / "bank.db") as bank:
        bank.store_pattern(task_description="Prüfe es", task_category="c", strategy="s")
        bank.learn(
            TrajectoryInput(
                task_description="Lies es", task_category="c", steps=(Step(action="a"),)
            )
        )
        with FILES[kind](tmp_path / "export", "w") as file:
            written = getattr(bank, f"export_{what}")(file)
    with (
        ReasoningBank.open(tmp_path / "other.db") as other,
        FILES[kind](tmp_path / "export", "r") as file,
    ):
        assert getattr(other, f"restore_{what}")(file).created == written > 0


@pytest.mark.parametrize("mode", ["w+b", "w+"])
def test_a_temporary_file_takes_an_export(mode, tmp_path):
    with ReasoningBank.open("memory:") as bank, tempfile.SpooledTemporaryFile(mode=mode) as file:
        bank.store_pattern(task_description="t", task_category="c", strategy="s")
        bank.export_jsonl(file)
        file.seek(0)
        assert bank.restore_jsonl(file).unchanged == 1


@pytest.mark.parametrize("method", ["export_jsonl", "export_trajectories_jsonl", "restore_jsonl"])
def test_a_path_is_no_open_file(method):
    with ReasoningBank.open("memory:") as bank, pytest.raises(InvalidInput, match="open file"):
        getattr(bank, method)("export.jsonl")


def test_what_another_program_announces_is_not_told_at_its_whole_length():
    with (
        ReasoningBank.open("memory:") as bank,
        pytest.raises(InvalidInput, match="announces 'xxx") as refused,
    ):
        bank.restore_jsonl(io.StringIO('{"format": "' + "x" * 10_000 + '", "version": 1}'))

    assert len(str(refused.value)) < 300
