"""Files that come and go in pieces, so that no request grows with the bank."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from typing import IO, Final

import anyio
import anyio.to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

_IN_MEMORY_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 1 << 16
_PIECE_SECONDS: Final = 20.0


class TooLarge(Exception):
    """Say that a body is longer than it may be."""


class TooSlow(Exception):
    """Say that the next piece of a body took too long."""


def temporary_file() -> IO[bytes]:
    """Give a file that is gone when it is closed; short ones never reach the disk."""
    return tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)


async def kept_body(request: Request, limit: int) -> IO[bytes]:
    """Give the body of a request as a file, at its beginning.

    Raises:
        TooLarge: When it is longer than `limit` bytes.
        TooSlow: When a piece of it does not come for twenty seconds.
    """
    file = temporary_file()
    try:
        async for piece in _pieces(request, limit):
            await anyio.to_thread.run_sync(file.write, piece)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def _pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Give the pieces of a body as they come, within their limits."""
    pieces = request.stream().__aiter__()
    size = 0
    while True:
        try:
            with anyio.fail_after(_PIECE_SECONDS):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise TooSlow from error
        size += len(piece)
        if size > limit:
            raise TooLarge
        yield piece


def file_answer(file: IO[bytes], media_type: str) -> Response:
    """Give an answer that reads a file from its beginning and closes it."""
    file.seek(0)

    async def pieces() -> AsyncIterator[bytes]:
        while piece := await anyio.to_thread.run_sync(file.read, _PIECE_BYTES):
            yield piece

    return StreamingResponse(pieces(), media_type=media_type, background=BackgroundTask(file.close))
