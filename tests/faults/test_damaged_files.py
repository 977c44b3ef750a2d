"""Damaged files: a typed error or the right answer, never a wrong one, and never a changed byte."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reasoningbank import (
    Pattern,
    ReasoningBank,
    ReasoningBankError,
    Step,
    StorageCorrupt,
    TrajectoryInput,
    Verdict,
)
from reasoningbank.bank.whole_export import export_copies
from reasoningbank.domain.duplicates import dedupe_key
from reasoningbank.storage import open_storage
from tests.faults.damaging import (
    DAMAGE,
    PAGE,
    TASK,
    TYPED,
    Sound,
    answers,
    assert_honest,
    damage_each_page,
    flipped,
    sound_bank,
    verifying,
)
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, build, opened, pattern


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    return sound_bank(tmp_path_factory.mktemp("sound") / "bank.db")


@pytest.fixture
def path(quick_folder: Path) -> Path:
    return quick_folder / "bank.db"


def test_a_sound_file_is_read_whole(path: Path, sound: Sound) -> None:
    assert assert_honest(path, sound.content, sound) == "read"


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_to_any_single_page_is_an_error_and_never_a_wrong_answer(
    kind: str, path: Path, sound: Sound, seed: int
) -> None:
    assert "read in part" in damage_each_page(kind, seed, path, sound)


@pytest.mark.long
@pytest.mark.parametrize("kind", DAMAGE)
def test_a_hundred_damages_to_each_page_are_never_a_wrong_answer(
    kind: str, path: Path, sound: Sound, seed: int
) -> None:
    for round_number in range(100):
        damage_each_page(kind, seed + round_number, path, sound)


@given(data=st.data())
@settings(max_examples=60)
def test_a_file_cut_off_anywhere_is_refused_and_left_as_it_is(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, sound: Sound
) -> None:
    length = data.draw(
        st.integers(0, len(sound.content) - 1)
        | st.integers(0, sound.pages - 1).map(lambda pages: pages * PAGE)
        | st.integers(0, 120)
    )
    path = tmp_path_factory.mktemp("cut") / "bank.db"
    assert assert_honest(path, sound.content[:length], sound) == "refused"


@given(at=st.integers(0, 99), value=st.integers(0, 255))
@example(at=68, value=0)
@settings(max_examples=120)
def test_a_header_with_any_byte_changed_is_refused_or_does_no_harm(
    at: int, value: int, tmp_path_factory: pytest.TempPathFactory, sound: Sound
) -> None:
    path = tmp_path_factory.mktemp("header") / "bank.db"
    content = sound.content[:at] + bytes([value]) + sound.content[at + 1 :]
    assert assert_honest(path, content, sound) in {
        "refused",
        "read",
        "read in part",
    }


def test_an_empty_file_is_named_as_such_and_left_empty(path: Path) -> None:
    path.touch()
    with pytest.raises(StorageCorrupt, match="0 bytes"):
        ReasoningBank.open(path)
    assert path.stat().st_size == 0


def test_text_is_no_bank(path: Path) -> None:
    path.write_text("task,strategy\n" * 1_000)
    with pytest.raises(StorageCorrupt, match="not a SQLite database"):
        ReasoningBank.open(path)


# What stands before the damage in the row, and what is damaged.
PLACES: dict[str, Callable[[Pattern], tuple[bytes, bytes]]] = {
    "strategy": lambda stored: (b"", stored.strategy.encode()),
    "category": lambda stored: (f"default{stored.id}".encode(), b"line"),
    "metadata": lambda stored: (b"", b'{"metadata":{"marked"'),
    "trust": lambda stored: (b'{"metadata":{"marked":"yes"},"tags":["old"]}', b"reported"),
    "key": lambda stored: (
        b"caller",
        dedupe_key("default", "line", stored.task_description, stored.strategy),
    ),
}


@pytest.mark.parametrize("bit", [0, 7])
@pytest.mark.parametrize("place", PLACES)
def test_a_flipped_bit_in_a_pattern_is_found_named_and_can_be_erased_and_restored(
    place: str, bit: int, path: Path
) -> None:
    ids = build(path)
    with opened(path, begin=2_000) as bank:
        stored = bank.update_pattern(ids[2], metadata={"marked": "yes"})
        export = io.BytesIO()
        bank.export_jsonl(export)
        whole = bank.get_pattern(ids[2])
    flip(path, *PLACES[place](stored), bit)
    with verifying(path) as bank:
        [finding] = [finding for finding in faults(bank) if finding.check == "patterns"]
        assert finding.ids == (str(ids[2]),)
        with pytest.raises(StorageCorrupt) as raised:
            bank.get_pattern(ids[2])
        assert raised.value.damaged_ids == (str(ids[2]),)
        bank.erase(ids[2])
        assert faults(bank) == []
        export.seek(0)
        assert bank.restore_jsonl(export).created == 1
        assert bank.get_pattern(ids[2]) == whole
        assert faults(bank) == []


def test_a_flipped_bit_in_a_vector_is_found_named_and_mended_by_reembedding(path: Path) -> None:
    ids = build(path)
    vector = SmallEmbedder().embed_query(TASK).tobytes()
    flip(path, b"", vector, 1)
    with verifying(path) as bank:
        [finding] = faults(bank)
        assert finding.check == "vector contents"
        assert finding.ids == (str(ids[3]),)
        with pytest.raises(StorageCorrupt) as raised:
            bank.find_similar(TASK)
        assert raised.value.damaged_ids == (str(ids[3]),)
        assert bank.reembed().vectors == 1
        assert faults(bank) == []
        assert bank.find_similar(TASK, top_k=1)[0].similarity == 1.0


def test_a_flipped_bit_in_the_steps_of_an_experience_is_found_and_named(path: Path) -> None:
    build(path)
    with opened(path, begin=2_000) as bank:
        step = Step(action="turn the valve to the left")
        learned = bank.learn(
            TrajectoryInput(task_description="t", task_category="c", steps=(step,))
        )
        sound = learned.trajectory_id
    flip(path, b"", b"turn the valve to the left", 0)
    with verifying(path) as bank:
        [finding] = faults(bank)
        assert (finding.check, finding.ids) == ("experiences", (str(sound),))
        assert_named_and_can_be_erased(bank, sound)


@pytest.mark.parametrize("column", ["steps", "metadata", "verdict"])
def test_an_experience_of_which_nothing_can_be_made_is_named_and_can_be_erased(
    column: str, path: Path
) -> None:
    build(path)
    with opened(path, begin=2_000) as bank:
        damaged = bank.learn(
            TrajectoryInput(
                task_description="t",
                task_category="c",
                steps=(Step(action="a"),),
                verdict=Verdict(kind="success", score=1.0, source="test"),
            )
        ).trajectory_id
    connection = apsw.Connection(str(path))
    table = "trajectory_states" if column == "verdict" else "trajectories"
    connection.execute(f"UPDATE {table} SET {column} = '[{{'")
    connection.close()
    with opened(path, begin=3_000) as bank:
        [finding] = faults(bank)
        assert (finding.check, finding.ids) == ("experiences", (str(damaged),))
        assert_named_and_can_be_erased(bank, damaged)


@pytest.mark.parametrize("part", ["text", "vector", "steps"])
def test_an_export_of_everything_refuses_what_would_come_back_with_a_right_checksum(
    part: str, path: Path
) -> None:
    ids = build(path)
    with opened(path, begin=2_000) as bank:
        bank.update_pattern(ids[2], strategy="turn the wheel to the right")
        step = Step(action="turn the valve to the left")
        learned = bank.learn(
            TrajectoryInput(task_description="t", task_category="c", steps=(step,))
        )
    content, damaged = {
        "text": (b"turn the wheel to the right", ids[2]),
        "vector": (SmallEmbedder().embed_query(TASK).tobytes(), ids[3]),
        "steps": (b"turn the valve to the left", learned.trajectory_id),
    }[part]
    flip(path, b"", content, 0)
    storage = open_storage(path)
    with pytest.raises(StorageCorrupt) as raised:
        export_copies(storage, ["default"], io.BytesIO(), "2026-11-21T01:02:03.004Z")
    storage.close()
    assert raised.value.damaged_ids == (str(damaged),)


def assert_named_and_can_be_erased(bank: ReasoningBank, damaged: UUID) -> None:
    """Fail unless every way to a damaged experience names it, and it can be erased."""
    for read in (
        lambda: bank.get_trajectory(damaged),
        bank.trajectories,
        lambda: bank.export_trajectories_jsonl(io.BytesIO()),
    ):
        with pytest.raises(StorageCorrupt) as raised:
            read()
        assert raised.value.damaged_ids == (str(damaged),)
    bank.erase_trajectory(damaged)
    assert faults(bank) == []


def flip(path: Path, before: bytes, content: bytes, bit: int) -> None:
    """Flip a bit in the middle of the one place where a closed file holds some content."""
    whole = bytearray(path.read_bytes())
    assert whole.count(before + content) == 1
    whole[whole.index(before + content) + len(before) + len(content) // 2] ^= 1 << bit
    path.write_bytes(whole)


def pages_of(content: bytes, *tables: str) -> set[int]:
    """Give the numbers of the pages, from 0, that hold these tables of a bank."""
    connection = apsw.Connection("")
    # In memory there is no log, so the header must not announce one.
    connection.deserialize("main", content[:18] + b"\x01\x01" + content[20:])
    found = connection.execute("SELECT pageno, name FROM dbstat").fetchall()
    connection.close()
    return {number - 1 for number, name in found if name in tables}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_can_be_read_of_a_damaged_bank_can_be_moved_to_a_new_one(
    kind: str, path: Path, sound: Sound, seed: int
) -> None:
    chance = random.Random(seed)
    needed = {0, *pages_of(sound.content, "patterns", "sqlite_schema", "bank_properties")}
    saved_whole = 0
    for number in range(sound.pages):
        at = number * PAGE
        page = sound.content[at : at + PAGE]
        damaged = DAMAGE[kind](chance, page, sound.content[:PAGE])
        path.write_bytes(sound.content[:at] + damaged + sound.content[at + PAGE :])
        try:
            bank = opened(path)
        except TYPED:
            assert number in needed
            continue
        with bank, opened(Path("memory:")) as new:
            reported: list[str] = []
            file = io.BytesIO()
            exported = bank.export_jsonl(file, on_damaged=reported.append)
            file.seek(0)
            assert new.restore_jsonl(file).created == exported
            saved = {one: new.get_pattern(one) for one in sound.patterns}
        assert all(saved[one] in (None, sound.patterns[one]) for one in saved)
        # Only damage to the patterns themselves costs patterns.
        assert exported == len(sound.patterns) or number in needed
        assert exported + len(reported) >= len(sound.patterns) or number in needed
        saved_whole += exported == len(sound.patterns)
    assert saved_whole >= sound.pages - len(needed)


def test_a_damaged_pattern_is_left_out_of_an_export_and_named(path: Path) -> None:
    ids = build(path)
    flip(path, b"", pattern(2).strategy.encode(), 7)
    with opened(path) as bank:
        with pytest.raises(StorageCorrupt):
            bank.export_jsonl(io.BytesIO())
        left_out: list[str] = []
        assert bank.export_jsonl(io.BytesIO(), on_damaged=left_out.append) == 4
    assert left_out == [str(ids[2])]


def test_a_text_with_a_flipped_bit_is_not_exported_as_if_it_were_sound(path: Path) -> None:
    ids = build(path)
    flip(path, b"", pattern(2).strategy.encode(), 0)
    with ReasoningBank.open(path, embedder=SmallEmbedder()) as bank:
        assert bank.get_pattern(ids[2]) is not None  # read as it stands, unless asked to verify
        with pytest.raises(StorageCorrupt) as raised:
            bank.export_jsonl(io.BytesIO())
    assert raised.value.damaged_ids == (str(ids[2]),)


def test_a_note_that_no_bank_would_take_back_is_left_out_of_what_is_saved(path: Path) -> None:
    ids = build(path)
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE pattern_history SET at = '2026-11-18T11:06:<0.016Z'")
    connection.close()
    saved, left_out = io.BytesIO(), []
    with opened(path) as bank:
        assert bank.export_jsonl(saved, on_damaged=left_out.append) == 5
        assert set(left_out) <= set(map(str, ids))
        assert left_out
    saved.seek(0)
    with opened(Path("memory:")) as other:
        assert other.restore_jsonl(saved).created == 5


def test_without_verifying_damage_is_still_no_crash(path: Path, sound: Sound, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(sound.pages):
        at = number * PAGE
        damaged = flipped(sound.content[at : at + PAGE], chance, 40)
        path.write_bytes(sound.content[:at] + damaged + sound.content[at + PAGE :])
        try:
            bank = opened(path)
        except ReasoningBankError:
            continue
        with bank:
            for answer in answers(bank, sound):
                try:
                    answer()
                except (ReasoningBankError, AssertionError):
                    pass  # a wrong answer is what not verifying allows
