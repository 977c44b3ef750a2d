"""A go-between that cuts a connection to PostgreSQL at a chosen question or answer."""

from __future__ import annotations

import threading
from contextlib import suppress

# The class itself, and not what tests find under its name: see `tests.postgres.server`.
from socket import IPPROTO_TCP, SHUT_RDWR, SO_REUSEADDR, SOL_SOCKET, TCP_NODELAY, socket
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from typing_extensions import Self

Direction: TypeAlias = Literal["question", "answer"]
_LOOPBACK = "127.0.0.1"
_LENGTH = 4
# What ends a question (Query, Sync) and an answer (ReadyForQuery) in the protocol, version 3.
_ENDS: dict[Direction, bytes] = {"question": b"QS", "answer": b"Z"}


class Proxy:
    """Pass on what is said on a port of its own, until it is told to cut.

    Encryption must be off: it reads where messages end, and nothing else of them.
    """

    def __init__(self, port: int, host: str = _LOOPBACK) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._open: list[socket] = []
        self._cut_at: tuple[Direction, int] | None = None
        self._counts: dict[Direction, int] = {"question": 0, "answer": 0}
        self._closed = False
        self._listening = socket()
        self._listening.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        self._listening.bind((_LOOPBACK, 0))
        self._listening.listen()
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, direction: Direction, number: int) -> None:
        """Cut at the so-many-th question before it is asked, or answer before it is heard: once."""
        with self._lock:
            self._cut_at = (direction, number)
            self._counts = {"question": 0, "answer": 0}

    @property
    def has_cut(self) -> bool:
        """Whether it came to that since it was told to."""
        with self._lock:
            return self._cut_at is None

    def cut_all(self) -> None:
        """Cut every connection there is; new ones are passed on."""
        with self._lock:
            cut, self._open = self._open, []
        for one in cut:
            _hang_up(one)

    def close(self) -> None:
        """Cut everything and listen no more."""
        self._closed = True
        with suppress(OSError):
            self._listening.shutdown(SHUT_RDWR)
        self._listening.close()
        self.cut_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket()
            try:
                server.connect(self._target)
            except OSError:
                client.close()
                continue
            for one in (client, server):
                # Small messages wait 40 ms for one another otherwise.
                one.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            with self._lock:
                self._open += [client, server]
            for source, target, direction in (
                (client, server, "question"),
                (server, client, "answer"),
            ):
                threading.Thread(
                    target=self._pass_on, args=(source, target, direction), daemon=True
                ).start()

    def _pass_on(self, source: socket, target: socket, direction: Direction) -> None:
        # The first message of a client has no letter for its kind.
        waiting, letter = b"", 0 if direction == "question" else 1
        with suppress(OSError):
            while content := source.recv(65_536):
                waiting += content
                while len(waiting) >= letter + _LENGTH:
                    size = letter + int.from_bytes(waiting[letter : letter + _LENGTH], "big")
                    if len(waiting) < size:
                        break
                    message, waiting = waiting[:size], waiting[size:]
                    if letter and self._is_to_be_cut(direction, message):
                        return self._hang_up_both(source, target)
                    target.sendall(message)
                    letter = 1
        self._hang_up_both(source, target)
        return None

    def _hang_up_both(self, source: socket, target: socket) -> None:
        for one in (source, target):
            _hang_up(one)

    def _is_to_be_cut(self, direction: Direction, message: bytes) -> bool:
        if message[:1] not in _ENDS[direction]:
            return False
        with self._lock:
            self._counts[direction] += 1
            if self._cut_at != (direction, self._counts[direction]):
                return False
            self._cut_at = None
            return True


def _hang_up(one: socket) -> None:
    with suppress(OSError):
        one.shutdown(SHUT_RDWR)
    one.close()
