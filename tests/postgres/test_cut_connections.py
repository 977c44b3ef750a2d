"""The connection breaks at any question or answer, the one to a commit too: each change is made, and once."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import pytest

from reasoningbank import ReasoningBank, Step, TrajectoryInput, Verdict
from tests.faults.operations import CHANGES, build, opened
from tests.postgres.fixtures import Databases
from tests.postgres.proxy import Direction, Proxy
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

EXPERIENCE = TrajectoryInput(
    task_description="file the report of the line",
    task_category="line",
    steps=(
        Step(action="archive a b.pdf", error="archive: unknown argument b.pdf"),
        Step(action="archive 'a b.pdf'", observation="stored"),
    ),
    verdict=Verdict(kind="success", score=1.0, source="test"),
    origin="a file",
)


def _settle(bank: ReasoningBank, _: list[UUID]) -> object:
    recall = bank.recall("check bearing 1 of the line", min_similarity=-1.0)
    return bank.record_outcome(recall=recall.id, success=True, source="test")


def _withdraw(bank: ReasoningBank, _: list[UUID]) -> object:
    bank.learn(EXPERIENCE)
    return bank.withdraw(origin="a file")


MORE: dict[str, Callable[[ReasoningBank, list[UUID]], object]] = {
    "learn": lambda bank, _: bank.learn(EXPERIENCE),
    "learn and withdraw": _withdraw,
    "recall and settle": _settle,
    "consolidate": lambda bank, _: bank.consolidate(everything=True),
    "link": lambda bank, ids: bank.add_link(ids[0], "contradicts", target_id=ids[1]),
}
ALL = {**CHANGES, **MORE}
THOROUGH = ("store with a key", "merge", "outcome")


@dataclass
class Bench:
    """A small bank to copy, and a way to its server that can be cut."""

    databases: Databases
    proxy: Proxy
    ids: list[UUID]
    original: str

    @contextmanager
    def copied(self) -> Iterator[str]:
        """Give the DSN of a copy, by the way that leads through the proxy."""
        dsn = self.databases.copy_of(self.original)
        try:
            yield self.through_proxy(dsn)
        finally:
            self.databases.drop(dsn)

    def through_proxy(self, dsn: str) -> str:
        parts = urlsplit(dsn)
        place = f"{parts.username}@127.0.0.1:{self.proxy.port}"
        return urlunsplit(parts._replace(netloc=place, query="sslmode=disable&gssencmode=disable"))

    def changed(self, change: str, cut: tuple[Direction, int] | None) -> tuple[str, bytes, bool]:
        """Make a change of a copy, cutting where asked.

        Gives what the bank answered, what it holds afterwards, and whether it came to a cut.
        """
        with self.copied() as dsn:
            with opened(cast("object", dsn), begin=10_000) as bank:  # type: ignore[arg-type]
                bank.get_stats()
                if cut is not None:
                    self.proxy.cut_at(*cut)
                answer = repr(ALL[change](bank, self.ids))
            came_to_it = cut is not None and self.proxy.has_cut
            self.proxy.cut_at("answer", -1)
            return answer, content(dsn), came_to_it


def content(dsn: str) -> bytes:
    """Give all that a bank holds, after looking for damage."""
    file = io.BytesIO()
    with opened(cast("object", dsn), begin=90_000) as bank:  # type: ignore[arg-type]
        assert [one.message for one in bank.check() if one.level == "error"] == []
        bank.export_jsonl(file)
        bank.export_trajectories_jsonl(file)
        file.write(repr(bank.get_stats()).partition("path=")[0].encode())
    return file.getvalue()


@pytest.fixture(scope="module")
def bench(local_databases: Databases, postgres_server: PostgresServer) -> Iterator[Bench]:
    original = local_databases.bank()
    ids = build(cast("object", original))  # type: ignore[arg-type]
    with Proxy(postgres_server.port) as proxy:
        yield Bench(local_databases, proxy, ids, original)
    local_databases.drop(original)


@pytest.mark.parametrize("direction", ["question", "answer"])
@pytest.mark.parametrize("change", THOROUGH)
def test_wherever_the_connection_breaks_the_change_is_made_once(bench, change, direction):
    expected = bench.changed(change, None)[:2]

    cuts = cut_everywhere(bench, change, direction, expected)

    assert cuts >= 1


@pytest.mark.parametrize("change", [name for name in ALL if name not in THOROUGH])
def test_after_one_break_somewhere_the_change_is_made_once(bench, change):
    expected = bench.changed(change, None)[:2]
    direction = random.choice(["question", "answer"])
    number = random.randint(1, 4)

    *found, _ = bench.changed(change, (direction, number))

    assert tuple(found) == expected, f"cut at {direction} {number}"


@pytest.mark.long
@pytest.mark.parametrize("direction", ["question", "answer"])
@pytest.mark.parametrize("change", [name for name in ALL if name not in THOROUGH])
def test_wherever_it_breaks_every_change_is_made_once(bench, change, direction):
    expected = bench.changed(change, None)[:2]

    assert cut_everywhere(bench, change, direction, expected) >= 1


def cut_everywhere(
    bench: Bench, change: str, direction: Direction, expected: tuple[str, bytes]
) -> int:
    """Cut at the first question or answer, the second, and so on until there is no more; count them."""
    number = 0
    while True:
        number += 1
        *found, came_to_it = bench.changed(change, (direction, number))
        assert tuple(found) == expected, f"cut at {direction} {number}"
        if not came_to_it:
            return number - 1
