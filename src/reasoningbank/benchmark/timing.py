"""Time calls one by one, two candidates in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

Argument = TypeVar("Argument")

_BLOCK = 20
"""Calls of one side before the other's turn: drift of the machine is slower, caches are faster."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Sum up durations of single calls, in microseconds."""

    count: int
    minimum: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, nanoseconds: Sequence[int], *, per: int = 1) -> Spread:
        """Give the spread of durations, each divided by `per` (rows in a call).

        A percentile is the smallest duration that at least that share of the calls did not exceed.
        """
        ordered = sorted(nanoseconds)

        def at(percent: int) -> float:
            rank = -(-percent * len(ordered) // 100)
            return round(ordered[max(rank, 1) - 1] / per / 1000, 3)

        return cls(count=len(ordered), minimum=at(0), p50=at(50), p95=at(95), p99=at(99))


def durations(call: Callable[[Argument], object], arguments: Sequence[Argument]) -> list[int]:
    """Call with each argument and give the nanoseconds each call took."""
    clock = time.perf_counter_ns
    taken: list[int] = []
    for argument in arguments:
        begun = clock()
        call(argument)
        taken.append(clock() - begun)
    return taken


def durations_and_cpu(
    call: Callable[[Argument], object], arguments: Sequence[Argument]
) -> tuple[list[int], list[int]]:
    """Call with each argument; give the nanoseconds each call took, and those of work in them.

    The work is of all threads of the process. Calls of milliseconds are interrupted on a busy
    machine; what they take of the processor stays the same.
    """
    clock, work = time.perf_counter_ns, time.process_time_ns
    taken: list[int] = []
    worked: list[int] = []
    for argument in arguments:
        begun, work_begun = clock(), work()
        call(argument)
        worked.append(work() - work_begun)
        taken.append(clock() - begun)
    return taken, worked


def in_turns(
    ours: Callable[[Argument], object],
    raw: Callable[[Argument], object],
    arguments: Sequence[Argument],
) -> tuple[list[int], list[int]]:
    """Time both with the same arguments, in turns of some calls, each side first every other time."""
    our_times: list[int] = []
    raw_times: list[int] = []
    for turn, block in enumerate(blocks(arguments)):
        if turn % 2:
            raw_times += durations(raw, block)
            our_times += durations(ours, block)
        else:
            our_times += durations(ours, block)
            raw_times += durations(raw, block)
    return our_times, raw_times


def blocks(arguments: Sequence[Argument], size: int = _BLOCK) -> Iterator[Sequence[Argument]]:
    """Cut a sequence into turns."""
    return (arguments[first : first + size] for first in range(0, len(arguments), size))
