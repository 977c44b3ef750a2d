"""The export of everything: nothing is left out, on any engine, and nothing wrong is taken in."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from reasoningbank import Conflict, InvalidInput, ReasoningBank, Step, TrajectoryInput
from reasoningbank.bank.whole_export import export_copies, restore_copies
from reasoningbank.domain.copies import SUBJECT_KINDS, Subject
from reasoningbank.storage import StorageBackend, open_storage
from tests.postgres.fixtures import as_team

NAMESPACES = ["default", "team"]
NOW = "2026-11-21T01:02:03.004Z"


@pytest.fixture
def storage(tmp_path: Path):
    for namespace in NAMESPACES:
        with ReasoningBank.open(tmp_path / "bank.db", namespace=namespace) as bank:
            ids = [
                bank.store_pattern(
                    task_description=f"Task {number}", task_category="c", strategy="Look first."
                )
                for number in range(5)
            ]
            bank.add_link(ids[1], "supersedes", target_id=ids[2])
            bank.delete_pattern(ids[0])
            recall = bank.recall("Task 3")
            bank.record_outcome(recall=recall.id, success=True, source="test")
            bank.consolidate()
            bank.learn(
                TrajectoryInput(task_description="t", task_category="c", steps=(Step(action="a"),))
            )
    opened = open_storage(tmp_path / "bank.db")
    yield opened
    opened.close()


def exported(storage: StorageBackend) -> bytes:
    file = io.BytesIO()
    export_copies(storage, NAMESPACES, file, NOW)
    return file.getvalue()


def contents(storage: StorageBackend) -> dict[tuple[str, Subject], object]:
    return {
        (namespace, subject): storage.copies(namespace, [subject])[0]
        for namespace in NAMESPACES
        for kind in SUBJECT_KINDS
        for subject in (
            [Subject("model", "")]
            if kind == "model"
            else [Subject(kind, one) for one in storage.subject_ids(namespace, kind, "", 1_000)]
        )
    }


@pytest.mark.parametrize("engine", ["sqlite", "memory", "postgres"])
def test_everything_comes_over_and_a_second_time_changes_nothing(
    storage, tmp_path, engine, request
):
    targets = {"sqlite": lambda: str(tmp_path / "new.db"), "memory": lambda: "memory:"}
    if engine == "postgres":
        target = as_team(request.getfixturevalue("postgres_dsn"))
    else:
        target = targets[engine]()
    new = open_storage(target)
    try:
        first = restore_copies(new, io.BytesIO(exported(storage)))
        second = restore_copies(new, io.BytesIO(exported(storage)))

        assert contents(new) == contents(storage)
        assert {subject.kind for _, subject in contents(new)} == set(SUBJECT_KINDS)
        assert exported(new) == exported(storage)
        assert (first.unchanged, second.created) == (0, 0)
        assert second.unchanged == first.created == first.read
    finally:
        new.close()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused_before_anything_is_stored(storage, tmp_path, part):
    whole = exported(storage)
    new = open_storage(tmp_path / "new.db")

    with pytest.raises(InvalidInput):
        restore_copies(new, io.BytesIO(whole[: int(len(whole) * part)]))

    assert new.namespaces() == []
    new.close()


def tampered(whole: bytes, change) -> io.BytesIO:
    lines = [json.loads(line) for line in whole.splitlines()]
    change(lines)
    return io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines))


def first_with(lines, kind):
    return next(line[kind] for line in lines if kind in line)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: first_with(lines, "trajectory")["trajectory"].update(task_description="x"),
        lambda lines: next(
            line["pattern"] for line in lines if line.get("pattern", {}).get("pattern")
        )["pattern"].update(strategy=""),
        lambda lines: first_with(lines, "pattern").update(surprise=1),
        lambda lines: lines.insert(1, {"namespace": "default", "table": {}}),
        lambda lines: lines.pop(2),
        lambda lines: lines.append({"namespace": "default", "model": {"id": "", "model": None}}),
        lambda lines: lines[0].update(version=99),
        lambda lines: lines[1].update(namespace="other"),  # the model that the vectors are of
    ],
)
def test_content_that_no_bank_wrote_is_refused_before_anything_is_stored(storage, tmp_path, change):
    new = open_storage(tmp_path / "new.db")

    with pytest.raises(InvalidInput):
        restore_copies(new, tampered(exported(storage), change))

    assert new.namespaces() == []
    new.close()


def test_a_bank_that_holds_something_else_is_left_as_it_is(storage, tmp_path):
    with ReasoningBank.open(tmp_path / "other.db") as other:
        other.store_pattern(task_description="Mine", task_category="c", strategy="Keep it.")
    new = open_storage(tmp_path / "other.db")
    before = contents(new)

    with pytest.raises(Conflict):
        restore_copies(new, io.BytesIO(exported(storage)))

    assert contents(new) == before
    new.close()


@pytest.mark.parametrize("method", ["restore_jsonl", "import_jsonl", "restore_trajectories_jsonl"])
def test_what_reads_patterns_or_experiences_says_what_reads_everything(storage, method):
    with ReasoningBank.open("memory:") as bank:
        with pytest.raises(InvalidInput) as refused:
            getattr(bank, method)(io.BytesIO(exported(storage)))
        assert bank.get_stats().total_patterns == 0
    assert "reasoningbank-copies" in str(refused.value)
    assert "reasoningbank restore" in refused.value.hint
