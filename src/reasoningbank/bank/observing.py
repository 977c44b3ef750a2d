"""Telling others of every operation: spans and metrics for OpenTelemetry, lines of JSON for a log."""

from __future__ import annotations

import functools
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final, TextIO

from reasoningbank.bank.asynchronous_core import AsyncBankCore
from reasoningbank.bank.core import BankCore
from reasoningbank.bank.measuring import measured_one_by_one, operations_of, rows_of
from reasoningbank.domain.recall import Recall
from reasoningbank.domain.timestamps import format_timestamp
from reasoningbank.metrics.json_lines import JsonLines

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from reasoningbank.bank import AsyncReasoningBank, ReasoningBank
    from reasoningbank.metrics.opentelemetry import Instrumentation

_NANOSECONDS: Final = 1_000_000_000
_SYSTEMS: Final = {"memory": "sqlite", "postgres": "postgresql"}


def instrument(
    bank: ReasoningBank | AsyncReasoningBank,
    *,
    content: bool = False,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Tell OpenTelemetry of every operation of a bank from now on, with a span and metrics.

    Nothing is sent unless the program has set OpenTelemetry up to do so.

    Args:
        bank: The bank; it stays the same object.
        content: Whether spans carry the text asked for and the id asked for. Off, no span holds
            an id, a text or a namespace; metrics never do.
        tracer_provider: Where spans go; None for the program's own.
        meter_provider: Where metrics go; None for the program's own.

    Raises:
        Unavailable: Without the extra ``otel``.
    """
    from reasoningbank.metrics.opentelemetry import Instrumentation

    plain = _plain(bank)
    stats = plain._storage.get_stats(plain.namespace, format_timestamp(plain._clock()))  # noqa: SLF001
    told = Instrumentation(
        _SYSTEMS.get(stats.backend, stats.backend),
        plain.metrics,
        content=content,
        tracer_provider=tracer_provider,
        meter_provider=meter_provider,
    )
    plain.__class__ = _traced(type(plain), told)
    if isinstance(bank, AsyncBankCore):
        bank._carries_context = True  # noqa: SLF001 - so that spans know the one around them


def log_operations(bank: ReasoningBank | AsyncReasoningBank, stream: TextIO) -> None:
    """Write a line of JSON for every operation of a bank from now on, without any stored text.

    Args:
        bank: The bank; it stays the same object.
        stream: Where the lines go, such as ``sys.stderr``.
    """
    plain = _plain(bank)
    plain._counters.listen(JsonLines(stream, plain._clock))  # noqa: SLF001
    plain.__class__ = measured_one_by_one(type(plain))


def _plain(bank: ReasoningBank | AsyncReasoningBank) -> ReasoningBank:
    return bank._bank if isinstance(bank, AsyncBankCore) else bank  # noqa: SLF001


def _traced(kind: type[ReasoningBank], told: Instrumentation) -> type[ReasoningBank]:
    methods = {name: _in_a_span(kind, name, told) for name in operations_of(kind)}
    names = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(kind.__name__, (kind,), {**names, **methods})


def _in_a_span(kind: type, name: str, told: Instrumentation) -> Callable[..., object]:
    """Give a method that makes a span around the one of `kind`."""

    @functools.wraps(getattr(kind, name))
    def traced_operation(self: BankCore, *arguments: object, **named: object) -> object:
        with told.span(name, arguments, named) as span:
            begun = perf_counter_ns()
            try:
                answer: object = getattr(kind, name)(self, *arguments, **named)
            except Exception as error:
                told.failed(span, name, (perf_counter_ns() - begun) / _NANOSECONDS, error)
                raise
            seconds = (perf_counter_ns() - begun) / _NANOSECONDS
            abstained = answer.abstained if isinstance(answer, Recall) else None
            told.ended(span, name, seconds, rows_of(answer), abstained=abstained)
            return answer

    return traced_operation
