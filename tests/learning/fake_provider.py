"""A model provider in this process: the OpenAI-compatible chat-completions wire format, well and badly spoken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """One response as it goes over the wire.

    `announced_length` cuts the body off for a client that believes it; `delay` is called before it is sent.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    announced_length: int | None = None
    delay: Callable[[], object] = lambda: None


@dataclass
class Asked:
    """One request: its bytes as received, and what they say."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def payload(self) -> dict:
        return json.loads(self.raw)

    @property
    def messages(self) -> list[dict]:
        return self.payload["messages"]

    def text_of(self, role: str) -> str:
        return "\n".join(one["content"] for one in self.messages if one["role"] == role)


def says(
    content: object,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    tokens: tuple[int, int] | None = (1_000, 100),
    delay: Callable[[], object] = lambda: None,
) -> Answer:
    """A completion whose message is a text, or anything else as JSON; `tokens` are those in and out."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "gpt-4o-mini",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish_reason,
                "message": {"role": "assistant", "content": text, "refusal": refusal},
            }
        ],
    }
    if tokens is not None:
        completion["usage"] = {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        }
    return Answer(json.dumps(completion).encode(), delay=delay)


def fails(status: int, message: str = "try later", **headers: str) -> Answer:
    """An error of the provider; header names are given with underscores."""
    body = json.dumps({"error": {"message": message, "type": "server_error"}}).encode()
    return Answer(
        body, status, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


class FakeProvider:
    """Gives a script of answers (the last one again and again) and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Answer | Callable[[Asked], Answer]] = []
        self._lock = threading.Lock()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                answer = provider.answer_to(Asked(self.path, dict(self.headers), raw))
                answer.delay()
                try:
                    self.send_response(answer.status)
                    self.send_header("Content-Type", "application/json")
                    length = answer.announced_length
                    self.send_header(
                        "Content-Length", str(len(answer.body) if length is None else length)
                    )
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(answer.body)
                except OSError:
                    pass  # the client has given up, as the slow tests want it to

            def log_message(self, *arguments: object) -> None:
                """Keep the test output clean."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def answer_to(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            step = self.script[min(len(self.asked), len(self.script)) - 1]
        return step(asked) if callable(step) else step

    def answers(self, *script: Answer | Callable[[Asked], Answer]) -> None:
        self.script = list(script)

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
