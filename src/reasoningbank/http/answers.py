"""What goes back: structs as JSON, and errors with the code that the bank gives them."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from reasoningbank.domain.errors import (
    Busy,
    Conflict,
    EmbeddingMismatch,
    ForeignDatabase,
    InvalidInput,
    NotFound,
    ProviderFailed,
    ReasoningBankError,
    SchemaTooNew,
    StorageCorrupt,
    Unavailable,
)

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
RETRY_SECONDS: Final = "1"

STATUS_OF: Final[dict[type[ReasoningBankError], int]] = {
    InvalidInput: 400,
    NotFound: 404,
    Conflict: 409,
    EmbeddingMismatch: 409,
    ProviderFailed: 502,
    Busy: 503,
    Unavailable: 503,
    StorageCorrupt: 500,
    ForeignDatabase: 500,
    SchemaTooNew: 500,
}

CODES: Final[dict[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "unsupported_media_type",
    421: "unknown_host",
    500: "unexpected",
}
"""Codes of what no bank has said."""


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong.

    Args:
        code: A stable word, such as ``invalid_input``.
        message: What happened, in one sentence.
        field: The field concerned, as the request named it.
        hint: What to do about it.
        existing_id: For a conflict: the pattern in the way.
    """

    code: str
    message: str
    field: str | None = None
    hint: str | None = None
    existing_id: str | None = None


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a request that failed."""

    error: ErrorBody


_encode = msgspec.json.Encoder().encode


def json_answer(value: object, status: int = 200) -> Response:
    """Give an answer in JSON."""
    return Response(_encode(value), status, media_type=JSON)


def empty_answer() -> Response:
    """Give the answer of what has nothing to say."""
    return Response(status_code=204)


def refusal(status: int, said: str) -> Response:
    """Give the answer to a request that reached no bank."""
    return json_answer(ErrorAnswer(error=ErrorBody(code=CODES[status], message=said)), status)


def error_answer(error: ReasoningBankError) -> Response:
    """Give the answer for one of the bank's errors; a place on this machine is not named."""
    status = next(code for kind, code in STATUS_OF.items() if isinstance(error, kind))
    existing = error.existing_id if isinstance(error, Conflict) else None
    said = f"{error.field} {error.message}" if error.field else error.message
    body = ErrorBody(
        code=error.code, message=said, field=error.field, hint=error.hint, existing_id=existing
    )
    answer = json_answer(ErrorAnswer(error=body), status)
    if status == STATUS_OF[Busy]:
        answer.headers["retry-after"] = RETRY_SECONDS
    return answer
