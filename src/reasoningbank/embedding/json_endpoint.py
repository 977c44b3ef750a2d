"""One JSON request to a model server: deadline, retries, and errors that never carry the key."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from reasoningbank.domain.errors import InvalidInput, ProviderFailed

if TYPE_CHECKING:
    from collections.abc import Callable

_TRY_AGAIN = frozenset({408, 429})
_FIRST_SERVER_ERROR = 500
_LONGEST_PAUSE_SECONDS = 30.0
_LARGEST_ANSWER_BYTES = 256 * 1024 * 1024
_READ_BYTES = 64 * 1024
_QUOTED_CHARACTERS = 200


# Neither redirects (they would hand the key to whoever they name) nor file: and ftp: URLs.
_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
    urllib.request.HTTPDefaultErrorHandler,
    urllib.request.HTTPErrorProcessor,
)


class JsonEndpoint:
    """Posts JSON to one URL and returns the bytes of the answer.

    Args:
        url: http or https.
        api_key: Sent as a bearer token, or None.
        timeout_seconds: For one attempt, from connecting to the last byte.
        attempts: How often a request is made when the server is busy, fails or cannot be reached.
        first_pause_seconds: Before the second attempt; doubled before each further one. A
            Retry-After of the server counts instead, up to 30 s.
        sleep: Waits the given number of seconds.

    Raises:
        InvalidInput: A URL, key or number of attempts that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        timeout_seconds: float = 30.0,
        attempts: int = 4,
        first_pause_seconds: float = 0.5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if attempts < 1:
            raise InvalidInput("must be at least 1", field="attempts")
        self.url = _checked_url(url)
        self._api_key = _checked_key(api_key)
        self._timeout_seconds = timeout_seconds
        self._attempts = attempts
        self._first_pause_seconds = first_pause_seconds
        self._sleep = sleep
        self._opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            self._opener.add_handler(handler())

    def post(self, payload: object) -> bytes:
        """Return the body of the answer to a JSON payload.

        Raises:
            ProviderFailed: No usable answer: refused, redirected, too slow, cut off, or busy until
                the attempts ran out.
            InvalidInput: A text with a lone surrogate, which UTF-8 cannot carry.
        """
        try:
            body = msgspec.json.encode(payload)
        except UnicodeEncodeError as error:
            raise InvalidInput("must not hold lone surrogates", field="text") from error
        pause = self._first_pause_seconds
        attempt = 1
        while True:
            try:
                return self._post_once(body)
            except _Temporary as problem:
                if attempt == self._attempts:
                    tries = f"{attempt} attempts" if attempt > 1 else "1 attempt"
                    raise self._failed(f"{problem.what} ({tries})") from problem.__cause__
                self._sleep(pause if problem.wait_seconds is None else problem.wait_seconds)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                attempt += 1

    def _post_once(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._api_key is not None:
            headers["Authorization"] = f"Bearer {self._api_key}"
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - checked
        deadline = time.monotonic() + self._timeout_seconds
        try:
            with self._opener.open(request, timeout=self._timeout_seconds) as response:
                return self._read_until(deadline, response)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refused(error) from error
        except TimeoutError as error:
            raise self._too_slow() from error
        except urllib.error.URLError as error:
            if isinstance(error.reason, TimeoutError):
                raise self._too_slow() from error
            raise _Temporary(f"could not be reached ({error.reason})") from error
        except (OSError, http.client.HTTPException) as error:
            raise _Temporary(f"broke the connection ({type(error).__name__})") from error

    def _read_until(self, deadline: float, response: http.client.HTTPResponse) -> bytes:
        """Return the whole body; the socket's own timeout would start again with every byte."""
        chunks = []
        size = 0
        while chunk := response.read1(_READ_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > _LARGEST_ANSWER_BYTES:
                raise self._failed(f"sent more than {_LARGEST_ANSWER_BYTES} bytes")
            if time.monotonic() > deadline:
                raise self._too_slow()
        announced = response.headers.get("Content-Length", "")
        if announced.isdecimal() and size < int(announced):
            raise _Temporary(f"cut its answer off after {size} of {announced} bytes")
        return b"".join(chunks)

    def _refused(self, error: urllib.error.HTTPError) -> Exception:
        what = f"answered {error.code}"
        if error.code in _TRY_AGAIN or error.code >= _FIRST_SERVER_ERROR:
            return _Temporary(what, _seconds(error.headers.get("Retry-After")))
        return self._failed(what + self._quoted(error))

    def _quoted(self, error: urllib.error.HTTPError) -> str:
        """Return what the server says about it, without the key that some servers repeat."""
        try:
            text = error.read(_READ_BYTES).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return ""
        if self._api_key:
            text = text.replace(self._api_key, "[key]")
        text = " ".join(text.split())[:_QUOTED_CHARACTERS]
        return f": {text}" if text else ""

    def _too_slow(self) -> ProviderFailed:
        return self._failed(
            f"did not answer within {self._timeout_seconds:g} s",
            hint="Raise timeout_seconds or lower batch_size.",
        )

    def _failed(self, what: str, *, hint: str | None = None) -> ProviderFailed:
        return ProviderFailed(what, path=self.url, hint=hint)


class _Temporary(Exception):
    def __init__(self, what: str, wait_seconds: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.wait_seconds = wait_seconds


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidInput(f"is not a URL ({error})", field="base_url") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInput("must be an http or https URL", field="base_url")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(
            "must not hold a user or password", field="base_url", hint="Use api_key."
        )
    if parts.query or parts.fragment:
        raise InvalidInput("must end with a path, not a query or fragment", field="base_url")
    return url


def _checked_key(api_key: str | None) -> str | None:
    # http.client would quote the whole header, key included, in its complaint about a line break.
    if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
        raise InvalidInput("must be printable ASCII without line breaks", field="api_key")
    return api_key or None


def _seconds(retry_after: str | None) -> float | None:
    if retry_after is None or not retry_after.isdecimal():
        return None
    return min(float(retry_after), _LONGEST_PAUSE_SECONDS)
