"""One call to a model through pydantic-ai: the only place that knows that library."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, cast

import msgspec

from reasoningbank.domain.errors import InvalidInput, Unavailable
from reasoningbank.domain.lesson import Usage
from reasoningbank.domain.missing_library import library_missing
from reasoningbank.learning.llm_loop import LoopThread

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model
    from pydantic_ai.settings import ModelSettings

_TRY_AGAIN: Final = frozenset({408, 409, 425, 429})
_FIRST_SERVER_ERROR: Final = 500
_QUOTED_CHARACTERS: Final = 500
_NO_CONNECTION: Final = frozenset(
    {"ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror"}
)
_OPENAI_PREFIXES: Final = ("openai:", "openai-chat:")
# The library's own clock is set later than ours, so that there is one way to be too slow.
_LATER_SECONDS: Final = 5.0


class Message(msgspec.Struct, frozen=True):
    """One turn of a conversation with a model."""

    role: Literal["instructions", "question", "answer"]
    text: str


class Reply(msgspec.Struct, frozen=True):
    """What a model answered.

    Args:
        text: Its words.
        refusal: Why it would not answer, or None.
        cut_off: It reached the longest answer asked for.
        usage: What it took.
    """

    text: str
    refusal: str | None
    cut_off: bool
    usage: Usage


class CallFailed(Exception):
    """Say that a call gave no answer.

    Args:
        what: What happened, one sentence without a full stop.
        again: Whether it may go better soon.
        wait_seconds: How long the provider asks to wait, if it says so.
        billed: Whether the provider may have charged for it.
    """

    def __init__(
        self,
        what: str,
        *,
        again: bool = False,
        wait_seconds: float | None = None,
        billed: bool = False,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.again = again
        self.wait_seconds = wait_seconds
        self.billed = billed


class ModelConnection:
    """Asks one model, from any thread.

    Args:
        model: As pydantic-ai names it, or one of its models.
        base_url: Of an OpenAI-compatible server, up to and including ``/v1``, or None.
        api_key: For `base_url`.
        timeout_seconds: For one call, to the last byte.
        most_output_tokens: The longest answer.

    Raises:
        Unavailable: The extra, or the provider's own library, is not installed.
        InvalidInput: There is no such model or provider, or its key is missing.
    """

    def __init__(
        self,
        model: str | Model,
        *,
        base_url: str | None,
        api_key: str | None,
        timeout_seconds: float,
        most_output_tokens: int,
    ) -> None:
        self._given = model
        self._base_url = base_url
        self._api_key = api_key
        self._timeout_seconds = timeout_seconds
        self._most_output_tokens = most_output_tokens
        self._lock = threading.Lock()
        self._model = self._made()
        self._loop: LoopThread | None = None
        self._process = os.getpid()

    @property
    def name(self) -> str:
        """Give the name of the provider and of the model."""
        return f"{self._model.system}:{self._model.model_name}"

    def price_of(self, input_tokens: int, output_tokens: int) -> float | None:
        """Give the list price of so many tokens in US dollars, or None where it is not known."""
        from pydantic_ai.messages import ModelResponse
        from pydantic_ai.usage import RequestUsage

        return _price(
            ModelResponse(
                parts=[],
                usage=RequestUsage(input_tokens=input_tokens, output_tokens=output_tokens),
                model_name=self._model.model_name,
                provider_name=self._model.system,
                provider_url=getattr(self._model, "base_url", None),
            )
        )

    def ask(self, conversation: Sequence[Message]) -> Reply:
        """Make one call and give the answer.

        Raises:
            CallFailed: There is none.
        """
        from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UnexpectedModelBehavior

        try:
            response = self._running().run(self._request(conversation), self._timeout_seconds)
        except ModelHTTPError as error:
            raise self._refused(error.status_code, error) from error
        except TimeoutError as error:
            what = f"the model did not answer within {self._timeout_seconds:g} s"
            raise CallFailed(what, billed=True) from error
        except ModelAPIError as error:
            what = f"asking the model failed ({self._quoted(error)})"
            raise CallFailed(what, again=True, billed=not _unsent(error)) from error
        except UnexpectedModelBehavior as error:
            what = f"the provider's answer could not be read ({self._quoted(error)})"
            raise CallFailed(what, billed=True) from error
        except Exception as error:
            # Adapters let errors of their libraries through; none may cost an experience.
            what = f"asking the model failed ({type(error).__name__}: {self._quoted(error)})"
            raise CallFailed(what, billed=True) from error
        return _reply(response)

    def close(self) -> None:
        """Close the connections. The next call opens them again."""
        with self._lock:
            if self._loop is not None and self._process == os.getpid():
                self._loop.stop()
            self._loop = None

    def _running(self) -> LoopThread:
        with self._lock:
            if self._process != os.getpid():
                # A fork has neither the thread nor connections of its own.
                self._process = os.getpid()
                self._loop = None
                self._model = self._made()
            if self._loop is None:
                self._loop = LoopThread(self._model)
                weakref.finalize(self, self._loop.stop)
            return self._loop

    async def _request(self, conversation: Sequence[Message]) -> ModelResponse:
        from pydantic_ai.direct import model_request

        settings = {
            "max_tokens": self._most_output_tokens,
            "timeout": self._timeout_seconds + _LATER_SECONDS,
            # Calls are counted, so nobody below may repeat one unseen.
            "max_retries": 0,
        }
        ignored = getattr(self._model, "unsupported_settings", ())
        known = {name: value for name, value in settings.items() if name not in ignored}
        return await model_request(
            self._model,
            _messages(conversation),
            model_settings=cast("ModelSettings", known),
        )

    def _made(self) -> Model:
        try:
            from pydantic_ai.exceptions import UserError
            from pydantic_ai.models import infer_model
        except ImportError as error:
            raise library_missing("pydantic-ai-slim", extra="llm", field="model") from error
        if not isinstance(self._given, str):
            return infer_model(self._given)
        try:
            if self._base_url is None:
                model = infer_model(self._given)
            else:
                model = self._at_base_url(self._given, self._base_url)
        except ImportError as error:
            raise Unavailable(
                f"needs a library that is not installed ({error})",
                field="model",
                hint=f'Run: pip install "pydantic-ai-slim[{self._given.partition(":")[0]}]"',
            ) from error
        except (UserError, ValueError) as error:
            raise InvalidInput(f"cannot be used: {error}", field="model") from error
        # Releases that do not know the setting `max_retries` leave it to the client.
        client: object = getattr(model, "client", None)
        if isinstance(getattr(client, "max_retries", None), int):
            setattr(client, "max_retries", 0)  # noqa: B010 - a client of whichever library
        return model

    def _at_base_url(self, name: str, base_url: str) -> Model:
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        for prefix in _OPENAI_PREFIXES:
            name = name.removeprefix(prefix)
        # Without a key given for this server, the one of OPENAI_API_KEY would be sent to it.
        key = self._api_key or "none"
        return OpenAIChatModel(name, provider=OpenAIProvider(base_url=base_url, api_key=key))

    def _refused(self, status: int, error: Exception) -> CallFailed:
        again = status in _TRY_AGAIN or status >= _FIRST_SERVER_ERROR
        what = f"the provider answered {status} ({self._quoted(error)})"
        return CallFailed(what, again=again, wait_seconds=_wait_seconds(error))

    def _quoted(self, error: Exception) -> str:
        """Give what an error says, without the key that some servers repeat."""
        text = " ".join(str(error).split())
        key = self._api_key or getattr(getattr(self._model, "client", None), "api_key", None)
        if isinstance(key, str) and key:
            text = text.replace(key, "[key]")
        return text[:_QUOTED_CHARACTERS] or type(error).__name__


def _messages(conversation: Sequence[Message]) -> list[ModelMessage]:
    from pydantic_ai.messages import (
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        UserPromptPart,
    )

    messages: list[ModelMessage] = []
    for message in conversation:
        if message.role == "instructions":
            messages.append(ModelRequest(parts=[SystemPromptPart(content=message.text)]))
        elif message.role == "question":
            messages.append(ModelRequest(parts=[UserPromptPart(content=message.text)]))
        else:
            messages.append(ModelResponse(parts=[TextPart(content=message.text)]))
    return messages


def _reply(response: ModelResponse) -> Reply:
    refusal = None
    if response.finish_reason == "content_filter":
        said = (response.provider_details or {}).get("refusal")
        refusal = str(said) if said else "its provider filtered the answer"
    usage = response.usage
    return Reply(
        text=response.text or "",
        refusal=refusal,
        cut_off=response.finish_reason == "length",
        usage=Usage(
            calls=1,
            input_tokens=usage.input_tokens or 0,
            output_tokens=usage.output_tokens or 0,
            cost_usd=_price(response),
        ),
    )


def _price(response: ModelResponse) -> float | None:
    if not (response.usage.input_tokens or response.usage.output_tokens):
        return None
    try:
        return float(response.cost().total_price)
    except (LookupError, ValueError, AssertionError):  # a model that the price list does not hold
        return None


def _unsent(error: BaseException) -> bool:
    """Tell a request that found no server, by the names that HTTP libraries share for it."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ in _NO_CONNECTION:
            return True
        cause = cause.__cause__
    return False


def _wait_seconds(error: Exception) -> float | None:
    """Give what a Retry-After header asks for, where the error carries its response."""
    headers = getattr(getattr(error.__cause__, "response", None), "headers", None)
    asked = None if headers is None else headers.get("retry-after")
    return float(asked) if isinstance(asked, str) and asked.isdecimal() else None
