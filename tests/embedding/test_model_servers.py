"""Embedders behind HTTP, against a local server speaking the wire formats well and badly."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from reasoningbank.domain.errors import InvalidInput, ProviderFailed
from reasoningbank.embedding import Embedder, to_int8
from reasoningbank.embedding.ollama import OllamaEmbedder
from reasoningbank.embedding.openai_compatible import OpenAICompatibleEmbedder

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

KEY = "sk-secret-0123456789"
DIMENSION = 3


@dataclass
class Answer:
    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    announced_length: int | None = None
    delay: Callable[[], object] = lambda: None


@dataclass
class Asked:
    path: str
    headers: dict[str, str]
    payload: dict[str, object]


class Server:
    """Answers with a script of functions (the last one again and again) and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.script: list[Callable[[Asked], Answer]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = Asked(self.path, dict(self.headers), json.loads(body))
                server.asked.append(asked)
                position = min(len(server.asked), len(server.script)) - 1
                answer = server.script[position](asked)
                answer.delay()
                try:
                    self.send_response(answer.status)
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
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def answers(self, *script: Answer | Callable[[Asked], Answer]) -> None:
        self.script = [step if callable(step) else lambda _, step=step: step for step in script]

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    started = Server()
    yield started
    started.close()


def vector_of(text: str) -> list[float]:
    return [float(len(text)), 1.0, -0.5]


def openai_answer(asked: Asked) -> Answer:
    texts = asked.payload["input"]
    data = [
        {"object": "embedding", "index": i, "embedding": vector_of(text)}
        for i, text in enumerate(texts)
    ]
    # The order is the server's business; the index counts.
    return Answer(json.dumps({"object": "list", "data": data[::-1], "model": "m"}).encode())


def ollama_answer(asked: Asked) -> Answer:
    vectors = [vector_of(text) for text in asked.payload["input"]]
    return Answer(json.dumps({"model": "m", "embeddings": vectors, "total_duration": 5}).encode())


def openai(server: Server, **options: object) -> OpenAICompatibleEmbedder:
    options = {"api_key": KEY, "sleep": lambda _: None, "timeout_seconds": 20.0} | options
    return OpenAICompatibleEmbedder("small-model", base_url=f"{server.url}/v1", **options)


def ollama(server: Server, **options: object) -> OllamaEmbedder:
    options = {"sleep": lambda _: None, "timeout_seconds": 20.0} | options
    return OllamaEmbedder("nomic", base_url=server.url, **options)


MAKERS = {"openai": (openai, openai_answer), "ollama": (ollama, ollama_answer)}


@pytest.fixture(params=sorted(MAKERS))
def provider(request):
    return MAKERS[request.param]


class TestGoodAnswers:
    def test_openai_is_asked_as_its_api_wants_it(self, server):
        server.answers(openai_answer)
        openai(server).embed_query("restart the worker")
        (asked,) = server.asked
        assert asked.path == "/v1/embeddings"
        assert asked.headers["Authorization"] == f"Bearer {KEY}"
        assert asked.headers["Content-Type"] == "application/json"
        assert asked.payload == {
            "model": "small-model",
            "encoding_format": "float",
            "input": ["restart the worker"],
        }

    def test_openai_is_asked_for_a_given_dimension(self, server):
        server.answers(openai_answer)
        openai(server, dimension=DIMENSION).embed_query("a")
        assert server.asked[0].payload["dimensions"] == DIMENSION

    def test_a_server_that_wants_no_key_gets_none(self, server):
        server.answers(openai_answer)
        openai(server, api_key=None).embed_query("a")
        assert "Authorization" not in server.asked[0].headers

    def test_ollama_is_asked_as_its_api_wants_it(self, server):
        server.answers(ollama_answer)
        ollama(server).embed_query("restart the worker")
        (asked,) = server.asked
        assert asked.path == "/api/embed"
        assert asked.payload == {"model": "nomic", "input": ["restart the worker"]}

    def test_vectors_come_in_the_order_of_the_texts(self, server, provider):
        make, answer = provider
        server.answers(answer)
        texts = ["one", "three", "seventeen", "\u56fe\u4e66\u9986", ""]
        vectors = make(server).embed_documents(texts)
        assert vectors.dtype == np.float32
        assert vectors.tolist() == [vector_of(text) for text in texts]
        assert to_int8(vectors).shape == (5, DIMENSION)

    def test_many_texts_go_in_batches(self, server, provider):
        make, answer = provider
        server.answers(answer)
        texts = ["x" * n for n in range(10)]
        vectors = make(server, batch_size=4).embed_documents(texts)
        assert [len(asked.payload["input"]) for asked in server.asked] == [4, 4, 2]
        assert vectors[:, 0].tolist() == list(range(10))

    def test_the_dimension_is_learnt_by_asking_once(self, server, provider):
        make, answer = provider
        server.answers(answer)
        embedder = make(server)
        assert isinstance(embedder, Embedder)
        assert embedder.dimension == embedder.dimension == DIMENSION
        assert len(server.asked) == 1

    def test_no_texts_give_no_rows(self, server, provider):
        make, answer = provider
        server.answers(answer)
        assert make(server).embed_documents([]).shape == (0, DIMENSION)

    def test_the_name_says_which_model(self, server):
        assert openai(server).name == "openai:small-model"
        assert ollama(server).name == "ollama:nomic"


class TestBadAnswers:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>bad gateway</html>",
            b"null",
            b"[]",
            b"{}",
            b'{"data": null, "embeddings": null}',
            b'{"data": [{"index": 0}], "embeddings": [null]}',
            b'{"data": [{"index": 0, "embedding": "AAAA"}], "embeddings": ["AAAA"]}',
            b'{"data": [{"index": 0, "embedding": [1, "2"]}], "embeddings": [[1, "2"]]}',
            b'{"data": [{"index": 0, "embedding": [NaN]}], "embeddings": [[NaN]]}',
            b'{"data": [{"index": 0, "embedding": [1e999]}], "embeddings": [[1e999]]}',
            b'{"data": [{"index": 0, "embedding": [1e300]}], "embeddings": [[1e300]]}',
            b'{"data": [{"index": 0, "embedding": []}], "embeddings": [[]]}',
            b'{"data": [], "embeddings": []}',
            b'{"data": [{"index": 0, "embedding": [1.0, 2.',
            b'{"embeddings": [[1.0, 2.',
            b"\xff\xfe\x00",
        ],
    )
    def test_garbage_is_a_provider_failure_naming_the_url(self, server, provider, body):
        make, _ = provider
        server.answers(Answer(body))
        with pytest.raises(ProviderFailed) as caught:
            make(server).embed_query("a")
        assert caught.value.path.startswith(server.url)
        assert len(server.asked) == 1

    def test_another_number_of_vectors_than_texts_is_refused(self, server, provider):
        make, answer = provider

        def one_too_few(asked: Asked) -> Answer:
            asked.payload["input"] = asked.payload["input"][:-1]
            return answer(asked)

        server.answers(one_too_few)
        with pytest.raises(ProviderFailed, match="1 vectors for 2 texts"):
            make(server).embed_documents(["a", "b"])

    def test_another_dimension_than_given_is_refused(self, server, provider):
        make, answer = provider
        server.answers(answer)
        with pytest.raises(ProviderFailed, match="3 components instead of 4"):
            make(server, dimension=4).embed_query("a")

    def test_a_dimension_that_changes_is_refused(self, server):
        longer = Answer(b'{"embeddings": [[1, 2, 3, 4]]}')
        server.answers(ollama_answer, longer)
        embedder = ollama(server)
        embedder.embed_query("a")
        with pytest.raises(ProviderFailed, match="4 components instead of 3"):
            embedder.embed_query("b")

    def test_vectors_of_different_lengths_are_refused(self, server):
        server.answers(Answer(b'{"embeddings": [[1, 2, 3], [1, 2]]}'))
        with pytest.raises(ProviderFailed, match="2 components instead of 3"):
            ollama(server).embed_documents(["a", "b"])

    def test_an_index_given_twice_is_refused(self, server):
        item = '{"index": 0, "embedding": [1, 2, 3]}'
        server.answers(Answer(f'{{"data": [{item}, {item}]}}'.encode()))
        with pytest.raises(ProviderFailed, match="gaps or repeats"):
            openai(server).embed_documents(["a", "b"])

    def test_an_answer_cut_off_in_transit_is_asked_for_again(self, server, provider):
        make, answer = provider

        def cut(asked: Asked) -> Answer:
            whole = answer(asked)
            return Answer(whole.body[:20], announced_length=len(whole.body))

        server.answers(cut, answer)
        assert make(server).embed_query("abc").tolist() == vector_of("abc")
        assert len(server.asked) == 2

    def test_an_answer_cut_off_every_time_is_a_provider_failure(self, server, provider):
        make, _ = provider
        server.answers(Answer(b'{"data": [', announced_length=1000))
        with pytest.raises(ProviderFailed, match="10 of 1000 bytes"):
            make(server, attempts=2).embed_query("a")
        assert len(server.asked) == 2


