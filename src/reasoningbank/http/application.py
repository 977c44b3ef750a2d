"""The application: endpoints, the document on them, and the guard before both."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from reasoningbank.domain.errors import ReasoningBankError
from reasoningbank.http import bank_endpoints, learning_endpoints, pattern_endpoints
from reasoningbank.http.answers import error_answer, json_answer, refusal
from reasoningbank.http.endpoints import Endpoint, call_of, media_type_fits
from reasoningbank.http.events import Events, events_endpoint
from reasoningbank.http.openapi import PATH as DOCUMENT_PATH
from reasoningbank.http.openapi import openapi_document
from reasoningbank.http.options import ServeOptions
from reasoningbank.http.streaming import TooSlow
from reasoningbank.serving.guard import Guard
from reasoningbank.serving.options import ListenOptions

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from reasoningbank import AsyncReasoningBank

Answering: TypeAlias = Callable[[Request], Awaitable[Response]]

LOGGER: Final = logging.getLogger("reasoningbank.http")
_NO_SUCH_METHOD: Final = 405
_DISTRIBUTION: Final = "agent-reasoningbank"
_OPEN: Final = (bank_endpoints.HEALTHY, bank_endpoints.READY)


def bank_application(
    bank: AsyncReasoningBank,
    options: ServeOptions,
    listen: ListenOptions,
    token: str,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """Give the application for one bank, which is closed when it ends.

    Args:
        bank: The bank.
        options: What a request may do.
        listen: Whose requests are answered, and the limits.
        token: What a request has to show.
        stopping: Says whether the server is ending.
    """
    endpoints = all_endpoints(Events(stopping))
    document = openapi_document(endpoints, version(_DISTRIBUTION))

    async def describe(_request: Request) -> Response:
        return json_answer(document)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await bank.close()

    routes = [Route(DOCUMENT_PATH, describe)]
    for path in dict.fromkeys(one.path for one in endpoints):
        by_method: dict[str, Answering] = {
            one.method: _answering(one, bank, options) for one in endpoints if one.path == path
        }
        routes.append(Route(path, _by_method(by_method), methods=list(by_method)))
    app = Starlette(
        routes=_longest_first(routes),
        lifespan=lifespan,
        exception_handlers={HTTPException: _unknown, Exception: _defect},
    )
    return Guard(
        app,
        token,
        listen,
        open_paths=_OPEN,
        streamed_paths=bank_endpoints.STREAMED,
        refuse=refusal,
    )


def all_endpoints(events: Events) -> tuple[Endpoint, ...]:
    """Give every endpoint there is."""
    return (
        *pattern_endpoints.ENDPOINTS,
        *learning_endpoints.ENDPOINTS,
        *bank_endpoints.ENDPOINTS,
        events_endpoint(events.answer),
    )


def _longest_first(routes: Iterable[Route]) -> list[Route]:
    """Give routes so that ``/patterns/batch`` is not taken for a pattern of that id."""
    return sorted(routes, key=lambda route: "{" in route.path)


def _by_method(
    known: Mapping[str, Answering],
) -> Answering:
    """Give what answers whatever method a request has; a HEAD is a GET whose body is left out."""

    async def answer(request: Request) -> Response:
        return await known["GET" if request.method == "HEAD" else request.method](request)

    return answer


def _answering(
    endpoint: Endpoint, bank: AsyncReasoningBank, options: ServeOptions
) -> Callable[[Request], Awaitable[Response]]:
    """Give what answers the requests to an endpoint."""

    async def answer(request: Request) -> Response:
        if not media_type_fits(request, endpoint):
            return refusal(415, "The content type does not fit")
        try:
            call = await call_of(request, endpoint, bank, options)
            return await endpoint.handler(call)
        except ReasoningBankError as error:
            return error_answer(error)
        except TooSlow:
            return refusal(408, "The body came too slowly")
        except ClientDisconnect:
            return refusal(408, "The client went away")

    return answer


async def _unknown(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == _NO_SUCH_METHOD:
        answer = refusal(status, "This address does not take that method")
    else:
        answer = refusal(404, "There is nothing at this address")
    headers = getattr(error, "headers", None) or {}
    answer.headers.update(headers)
    return answer


async def _defect(request: Request, error: Exception) -> Response:
    # The words of an unknown error may quote what was given: the log gets them, the client does not.
    LOGGER.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refusal(500, "The server has a defect; its log says more")
