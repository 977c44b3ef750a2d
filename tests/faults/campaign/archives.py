"""Exports and backups: what goes out comes back equal, and an archive made to harm does none."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

from reasoningbank import PatternInput, ReasoningBank, ReasoningBankError, Step, TrajectoryInput
from reasoningbank.bank.whole_export import export_copies, restore_copies
from reasoningbank.storage import open_storage
from reasoningbank.storage.sqlite.backups import back_up
from reasoningbank.storage.sqlite.restoring import restore_backup
from tests.faults.campaign.rounds import Family, Round
from tests.faults.counting import count
from tests.faults.observing import faults
from tests.faults.operations import SmallEmbedder, opened, pattern

_PATTERNS = 20
_ARCHIVES = 60
_FEW_ARCHIVES = 20
_NOW = "2026-11-21T01:02:03.004Z"
_LETTERS = (
    "abc é ß Ω 漢字 \u200b\u202e \U0001f40d \" ' \\ { } [ ] % _ * ; -- \u0301 NULL 0x00 \ufeff"
)
_BREAKS = "\n\t\u2028"


def _play(this: Round) -> str:
    chance = this.chance
    path = this.folder / "bank.db"
    _fill(path, chance)
    lines = _exported(path)
    _round_trips(this.folder, path, lines, chance)
    archives = _FEW_ARCHIVES if this.short else _ARCHIVES
    for number in range(archives):
        _take_in(this.folder / f"target-{number % 2}.db", _harmed(lines, chance), number)
    whole = _everything(path)
    for number in range(archives // 4):
        _take_in_whole(this.folder / f"whole-{number}.db", _harmed(whole, chance))
    return f"three round trips and {archives * 5 // 4} archives made to harm a round"


def _line(chance: random.Random, most: int) -> str:
    text = "".join(chance.choice(_LETTERS) for _ in range(chance.randrange(3, most)))
    return f"x{text}x"


def _text(chance: random.Random, most: int) -> str:
    letters = _LETTERS + _BREAKS
    text = "".join(chance.choice(letters) for _ in range(chance.randrange(3, most)))
    return f"x{text}x"


def _fill(path: Path, chance: random.Random) -> None:
    with ReasoningBank.open(path, embedder=SmallEmbedder()) as bank:
        ids = [
            bank.store_pattern(
                PatternInput(
                    task_description=f"{number} {_text(chance, 80)}",
                    task_category=_line(chance, 12),
                    strategy=_text(chance, 400),
                    title=_line(chance, 30),
                    success_score=chance.choice([None, 0.0, chance.random(), 1.0]),
                    tags=[_line(chance, 8) for _ in range(chance.randrange(4))],
                    metadata={_line(chance, 6): [chance.random(), None, {"deep": True}]},
                )
            )
            for number in range(_PATTERNS)
        ]
        for one in ids[:5]:
            bank.record_outcome(pattern=one, success=chance.random() < 0.5, source="test")
        bank.update_pattern(ids[5], strategy=_text(chance, 100))
        bank.delete_pattern(ids[6])
        bank.add_link(ids[7], "supersedes", target_id=ids[8])
        bank.learn(
            TrajectoryInput(
                task_description=_text(chance, 60), task_category="c", steps=(Step(action="a"),)
            )
        )


def _exported(path: Path | str) -> bytes:
    file = io.BytesIO()
    with ReasoningBank.open(path, embedder=SmallEmbedder()) as bank:
        bank.export_jsonl(file)
    return file.getvalue()


def _everything(path: Path) -> bytes:
    file = io.BytesIO()
    storage = open_storage(path)
    try:
        export_copies(storage, ["default"], file, _NOW)
    finally:
        storage.close()
    return file.getvalue()


def _round_trips(folder: Path, path: Path, lines: bytes, chance: random.Random) -> None:
    with ReasoningBank.open(folder / "again.db", embedder=SmallEmbedder()) as bank:
        report = bank.restore_jsonl(io.BytesIO(lines))
    there = _exported(folder / "again.db")
    stored = _PATTERNS - 1  # one was deleted
    count(acknowledged=stored, lost=max(0, stored - report.created))
    assert there.splitlines()[1:] == lines.splitlines()[1:]
    whole = _everything(path)
    storage = open_storage(folder / "whole.db")
    restore_copies(storage, io.BytesIO(whole))
    storage.close()
    assert _everything(folder / "whole.db") == whole
    backup = back_up(path)
    restored = restore_backup(Path(backup.path), folder / "restored.db")
    count(acknowledged=stored, lost=stored - restored.patterns)
    assert _everything(folder / "restored.db") == whole


def _flipped(lines: bytes, chance: random.Random) -> bytes:
    content = bytearray(lines)
    for _ in range(chance.randrange(1, 12)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def _cut(lines: bytes, chance: random.Random) -> bytes:
    return lines[: chance.randrange(len(lines))]


def _other_values(lines: bytes, chance: random.Random) -> bytes:
    """Put something else in the place of some value of some line."""
    listed = lines.splitlines()
    at = chance.randrange(len(listed))
    value = json.loads(listed[at])
    place = value
    while isinstance(place, dict) and place:
        name = chance.choice(sorted(place))
        if isinstance(place[name], dict) and chance.random() < 0.7:
            place = place[name]
            continue
        place[name] = _odd(chance)
        break
    listed[at] = json.dumps(value).encode()
    return b"\n".join(listed)


def _odd(chance: random.Random) -> object:
    return chance.choice(
        [
            None, True, -1, 1e308, 2**70, "", "\x00", "\ud800", "x" * 100_000, [], {}, [[]],
            {"a": {"b": "c"}}, "0000-00-00T00:00:00Z", "9999-12-31T23:59:59.999Z", float("nan"),
        ]
    )  # fmt: skip


def _deep(lines: bytes, chance: random.Random) -> bytes:
    opening = chance.choice([b"[", b'{"a":'])
    return lines + b"\n" + opening * chance.choice([100, 10_000, 200_000])


def _shuffled(lines: bytes, chance: random.Random) -> bytes:
    listed = lines.splitlines()
    chance.shuffle(listed)
    return b"\n".join(listed)


def _repeated(lines: bytes, chance: random.Random) -> bytes:
    return lines + b"\n" + chance.choice(lines.splitlines()) * 2


def _long_line(lines: bytes, chance: random.Random) -> bytes:
    return lines + b"\n" + b'{"pattern": "' + b"y" * chance.choice([1_000_000, 20_000_000]) + b'"}'


_HARM: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped, _flipped, _cut, _other_values, _other_values, _other_values, _deep, _shuffled,
    _repeated, _long_line,
)  # fmt: skip


def _harmed(lines: bytes, chance: random.Random) -> bytes:
    return chance.choice(_HARM)(lines, chance)


def _take_in(path: Path, archive: bytes, number: int) -> None:
    """Restore or import an archive into a bank that holds something; that is there afterwards, as it was.

    What comes before a line that is refused is in, as the error says.
    """
    with opened(path, begin=20_000 + 1_000 * number) as bank:
        ids = bank.store_patterns([pattern(-1), pattern(-2)])
        before = [bank.get_pattern(one) for one in ids]
        try:
            if number % 2:
                bank.restore_jsonl(io.BytesIO(archive))
            else:
                bank.import_jsonl(io.BytesIO(archive), on_invalid="skip" if number % 4 else "raise")
        except ReasoningBankError:
            count(refused=1)
        after = [bank.get_pattern(one) for one in ids]
        count(acknowledged=len(ids), lost=after.count(None))
        assert after == before
        assert faults(bank) == []


def _take_in_whole(path: Path, archive: bytes) -> None:
    """Restore the export of everything into an empty bank: all of it comes in, or nothing does."""
    storage = open_storage(path)
    try:
        restore_copies(storage, io.BytesIO(archive))
    except ReasoningBankError:
        count(refused=1)
        assert storage.namespaces() == [], "half of it was restored"
    finally:
        storage.close()
    with opened(path) as bank:
        # An archive may leave a vector out, as a bank that is being moved to another embedder does: doctor must name
        # those patterns and no others, and the way out it names must lead out.
        for finding in faults(bank):
            assert finding.check == "vectors"
            assert set(finding.ids) <= _without_vector(archive)
            bank.reembed()
        assert faults(bank) == []


def _without_vector(archive: bytes) -> set[str]:
    """Give the patterns that an archive has no vector for, of the model its namespace is searched by."""
    lines = [json.loads(line) for line in archive.splitlines()]
    models = {line["namespace"]: line["model"]["model"] for line in lines if "model" in line}
    return {
        line["pattern"]["id"]
        for line in lines
        if line.get("pattern", {}).get("pattern")
        and models.get(line["namespace"])
        not in [vector["model"] for vector in line["pattern"].get("vectors", ())]
    }


FAMILY = Family(
    name="archives",
    question="exports, whole exports and backups are taken back, and archives that were cut, flipped, "
    "reordered, nested or made up are taken in",
    play=_play,
    in_memory=True,
)