class TestBusyServers:
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 529])
    def test_a_passing_trouble_is_waited_out(self, server, provider, status):
        make, answer = provider
        pauses: list[float] = []
        server.answers(Answer(b"busy", status), Answer(b"busy", status), answer)
        embedder = make(server, sleep=pauses.append, first_pause_seconds=0.25)
        assert embedder.embed_query("abc").tolist() == vector_of("abc")
        assert pauses == [0.25, 0.5]

    def test_the_server_may_say_how_long_to_wait(self, server):
        pauses: list[float] = []
        server.answers(
            Answer(b"", 429, {"Retry-After": "7"}),
            Answer(b"", 429, {"Retry-After": "86400"}),
            Answer(b"", 429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}),
            openai_answer,
        )
        openai(server, sleep=pauses.append, first_pause_seconds=1.0).embed_query("a")
        assert pauses == [7.0, 30.0, 4.0]

    def test_trouble_that_stays_is_a_provider_failure_with_the_status(self, server, provider):
        make, _ = provider
        server.answers(Answer(b"no", 500))
        with pytest.raises(ProviderFailed, match=r"answered 500 \(3 attempts\)"):
            make(server, attempts=3).embed_query("a")
        assert len(server.asked) == 3

    @pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 403, 404, 422])
    def test_a_refusal_is_not_repeated(self, server, provider, status):
        make, _ = provider
        elsewhere = {"Location": f"{server.url}/elsewhere"}
        server.answers(Answer(b'{"error": "the model is unknown"}', status, elsewhere))
        with pytest.raises(ProviderFailed, match=f"answered {status}.*the model is unknown"):
            make(server).embed_query("a")
        assert len(server.asked) == 1

    def test_a_server_slower_than_the_timeout_is_a_provider_failure(self, server, provider):
        make, answer = provider
        asked_and_given_up = threading.Event()

        def slow(asked: Asked) -> Answer:
            late = answer(asked)
            late.delay = lambda: asked_and_given_up.wait(30)
            return late

        server.answers(slow)
        try:
            with pytest.raises(ProviderFailed, match=r"within 0\.2 s"):
                make(server, timeout_seconds=0.2).embed_query("a")
        finally:
            asked_and_given_up.set()
        assert len(server.asked) == 1

    def test_nobody_listening_is_a_provider_failure(self, provider):
        make, _ = provider
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free_port = probe.getsockname()[1]

        class Nowhere:
            url = f"http://127.0.0.1:{free_port}"

        with pytest.raises(ProviderFailed, match="could not be reached"):
            make(Nowhere(), attempts=2).embed_query("a")


