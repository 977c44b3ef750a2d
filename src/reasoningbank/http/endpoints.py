"""One endpoint: its address, what it takes, what it answers; and the call of one request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, Literal, TypeAlias

import msgspec
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from reasoningbank import AsyncReasoningBank
from reasoningbank.domain.errors import InvalidInput
from reasoningbank.domain.json_value import JsonObject, parse_json_object
from reasoningbank.domain.outcome import TRUST_OF_SOURCE
from reasoningbank.http.answers import JSON
from reasoningbank.http.options import ServeOptions
from reasoningbank.http.requests import Nothing, from_query

Method: TypeAlias = Literal["GET", "POST", "PATCH", "DELETE"]
_CONFIRMING: Final = [name for name, trust in TRUST_OF_SOURCE.items() if trust == "confirmed"]


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as far as an endpoint needs to know it.

    Args:
        bank: The bank.
        options: What a request may do.
        id: The id in the address; empty where there is none.
        query: The query as the endpoint's struct.
        body: The JSON object in the body; empty where none is taken.
        request: The request itself, for those that stream.
    """

    bank: AsyncReasoningBank
    options: ServeOptions
    id: str
    query: object
    body: JsonObject
    request: HttpRequest

    def believed(self, source: object, field: str = "source") -> None:
        """Refuse a source that confirms, unless requests may.

        Raises:
            InvalidInput: Naming the field.
        """
        # What is no source at all is refused by the bank.
        if self.options.confirming or source not in _CONFIRMING:
            return
        raise InvalidInput(
            f"must not be {source!r} here: a request cannot confirm",
            field=field,
            hint="Say caller or agent, or start the server with --confirming.",
        )


Handler: TypeAlias = Callable[[Call], Awaitable[Response]]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Say what one address and method does.

    Args:
        method: The method.
        path: The address; ``{id}`` in it is an id.
        name: The operation, for the document.
        summary: What it does, for the document.
        handler: Does it.
        answers: What it answers when it goes well: status to type; None for an empty answer, text
            for a media type.
        query: What its query may hold.
        body: What its body may hold, or None where none is taken; text for a media type.
        errors: Further statuses that it may answer.
    """

    method: Method
    path: str
    name: str
    summary: str
    handler: Handler
    answers: dict[int, object]
    query: type = Nothing
    body: object = None
    errors: tuple[int, ...] = ()


async def call_of(
    request: HttpRequest, endpoint: Endpoint, bank: AsyncReasoningBank, options: ServeOptions
) -> Call:
    """Give the call that a request makes.

    Raises:
        InvalidInput: Naming what cannot be read.
    """
    body: JsonObject = {}
    if endpoint.body is not None and not isinstance(endpoint.body, str):
        body = parse_json_object(await request.body(), "body")
    return Call(
        bank=bank,
        options=options,
        id=request.path_params.get("id", ""),
        query=from_query(request.query_params.multi_items(), endpoint.query),
        body=body,
        request=request,
    )


def media_type_fits(request: HttpRequest, endpoint: Endpoint) -> bool:
    """Say whether a body is announced as what the endpoint takes."""
    if endpoint.body is None:
        return True
    wanted = endpoint.body if isinstance(endpoint.body, str) else JSON
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return given == wanted
