"""Counting the operations of a bank: each once, under its own name, by the class that is called.

A bank that is measured has the class that it was opened as, with one method in front of each
operation; one that is not measured has none of them and pays nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from time import perf_counter_ns
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import msgspec

from reasoningbank.domain.consolidation import ConsolidationReport
from reasoningbank.domain.identifiers import id_text
from reasoningbank.domain.lesson import Learned
from reasoningbank.domain.metrics import LEARNED, OUTCOME, RECALLED
from reasoningbank.domain.outcome import RecordedOutcome
from reasoningbank.domain.pattern import Reembedded, TransferReport
from reasoningbank.domain.recall import Recall
from reasoningbank.metrics.counting import QUICKEST, Counters

if TYPE_CHECKING:
    from uuid import UUID

    from reasoningbank.bank.core import BankCore
    from reasoningbank.domain.pattern import Pattern

_Bank = TypeVar("_Bank", bound="BankCore")

# What opens, closes or asks for the counts; and the frames around a caller's own work, whose recall,
# learning and outcome are counted as such.
_NO_OPERATIONS: Final = frozenset(
    {"open", "close", "metrics", "task", "run", "remembering", "scale"}
)
_MEASURED: Final[dict[type[BankCore], type[BankCore]]] = {}


def operations_of(kind: type) -> list[str]:
    """Give the names of the operations of a bank."""
    return [
        name
        for name in dir(kind)
        if not name.startswith("_")
        and name not in _NO_OPERATIONS
        and isinstance(getattr(kind, name), FunctionType)
    ]


def measured(kind: type[_Bank]) -> type[_Bank]:
    """Give the class whose operations count themselves, and do else what those of `kind` do."""
    known = _MEASURED.get(kind)
    if known is None:
        known = _MEASURED[kind] = _measured(kind)
    return cast("type[_Bank]", known)


def _measured(kind: type[BankCore]) -> type[BankCore]:
    methods: dict[str, object] = {name: _timed(kind, name) for name in operations_of(kind)}
    if getattr(kind, QUICKEST) is _the_banks_own():
        methods[QUICKEST] = _quick(kind)
    return _like(kind, methods)


def _the_banks_own() -> object:
    """Give the quickest operation as the bank has it; one that a subclass wraps goes by the same name."""
    from reasoningbank.bank.pattern_operations import PatternOperations  # which this module counts

    return getattr(PatternOperations, QUICKEST)


def measured_one_by_one(kind: type[_Bank]) -> type[_Bank]:
    """Give a class like `kind` in which the quickest operation is timed each time as well.

    For a bank of which somebody is told every call.
    """
    plain = kind.__base__ if kind in _MEASURED.values() else kind
    methods: dict[str, object] = {QUICKEST: _timed(plain or kind, QUICKEST)}
    if plain is kind:  # it was not measured
        methods = {name: _timed(kind, name) for name in operations_of(kind)}
    return _like(kind, methods)


def _like(kind: type[_Bank], methods: dict[str, object]) -> type[_Bank]:
    """Give a class with some methods more, that passes for `kind`."""
    told: dict[str, object] = {
        name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")
    }
    return type(kind.__name__, (kind,), {**told, **methods})


def _timed(kind: type, name: str) -> Callable[..., object]:
    """Give a method that counts and times the one of `kind`, looked up when it is called."""
    learns = name == "retry_pending"

    @functools.wraps(getattr(kind, name))
    def measured_operation(self: BankCore, *arguments: object, **named: object) -> object:
        begun = perf_counter_ns()
        try:
            answer: object = getattr(kind, name)(self, *arguments, **named)
        except Exception as error:
            self._counters.failed(name, perf_counter_ns() - begun, error)
            raise
        took = perf_counter_ns() - begun
        # The commonest answer first, and nothing more to look for in it.
        if answer.__class__ is list and not learns:
            to_weigh = self._counters.ended(name, took, len(answer))
        else:
            to_weigh = self._counters.ended(name, took, rows_of(answer))
            if answer.__class__ in _NOTED:
                _note(self._counters, answer)
        if to_weigh:
            self._counters.weighed(name, bytes_of(answer) + bytes_of([*arguments, *named.values()]))
        return answer

    return measured_operation


def _quick(kind: type) -> Callable[..., object]:
    """Give the quickest operation with every call counted and few of them timed.

    Written for speed: what it adds to a call of 7 µs is what `python -m benchmarks.metrics` shows. So the one line of
    `PatternOperations.get_pattern` stands here as well: calling it would cost a sixth of all that counting does.
    """
    plain: Callable[[BankCore, UUID | str], Pattern | None] = getattr(kind, QUICKEST)

    @functools.wraps(plain)
    def measured_operation(self: BankCore, pattern_id: UUID | str) -> Pattern | None:
        try:
            if next(self._quick, 1):
                found = _timed_look_up(self, plain, pattern_id)
            else:
                found = self._storage.get_pattern(self._namespace, id_text(pattern_id))
        except Exception as error:
            self._counters.quick_without_row(error)
            raise
        if found is None:
            self._counters.quick_without_row()
        return found

    return measured_operation


def _timed_look_up(
    bank: BankCore,
    look_up: Callable[[BankCore, UUID | str], Pattern | None],
    pattern_id: UUID | str,
) -> Pattern | None:
    """Give what the quickest operation gives in the call that is timed for those around it."""
    counters = bank._counters  # noqa: SLF001 - the counts of the bank whose method this is
    bank._quick = counters.next_quick(bank._quick)  # noqa: SLF001
    begun = perf_counter_ns()
    try:
        found = look_up(bank, pattern_id)
    except Exception:
        counters.quick_timed(perf_counter_ns() - begun)
        raise
    if counters.quick_timed(perf_counter_ns() - begun):
        counters.weighed(QUICKEST, bytes_of(found) + bytes_of([pattern_id]))
    return found


def rows_of(answer: object) -> int:
    """Give how many patterns, experiences or outcomes an operation gave or wrote."""
    counted = _ROWS.get(answer.__class__)
    return 1 if counted is None else counted(answer)


def bytes_of(value: object) -> int:
    """Give how many bytes a value has as JSON; what JSON cannot say, such as a file, has none.

    >>> bytes_of(["Résumé"]), bytes_of([]), bytes_of([1, 2])
    (12, 2, 5)
    """
    try:
        if value.__class__ is list:  # one after the other: a thousand experiences may be a gigabyte
            return max(2, 1 + sum(1 + len(_ENCODER.encode(one)) for one in value))
        return len(_ENCODER.encode(value))
    except (RecursionError, TypeError, ValueError, UnicodeError):
        return 0


def _note(counters: Counters, answer: object) -> None:
    """Count what an answer says beside its length."""
    if isinstance(answer, Recall):
        counters.event(f"{RECALLED}.recalls")
        if answer.abstained:
            counters.event(f"{RECALLED}.abstained")
        else:
            counters.event(f"{RECALLED}.items", len(answer.patterns))
            counters.event(f"{RECALLED}.prompt_bytes", len(answer.prompt.encode()))
    elif isinstance(answer, RecordedOutcome):
        counters.event(f"{OUTCOME}.{answer.outcome.source}.{answer.outcome.kind}")
    elif isinstance(answer, Learned):
        verdict = answer.verdict
        source = "nobody" if verdict is None else verdict.source
        counters.event(f"{LEARNED}.{answer.status}.{source}")
    elif isinstance(answer, tuple) and answer and isinstance(answer[0], RecordedOutcome):
        # A recall's outcome is one, however many patterns share it.
        _note(counters, answer[0])
    elif isinstance(answer, list) and answer and isinstance(answer[0], Learned):
        for one in answer:
            _note(counters, one)


def metrics_wanted(environment: Mapping[str, str], *, asked: bool) -> bool:
    """Give whether to count: unless the caller or ``REASONINGBANK_METRICS=off`` says no."""
    said = environment.get(ENVIRONMENT_VARIABLE, "").strip().lower()
    return asked and said not in _OFF


_ROWS: Final[Mapping[type, Callable[[Any], int]]] = {
    type(None): lambda _: 0,
    bool: int,
    int: int,
    list: len,
    tuple: len,
    Recall: lambda recall: len(recall.patterns),
    TransferReport: lambda report: report.read,
    Reembedded: lambda report: report.vectors,
    ConsolidationReport: lambda report: len(report.proposals),
}
"""By class, not by asking for one kind after the other: that took a third of what counting a store does."""
_NOTED: Final = frozenset({Recall, RecordedOutcome, Learned, list, tuple})
_ENCODER: Final = msgspec.json.Encoder(enc_hook=lambda _: None)
ENVIRONMENT_VARIABLE: Final = "REASONINGBANK_METRICS"
_OFF: Final = frozenset({"off", "0", "no", "false"})
