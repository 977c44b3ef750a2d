"""Endpoints for the bank as a whole: what it holds, how it is used, and moving it."""

from __future__ import annotations

from typing import Final, cast

import msgspec
from starlette.responses import Response

from reasoningbank import BankMetrics, RecallEvent, StorageStats, TransferReport
from reasoningbank.domain.consolidation import KeptConsolidation
from reasoningbank.domain.errors import Unavailable
from reasoningbank.http.answers import LINES, json_answer, refusal
from reasoningbank.http.endpoints import Call, Endpoint
from reasoningbank.http.requests import Lately, Take
from reasoningbank.http.streaming import TooLarge, file_answer, kept_body, temporary_file
from reasoningbank.metrics.prometheus import CONTENT_TYPE, prometheus_text

_DAY_SECONDS: Final = 86_400.0
_RECALLS, _CONSOLIDATIONS = 10, 5
PROMETHEUS: Final = "text/plain"


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What a first look at a bank shows.

    Args:
        stats: What it holds.
        withheld: Patterns that are quarantined or expired.
        today: What all processes asked of it in 24 hours.
        recalls: The newest recalls.
        consolidations: The newest consolidations.
    """

    stats: StorageStats
    withheld: int
    today: BankMetrics
    recalls: list[RecallEvent]
    consolidations: list[KeptConsolidation]


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests can be answered."""

    status: str


async def overview_of(call: Call) -> Overview:
    """Give what a first look at the bank shows."""
    stats = await call.bank.get_stats()
    return Overview(
        stats=msgspec.structs.replace(stats, path=None),
        withheld=stats.total_patterns - stats.active_patterns,
        today=await call.bank.metrics(last_seconds=_DAY_SECONDS),
        recalls=await call.bank.recalls(limit=_RECALLS),
        consolidations=await call.bank.consolidations(limit=_CONSOLIDATIONS),
    )


async def _overview(call: Call) -> Response:
    return json_answer(await overview_of(call))


async def _stats(call: Call) -> Response:
    # Where it lies on this machine is nothing a client can use.
    return json_answer(msgspec.structs.replace(await call.bank.get_stats(), path=None))


async def _metrics(call: Call) -> Response:
    asked = cast("Lately", call.query)
    return json_answer(await call.bank.metrics(last_seconds=asked.last_seconds))


async def _prometheus(call: Call) -> Response:
    text = await call.bank._run(lambda: prometheus_text(call.bank._bank))  # noqa: SLF001 - in a thread
    return Response(text, media_type=CONTENT_TYPE)


async def _export(call: Call) -> Response:
    file = temporary_file()
    try:
        await call.bank.export_jsonl(file)
    except BaseException:
        file.close()
        raise
    return file_answer(file, LINES)


async def _import(call: Call) -> Response:
    take = cast("Take", call.query)
    try:
        file = await kept_body(call.request, call.options.import_bytes)
    except TooLarge:
        return refusal(413, "The file is too long")
    with file:
        report = await call.bank.import_jsonl(file, origin=take.origin, on_invalid=take.on_invalid)
    return json_answer(report)


async def _restore(call: Call) -> Response:
    if not call.options.confirming:
        return refusal(403, "Restoring takes trust as it is written: start with --confirming")
    try:
        file = await kept_body(call.request, call.options.import_bytes)
    except TooLarge:
        return refusal(413, "The file is too long")
    with file:
        return json_answer(await call.bank.restore_jsonl(file))


async def _alive(_call: Call) -> Response:
    return json_answer(Ready(status="ok"))


async def _ready(call: Call) -> Response:
    stats = await call.bank.get_stats()
    if stats.read_only:
        raise Unavailable("the bank is read-only", hint="Check its permissions.")
    return json_answer(Ready(status="ok"))


HEALTHY, READY = "/healthz", "/readyz"
STREAMED: Final = frozenset({"/v1/import", "/v1/restore"})

ENDPOINTS: Final = (
    Endpoint(
        method="GET", path="/v1/stats", name="getStats", handler=_stats,
        summary="Count the bank.", answers={200: StorageStats},
    ),
    Endpoint(
        method="GET", path="/v1/overview", name="overview", handler=_overview,
        summary="Give what a first look at the bank shows.", answers={200: Overview},
    ),
    Endpoint(
        method="GET", path="/v1/metrics", name="getMetrics", query=Lately, handler=_metrics,
        summary="Give how often each operation was called and how long it took.",
        answers={200: BankMetrics},
    ),
    Endpoint(
        method="GET", path="/metrics", name="prometheus", handler=_prometheus,
        summary="Give the same as Prometheus reads it; needs the extra prometheus.",
        answers={200: PROMETHEUS},
    ),
    Endpoint(
        method="GET", path="/v1/export", name="export", handler=_export,
        summary="Give every pattern with all that is kept about it, a line each.",
        answers={200: LINES},
    ),
    Endpoint(
        method="POST", path="/v1/import", name="import", query=Take, body=LINES, handler=_import,
        summary="Take foreign patterns in, a line each; their trust becomes imported.",
        answers={200: TransferReport}, errors=(409,),
    ),
    Endpoint(
        method="POST", path="/v1/restore", name="restore", body=LINES, handler=_restore,
        summary="Put an export back as it was; only where requests may confirm.",
        answers={200: TransferReport}, errors=(409,),
    ),
    Endpoint(
        method="GET", path=HEALTHY, name="healthz", handler=_alive,
        summary="Say that the server runs.", answers={200: Ready},
    ),
    Endpoint(
        method="GET", path=READY, name="readyz", handler=_ready,
        summary="Say that the bank can be read and written.", answers={200: Ready},
    ),
)  # fmt: skip
