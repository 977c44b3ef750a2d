"""Whether a bank with `await` should use the driver's own: reading one pattern, and a hundred at once.

    python -m benchmarks.postgres_async URL

URL is a database with the tables of a bank, as the role that programs use. Two hundred patterns are
stored in a namespace of their own and deleted again.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import psycopg

from reasoningbank import AsyncReasoningBank, Pattern, ReasoningBank
from reasoningbank.benchmark import corpus
from reasoningbank.storage.sql.rows import PATTERN_COLUMNS, pattern_from_row

PATTERNS = 200
AT_ONCE = 100
CONNECTIONS = 10
ROUNDS = 3
_SET = "SELECT set_config('reasoningbank.namespace', %s, true)"
_GET = f"SELECT {PATTERN_COLUMNS} FROM patterns WHERE namespace = %s AND id = %s"  # noqa: S608

Get = Callable[[UUID], Awaitable[Pattern | None]]


def native(namespace: str, idle: asyncio.Queue[psycopg.AsyncConnection]) -> Get:
    """Read with the driver's own asynchronous connections, in the transaction a tenant needs."""

    async def get(pattern_id: UUID) -> Pattern | None:
        connection = await idle.get()
        try:
            cursor = connection.cursor(binary=True)
            await cursor.execute(_SET, (namespace,), prepare=True)
            await cursor.execute(_GET, (namespace, str(pattern_id)), prepare=True)
            row = await cursor.fetchone()
            await connection.commit()
        finally:
            idle.put_nowait(connection)
        return None if row is None else pattern_from_row(row)

    return get


async def measured(get: Get, ids: Sequence[UUID]) -> tuple[float, float]:
    """Give the median milliseconds of one read, and of many begun together."""
    one, many = [], []
    for _ in range(AT_ONCE * 3):
        begun = time.perf_counter()
        await get(ids[0])
        one.append(time.perf_counter() - begun)
    for _ in range(ROUNDS * 5):
        begun = time.perf_counter()
        await asyncio.gather(*[get(pattern_id) for pattern_id in ids[:AT_ONCE]])
        many.append(time.perf_counter() - begun)
    return statistics.median(one) * 1e3, statistics.median(many) * 1e3


async def compare(url: str, namespace: str, ids: Sequence[UUID]) -> None:
    idle: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()
    connections = [await psycopg.AsyncConnection.connect(url) for _ in range(CONNECTIONS)]
    for connection in connections:
        idle.put_nowait(connection)
    bank = await AsyncReasoningBank.open(url, namespace=namespace)
    ways: dict[str, Get] = {
        "driver's own": native(namespace, idle),
        "worker threads": bank.get_pattern,
    }
    for _ in range(ROUNDS):
        for name, get in ways.items():
            one, many = await measured(get, ids)
            print(f"{name:15} one {one:6.3f} ms, {AT_ONCE} at once {many:6.1f} ms")
    await bank.close()
    for connection in connections:
        await connection.close()


def main() -> None:
    url = sys.argv[1]
    namespace = f"async-{secrets.token_hex(4)}"
    with ReasoningBank.open(url, namespace=namespace) as bank:
        ids = bank.store_patterns(corpus.pattern(number) for number in range(PATTERNS))
        try:
            asyncio.run(compare(url, namespace, ids))
        finally:
            for pattern_id in ids:
                bank.erase(pattern_id)


if __name__ == "__main__":
    main()
