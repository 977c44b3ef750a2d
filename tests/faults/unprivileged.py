"""The program that uses a bank as a user who may not do everything, and tells what came of it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

from reasoningbank import ReasoningBank, ReasoningBankError
from tests.faults.operations import SmallEmbedder, opened, pattern

NOBODY = 65_534


def use_as_nobody(path: str) -> dict[str, object]:
    """Become an ordinary user and try everything on a bank; give what could be done.

    Root may write anywhere, so tests of permissions that root runs prove nothing.
    """
    _become(NOBODY)
    outcome: dict[str, object] = {
        "may write the file": _may(lambda: Path(path).open("ab").close()),
        "may write the directory": _may(lambda: _write_beside(Path(path))),
    }
    try:
        bank = opened(Path(path))
    except ReasoningBankError as error:
        return {**outcome, "opened": error.code, "said": str(error)}
    with bank:
        outcome |= {"opened": "yes", "read only": bank.get_stats().read_only, **_read(bank)}
        outcome["stored"] = _code(lambda: bank.store_pattern(pattern(70)))
        if "--wait" in sys.argv:
            print("ready", flush=True)  # noqa: T201 - the parent waits for it
            sys.stdin.readline()
        outcome["read later"] = _read(bank)
    return outcome


def use_twice_as_nobody(path: str) -> dict[str, object]:
    """Do the same, and read once more on the same handle when the parent says so."""
    sys.argv.append("--wait")
    return use_as_nobody(path)


def store_as(path: str, user: int) -> str:
    """Become an ordinary user and store one pattern; give the error's code or ``yes``."""
    _become(user)
    with opened(Path(path), begin=10_000) as bank:
        return _code(lambda: bank.store_pattern(pattern(3)))


def _become(user: int) -> None:
    _import_everything()
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def _import_everything() -> None:
    # Some modules are imported when they are first needed, from places an ordinary user may not see.
    with ReasoningBank.open("memory:", embedder=SmallEmbedder()) as bank:
        bank.store_pattern(pattern(0))
        bank.find_similar("bearing")
        bank.export_jsonl(io.BytesIO())
        bank.check()
        bank.get_stats()


def _may(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return False
    return True


def _write_beside(path: Path) -> None:
    probe = path.with_name("probe")
    probe.touch()
    probe.unlink()


def _read(bank: ReasoningBank) -> dict[str, object]:
    """Give what can be read: by category, by id, by similarity, as an export, and in the counts."""
    listed = sorted(one.task_description for one in bank.search_by_category("line", 100))
    first = bank.search_by_category("line", 1)[0]
    again = bank.get_pattern(first.id)
    file = io.BytesIO()
    return {
        "listed": listed,
        "got": again is not None and again.strategy == first.strategy,
        "similar": [one.similarity for one in bank.find_similar(listed[0], top_k=1)],
        "exported": bank.export_jsonl(file),
        "counted": bank.get_stats().total_patterns,
        "faults": [one.message for one in bank.check() if one.level == "error"],
    }


def _code(action: Callable[[], object]) -> str:
    try:
        action()
    except ReasoningBankError as error:
        return error.code
    return "yes"
