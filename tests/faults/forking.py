"""Programs that fork while a bank is open, and that let go of one without closing it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from reasoningbank import AsyncReasoningBank, ReasoningBank, ReasoningBankError
from tests.faults.operations import SmallEmbedder, opened, pattern


def fork_and_use_both(target: str, locked: bool) -> dict[str, object]:
    """Fork with an open bank; give what its child could do with it and what its parent still can.

    With `locked`, every lock that another thread of the parent may have held is held during the fork.
    """
    bank = opened(Path(target))
    stored = bank.store_pattern(pattern(1))
    bank.find_similar("bearing")
    into_parent, from_child = os.pipe()
    locks = _locks(bank) if locked else []
    for lock in locks:
        lock.acquire()  # type: ignore[attr-defined]
    child = os.fork()
    if child == 0:
        os.write(from_child, json.dumps(_use(bank, stored)).encode())
        del bank
        gc.collect()
        os._exit(0)
    for lock in locks:
        lock.release()  # type: ignore[attr-defined]
    os.close(from_child)
    with os.fdopen(into_parent) as answers:
        told = json.load(answers)
    _, status = os.waitpid(child, 0)
    later = bank.store_pattern(pattern(2))
    found = {one.id for one in bank.find_similar("check bearing", top_k=5)}
    errors = [finding.message for finding in bank.check() if finding.level == "error"]
    bank.close()
    return {
        "child": told,
        "child ended with": os.waitstatus_to_exitcode(status),
        "parent finds": found == {stored, later},
        "errors": errors,
    }


def _locks(bank: ReasoningBank) -> list[object]:
    connections = bank._storage._connections  # type: ignore[attr-defined]
    names = ("_turn",) if hasattr(connections, "_turn") else ("_write_lock", "_available")
    return [bank._storage._search._lock, *(getattr(connections, name) for name in names)]  # type: ignore[attr-defined]


def _use(bank: ReasoningBank, stored: UUID) -> dict[str, str]:
    uses: dict[str, Callable[[], object]] = {
        "get": lambda: bank.get_pattern(stored),
        "category": lambda: bank.search_by_category("line"),
        "similar": lambda: bank.find_similar("bearing"),
        "stats": bank.get_stats,
        "store": lambda: bank.store_pattern(pattern(3)),
        "update": lambda: bank.update_pattern(stored, title="No"),
        "erase": lambda: bank.erase(stored),
        "outcome": lambda: bank.record_outcome(pattern=stored, success=True),
        "check": bank.check,
        "close": bank.close,
        "close again": bank.close,
    }
    return {name: _told(use) for name, use in uses.items()}


def _told(use: Callable[[], object]) -> str:
    try:
        use()
    except ReasoningBankError as error:
        return error.code
    return "done"


def fork_while_writing(path: str) -> str:
    """Fork in the middle of a transaction, let the child end, and wait for the parent to look."""
    bank = opened(Path(path))
    with bank._storage._connections.writing():  # type: ignore[attr-defined]
        child = os.fork()
        if child == 0:
            del bank
            gc.collect()
            sys.exit(0)
        os.waitpid(child, 0)
        print("writing", flush=True)  # noqa: T201 - the parent waits for it
        sys.stdin.readline()
    bank.store_pattern(pattern(1))
    bank.close()
    return "stored"


def work_after_fork(path: str, workers: int) -> list[int]:
    """Open a bank, fork workers that each open it anew, and give their exit codes."""
    bank = opened(Path(path))
    bank.store_pattern(pattern(0))
    children = []
    for worker in range(workers):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                with opened(Path(path), begin=1_000 * (worker + 1)) as own:
                    for number in range(10):
                        own.store_pattern(pattern(100 * (worker + 1) + number))
                code = 0
            finally:
                os._exit(code)
        children.append(child)
        bank.store_pattern(pattern(10_000 + worker))
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    bank.close()
    return codes


def forget(path: str, way: str) -> str:
    """Store without closing: let go of the bank, or end with it, or end within its event loop."""
    if way == "asyncio":
        asyncio.run(_store_and_forget(path))
        return "stored"
    bank = opened(Path(path))
    bank.store_pattern(pattern(1))
    bank.find_similar("bearing")
    if way == "let go":
        del bank
        gc.collect()
        assert [place.name for place in Path(path).parent.iterdir()] == [Path(path).name]
    else:
        globals()["_kept"] = bank
    return "stored"


async def _store_and_forget(path: str) -> None:
    bank = await AsyncReasoningBank.open(path, embedder=SmallEmbedder())
    await bank.store_pattern(pattern(1))
