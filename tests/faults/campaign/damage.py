"""Damaged, foreign and newer files: a typed error or the right answer, an untouched file, and a way out."""

from __future__ import annotations

import random
import shutil
from contextlib import closing
from pathlib import Path

import apsw

from reasoningbank import InvalidInput, ReasoningBank, ReasoningBankError
from reasoningbank.storage.sqlite.recovery import recover
from tests.faults.campaign.rounds import Family, Round
from tests.faults.counting import count
from tests.faults.damaging import DAMAGE, Sound, assert_honest, damage_each_page, sound_bank
from tests.faults.foreign_files import TABLES, made_foreign
from tests.faults.observing import digests
from tests.faults.operations import build, opened, pattern
from tests.storage.recovering import a_bit_of_everything, assert_accounted_for

_CUTS = 20
_PAGE = 4096


def _play(this: Round) -> str:
    chance = this.chance
    sound = sound_bank(this.folder / "sound.db")
    kinds = list(DAMAGE)
    place = _folder(this.folder, "pages")
    damage_each_page(kinds[this.number % len(kinds)], this.seed, place / "bank.db", sound)
    _cut_off(_folder(this.folder, "cut"), sound, chance)
    _not_ours(_folder(this.folder, "foreign"), chance)
    _newer(_folder(this.folder, "newer"))
    _without_its_log(_folder(this.folder, "log"))
    _recovered(_folder(this.folder, "recovered"), chance)
    return "each page once, 20 cuts, a foreign and a newer file, a lost log, a recovery a round"


def _folder(parent: Path, name: str) -> Path:
    place = parent / name
    place.mkdir()
    return place


def _cut_off(folder: Path, sound: Sound, chance: random.Random) -> None:
    lengths = [0, 1, 100, _PAGE, *(chance.randrange(len(sound.content)) for _ in range(_CUTS - 4))]
    for length in lengths:
        assert assert_honest(folder / "bank.db", sound.content[:length], sound) == "refused"


def _refused_untouched(path: Path) -> str:
    before = digests(path.parent)
    try:
        ReasoningBank.open(path).close()
    except ReasoningBankError as error:
        count(refused=1)
        assert digests(path.parent) == before
        return error.code
    raise AssertionError(f"{path.name} was opened")


def _not_ours(folder: Path, chance: random.Random) -> None:
    name = chance.choice(list(TABLES))
    journal = chance.choice(["delete", "wal"])
    made_foreign(folder / "memory.db", TABLES[name][1], journal).close()
    assert _refused_untouched(folder / "memory.db") == "foreign_database"


def _newer(folder: Path) -> None:
    build(folder / "bank.db")
    with closing(apsw.Connection(str(folder / "bank.db"))) as later:
        later.execute("PRAGMA user_version=99")
    assert _refused_untouched(folder / "bank.db") == "schema_too_new"


def _without_its_log(folder: Path) -> None:
    """Copy a bank that is in use without its log: what stood in the file alone is there, and is sound."""
    path, copy = folder / "bank.db", folder / "copy.db"
    with opened(path) as bank:
        first = bank.store_pattern(pattern(1))
        with closing(apsw.Connection(str(path))) as other:
            list(other.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        bank.store_pattern(pattern(2))
        shutil.copyfile(path, copy)
    with opened(copy, begin=50) as bank:
        there = bank.search_by_category("line", 10)
        count(acknowledged=1, lost=first not in {one.id for one in there})
        assert [one.id for one in there] == [first]
        assert [one for one in bank.check() if one.level == "error"] == []


def _recovered(folder: Path, chance: random.Random) -> None:
    sound = a_bit_of_everything(folder / "sound.db")
    content = bytearray(sound.read_bytes())
    for _ in range(3):
        at = _PAGE * chance.randrange(1, len(content) // _PAGE)
        content[at : at + _PAGE] = chance.randbytes(_PAGE)
    damaged = folder / "damaged.db"
    damaged.write_bytes(content)
    before = digests(folder)
    try:
        report = recover(damaged, folder / "new.db")
    except InvalidInput:  # nothing of a bank can be read of it any more
        count(refused=1)
    else:
        assert_accounted_for(report, sound, folder / "new.db", least=1)
    assert {name: digest for name, digest in digests(folder).items() if name in before} == before


FAMILY = Family(
    name="damage",
    question="files are empty, cut off, overwritten page by page, another program's, a newer "
    "release's, or without their log",
    play=_play,
    in_memory=True,
)
