"""A server of the Model Context Protocol over its standard input and output, as a host starts one."""

from __future__ import annotations

import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Final

import msgspec

from reasoningbank.domain.errors import Unavailable
from reasoningbank.domain.json_value import JsonObject

if TYPE_CHECKING:
    from typing_extensions import Self

PROTOCOL: Final = "2025-06-18"
_ANSWER_SECONDS: Final = 30.0
_END_SECONDS: Final = 5.0
_LAST_LINES: Final = 5


class ServerSession:
    """Start a server and talk to it: raw messages, so that nothing stands between it and the check.

    Args:
        command: The program and its arguments.
        environment: Its environment, or None for that of this process.

    Raises:
        Unavailable: When it cannot be started, ends, or does not answer.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        self._command = list(command)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command that the host will run
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=None if environment is None else dict(environment),
            )
        except OSError as error:
            raise Unavailable(
                f"cannot be started: {error.strerror or error}", path=self._command[0]
            ) from error
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._next_id = 0
        self._readers = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def initialise(self) -> JsonObject:
        """Shake hands, and give what the server says of itself."""
        told = self.ask(
            "initialize",
            {
                "protocolVersion": PROTOCOL,
                "capabilities": {},
                "clientInfo": {"name": "reasoningbank-check", "version": "1"},
            },
        )
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return told

    def ask(self, method: str, parameters: JsonObject | None = None) -> JsonObject:
        """Send a request and give its result.

        Raises:
            Unavailable: When there is no answer, or the answer is an error.
        """
        self._next_id += 1
        wanted = self._next_id
        self._write({"jsonrpc": "2.0", "id": wanted, "method": method, "params": parameters or {}})
        while True:
            answer = self._answer(method)
            if answer.get("id") == wanted:
                break
        if "error" in answer:
            raise Unavailable(
                f"answered {method} with an error: {answer['error']}", path=self._name
            )
        result = answer.get("result")
        return result if isinstance(result, dict) else {}

    def call(self, tool: str, arguments: JsonObject) -> JsonObject:
        """Call a tool and give its structured content.

        Raises:
            Unavailable: When there is no answer, or the tool failed.
        """
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        content = result.get("structuredContent")
        if result.get("isError") is True or not isinstance(content, dict):
            raise Unavailable(f"failed in {tool}: {result.get('content')}"[:500], path=self._name)
        return content

    def close(self) -> None:
        """End the server: its input is closed, and after a while it is killed."""
        process = self._process
        if process.stdin is not None:
            try:
                process.stdin.close()
            except OSError:
                pass  # it has ended already
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join(_END_SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    @property
    def _name(self) -> str:
        return " ".join(self._command)[:200]

    def _write(self, message: JsonObject) -> None:
        stream = self._process.stdin
        assert stream is not None
        try:
            stream.write(msgspec.json.encode(message) + b"\n")
            stream.flush()
        except OSError as error:
            raise self._ended() from error

    def _answer(self, method: str) -> JsonObject:
        try:
            line = self._lines.get(timeout=_ANSWER_SECONDS)
        except Empty:
            raise Unavailable(
                f"did not answer {method} within {_ANSWER_SECONDS:g} seconds", path=self._name
            ) from None
        if line is None:
            raise self._ended()
        try:
            found = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise Unavailable(
                f"printed what is no message: {line[:100]!r}", path=self._name
            ) from error
        return found if isinstance(found, dict) else {}

    def _ended(self) -> Unavailable:
        for reader in self._readers:
            reader.join(1.0)
        said = " ".join(self._said) or "it said nothing"
        return Unavailable(f"ended before it answered: {said}"[:500], path=self._name)

    def _read_answers(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        stream = self._process.stderr
        assert stream is not None
        for line in stream:
            self._said.append(line.decode("utf-8", "replace").strip())
