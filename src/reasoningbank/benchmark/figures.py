"""What is measured, in which unit, and the limits it is held to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from reasoningbank.benchmark.timing import Spread

Unit: TypeAlias = Literal["µs", "ms", "s", "MB", "bytes", "share", "count"]
Verdict: TypeAlias = Literal["aim", "must", "missed", "none"]
Quantity: TypeAlias = Literal["value", "ratio"]

RESIDENT_LIMIT: Final = 100_000
"""Up to this many patterns `find_similar` must be exact."""


class Figure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing measured.

    Args:
        name: What; `LABELS` says it in words.
        size: Patterns in the bank, or None where there is no bank.
        unit: Of `value`. Times are in microseconds, milliseconds or, of whole runs, seconds.
        value: The p50 of a time, else the number itself; None when it could not be measured.
        ours: Spread of the bank's times, in microseconds.
        raw: Spread of the bare engine's times in the same run, in microseconds.
        ratio: p50 of ours over p50 of raw.
        cpu: The p50 of processor time, in `unit`, where calls take milliseconds.
        note: What a reader should know beside the number, such as why there is none.
    """

    name: str
    unit: Unit
    value: float | None = None
    size: int | None = None
    ours: Spread | None = None
    raw: Spread | None = None
    ratio: float | None = None
    cpu: float | None = None
    note: str | None = None

    @property
    def key(self) -> str:
        """The name with the size, unique within a report."""
        return self.name if self.size is None else f"{self.name}@{self.size}"


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A number a figure must keep to, and the better one aimed at.

    `quantity` says whether the figure's value (in its unit) or its ratio to raw is held to it.
    """

    quantity: Quantity
    must: float | None = None
    aim: float | None = None
    at_least: bool = False

    def verdict(self, figure: Figure) -> Verdict:
        """Give whether the aim, only the must, or neither is reached."""
        measured = figure.value if self.quantity == "value" else figure.ratio
        if measured is None:
            return "none"
        if self.aim is not None and self._kept(measured, self.aim):
            return "aim"
        if self.must is None:
            return "none"
        return "must" if self._kept(measured, self.must) else "missed"

    def _kept(self, measured: float, bound: float) -> bool:
        return measured >= bound if self.at_least else measured <= bound


LABELS: Final[dict[str, str]] = {
    "store_one": "store one pattern, embedding included",
    "store_one_vector_given": "store one pattern, vector given",
    "store_many_per_row": "store 1,000 in one call, per row, vectors given",
    "embed_cold": "embed 15 words never seen before",
    "embed_warm": "embed 15 words, common words warm",
    "get": "get by id",
    "category": "category, limit 10",
    "find_similar": "find_similar, top 5",
    "find_similar_in_category": "find_similar, top 5, within a category",
    "find_similar_after_store": "find_similar right after a store",
    "first_find_similar": "first find_similar, loading the vectors",
    "recall_at_10": "recall@10 of find_similar against exact",
    "get_stats": "get_stats",
    "recall": "recall, one group",
    "recall_three_groups": "recall, three groups chosen by MMR",
    "learn": "learn one experience of 10 to 30 steps, without a model",
    "consolidate": "consolidate the whole bank",
    "consolidate_per_pattern": "consolidate the whole bank, per pattern",
    "bytes_per_experience": "file size, per experience learned",
    "bytes_per_recall": "file size, per recall recorded",
    "bytes_per_pattern": "file size, per pattern",
    "memory": "memory, bank loaded and searched",
    "memory_peak": "memory at its peak while loading",
    "import": "`import reasoningbank`",
    "import_cpu": "`import reasoningbank`, CPU",
    "help": "`reasoningbank --help`, whole process",
    "help_cpu": "`reasoningbank --help`, CPU",
    "interpreter": "bare interpreter, whole process",
    "heavy_modules": "numpy or the table loaded by the import or `--help`",
}

_SEARCH_MS: Final = ((1_000, 0.5, 0.2), (10_000, 3.0, 0.6), (100_000, 15.0, 4.0))
_SEARCH_MS_ABOVE: Final = (150.0, 40.0)
_RECALL_MS: Final = 3.0
_RECALL_LARGEST: Final = 10_000
_MEMORY_MB: Final = {10_000: (55.0, 48.0), 1_000_000: (350.0, 250.0)}
_FIXED: Final[dict[str, tuple[Limit, ...]]] = {
    "store_one": (
        Limit(quantity="value", must=500.0),
        Limit(quantity="ratio", must=3.0, aim=2.2),
    ),
    "store_one_vector_given": (Limit(quantity="ratio", aim=1.3),),
    "store_many_per_row": (Limit(quantity="ratio", must=2.0, aim=1.3),),
    "embed_cold": (Limit(quantity="value", must=1_000.0),),
    "embed_warm": (Limit(quantity="value", must=60.0, aim=30.0),),
    "get": (
        Limit(quantity="value", must=200.0),
        Limit(quantity="ratio", must=2.5, aim=1.5),
    ),
    "category": (
        Limit(quantity="value", must=1_000.0),
        Limit(quantity="ratio", must=3.0, aim=1.5),
    ),
    "get_stats": (Limit(quantity="value", must=1_000.0),),
    "learn": (Limit(quantity="value", must=20.0),),
    "import": (Limit(quantity="value", must=100.0, aim=50.0),),
    "help": (Limit(quantity="value", must=250.0, aim=125.0),),
    "heavy_modules": (Limit(quantity="value", must=0.0),),
}


def limits_of(figure: Figure) -> tuple[Limit, ...]:
    """Give the limits of a figure; those of similarity search and memory depend on the size."""
    size = figure.size or 0
    if figure.name == "find_similar":
        for upper, must, aim in _SEARCH_MS:
            if size <= upper:
                return (Limit(quantity="value", must=must, aim=aim),)
        must, aim = _SEARCH_MS_ABOVE
        return (Limit(quantity="value", must=must, aim=aim),)
    if figure.name in {"recall", "recall_three_groups"} and size <= _RECALL_LARGEST:
        return (Limit(quantity="value", must=_RECALL_MS),)
    if figure.name == "recall_at_10":
        if size <= RESIDENT_LIMIT:
            return (Limit(quantity="value", must=1.0, at_least=True),)
        return (Limit(quantity="value", must=0.98, aim=0.995, at_least=True),)
    if figure.name == "memory" and size in _MEMORY_MB:
        must, aim = _MEMORY_MB[size]
        return (Limit(quantity="value", must=must, aim=aim),)
    return _FIXED.get(figure.name, ())


def verdict_of(figure: Figure) -> Verdict:
    """Give whether a figure keeps all of its limits, and reaches all of its aims."""
    limits = limits_of(figure)
    verdicts = [limit.verdict(figure) for limit in limits]
    if "missed" in verdicts:
        return "missed"
    aimed = [
        verdict for limit, verdict in zip(limits, verdicts, strict=True) if limit.aim is not None
    ]
    if aimed and all(verdict == "aim" for verdict in aimed):
        return "aim"
    return "must" if "must" in verdicts else "none"


def timed_figure(
    name: str,
    size: int | None,
    ours: Sequence[int],
    raw: Sequence[int] | None = None,
    *,
    per: int = 1,
) -> Figure:
    """Give the figure of microsecond calls from their nanoseconds, divided by `per` rows in each."""
    spread = Spread.of(ours, per=per)
    bare = None if raw is None else Spread.of(raw, per=per)
    return Figure(
        name=name,
        size=size,
        unit="µs",
        value=spread.p50,
        ours=spread,
        raw=bare,
        ratio=None if bare is None else round(spread.p50 / bare.p50, 3),
    )


def search_figure(
    name: str, size: int | None, times: tuple[Sequence[int], Sequence[int]]
) -> Figure:
    """Give the figure of millisecond calls from their nanoseconds and those of processor time."""
    taken, worked = (Spread.of(side) for side in times)
    return Figure(
        name=name,
        size=size,
        unit="ms",
        value=taken.p50 / 1000,
        ours=taken,
        cpu=worked.p50 / 1000,
    )