class TestDrip:
    def test_a_byte_now_and_then_does_not_outlast_the_timeout(self):
        stop = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as listening:

            def drip() -> None:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not stop.wait(0.02):
                        connection.sendall(b" ")

            def drip_until_hung_up() -> None:
                try:
                    drip()
                except OSError:
                    pass  # the client hung up

            thread = threading.Thread(target=drip_until_hung_up)
            thread.start()
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            try:
                with pytest.raises(ProviderFailed, match=r"within 0\.3 s"):
                    OllamaEmbedder("m", base_url=url, timeout_seconds=0.3).embed_query("a")
            finally:
                stop.set()
                thread.join()


class TestTheKey:
    @pytest.mark.parametrize("status", [400, 401, 429, 500])
    def test_it_is_in_no_error_even_when_the_server_repeats_it(self, server, status):
        server.answers(Answer(f"Incorrect API key provided: {KEY}.".encode(), status))
        with pytest.raises(ProviderFailed) as caught:
            openai(server, attempts=1).embed_query("a")
        assert KEY not in "".join(traceback.format_exception(caught.value))
        assert KEY not in repr(caught.value)

    @pytest.mark.parametrize("key", [f"{KEY}\n", f"{KEY}\r\nX: y", f"{KEY}\u00e9", f"{KEY}\x00"])
    def test_one_that_no_header_can_carry_is_refused_without_showing_it(self, server, key):
        with pytest.raises(InvalidInput) as caught:
            openai(server, api_key=key)
        assert caught.value.field == "api_key"
        assert KEY not in "".join(traceback.format_exception(caught.value))

    def test_it_is_not_sent_after_a_redirect(self, server):
        server.answers(Answer(b"", 307, {"Location": f"{server.url}/taken"}), openai_answer)
        with pytest.raises(ProviderFailed):
            openai(server).embed_query("a")
        assert [asked.path for asked in server.asked] == ["/v1/embeddings"]


class TestSettings:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "127.0.0.1:11434",
            "file:///etc/passwd",
            "ftp://example.org",
            "http://",
            "http://[::1/",
            "https://user:password@example.org/v1",
            "https://example.org/v1?key=x",
            "https://example.org/v1#x",
        ],
    )
    def test_only_a_plain_http_url_is_taken(self, url):
        with pytest.raises(InvalidInput) as caught:
            OllamaEmbedder("m", base_url=url)
        assert caught.value.field == "base_url"
        assert "password@" not in str(caught.value)

    @pytest.mark.parametrize("option", ["batch_size", "attempts"])
    def test_less_than_one_is_refused(self, option):
        with pytest.raises(InvalidInput) as caught:
            OllamaEmbedder("m", **{option: 0})
        assert caught.value.field == option

    def test_text_that_utf8_cannot_carry_is_refused(self):
        with pytest.raises(InvalidInput) as caught:
            OllamaEmbedder("m").embed_query("\ud800")
        assert caught.value.field == "text"
