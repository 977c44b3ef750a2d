"""What each extra is for, done once: run by ``make test-extras`` where the wheel and that extra alone are installed.

``python -I main_paths.py EXTRA PAGE`` prints one line of what was done, and fails otherwise; PAGE is
``docs/adapters.md``, whose sections are the main paths of the frameworks. No test of pytest's: it must
not need what the tests need.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from reasoningbank import PatternInput, ReasoningBank, ReasoningBankError

LOGIN = PatternInput(
    task_description="Add login to the API",
    task_category="backend",
    strategy="Write the failing test first.",
)
PROGRAM = [str(Path(sys.executable).with_name("reasoningbank"))]
WORDS = ("[PAD]", "[UNK]", "add", "login", "the", "api", "shoes")
FRAMEWORKS = {
    "crewai": "CrewAI",
    "langchain": "LangChain",
    "langgraph": "LangGraph",
    "llamaindex": "LlamaIndex",
    "openai-agents": "OpenAI Agents SDK",
    "pydantic-ai": "Pydantic AI",
}


def nothing(folder: Path) -> str:
    """Every door that needs an extra says how to get it, and everything else works."""
    bank = str(folder / "bank.db")
    with ReasoningBank.open(bank) as opened:
        opened.put(LOGIN)
        assert opened.find_similar("let users log in to the API")
    asked = {
        "postgres": ["stats", "--db", "postgresql://nobody@127.0.0.1:1/none"],
        "mcp": ["mcp", "--db", bank],
        "server": ["serve", "--db", bank],
        "agents": ["agents", "check", str(folder)],
        "eval": ["eval", "miniwob-live", "--streams", "1"],
        **{
            name: ["similar", "login", "--db", bank, "--embedder", f"{name}:a-model"]
            for name in ("sentence-transformers", "model2vec", "fastembed")
        },
    }
    (folder / "agent.md").write_text("---\nname: a\ndescription: b\n---\n# A\n", "utf-8")
    for extra, words in asked.items():
        done = ran(*words, succeeds=False)
        assert f"agent-reasoningbank[{extra}]" in done.stderr, (extra, done)
        assert "Traceback" not in done.stderr, (extra, done)
    for extra in FRAMEWORKS:
        _says_how(extra, lambda extra=extra: _import(f"reasoningbank.adapters.{_module(extra)}"))
    _says_how("otel", _instrumented)
    _says_how("llm", _judged)
    _says_how("prometheus", _figures)
    return f"{len(asked) + len(FRAMEWORKS) + 3} doors name the line that installs what they lack"


def postgres(folder: Path) -> str:
    """A bank on a server: its tables made, a pattern stored and found, by a program and by the command."""
    dsn = os.environ["RB_EXTRA_DSN"]
    ran("db", "init", "--db", dsn)
    with ReasoningBank.open(dsn) as bank:
        stored = bank.put(LOGIN).id
    told = json.loads(ran("similar", "let users log in to the API", "--db", dsn, "--json").stdout)
    assert str(stored) in json.dumps(told)
    return "db init, store, similar on PostgreSQL"


def mcp(folder: Path) -> str:
    """A server over standard input and output, asked for its tools and to store and recall."""
    from mcp import Client, StdioServerParameters

    async def main() -> int:
        command = StdioServerParameters(
            command=PROGRAM[0],
            args=[*PROGRAM[1:], "mcp", "--db", str(folder / "bank.db")],
            env=dict(os.environ),
        )
        async with Client(command) as client:
            return len((await client.list_tools()).tools)

    tools = asyncio.run(main())
    import tomlkit

    assert tomlkit.parse("a = 1")["a"] == 1
    with ReasoningBank.open(folder / "bank.db") as bank:
        assert bank.get_stats().total_patterns == 0
    return f"{tools} tools over standard input and output"


def server(folder: Path) -> str:
    """The bank over HTTP: a pattern stored and found, and figures for Prometheus."""
    environment = {**os.environ, "REASONINGBANK_HTTP_TOKEN": "a-token-of-this-test"}
    command = [*PROGRAM, "serve", "--db", str(folder / "bank.db"), "--port", "0", "--json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            url = json.loads(process.stderr.readline())["url"]

            def ask(path: str, body: dict[str, object] | None = None) -> bytes:
                request = urllib.request.Request(
                    url + path,
                    data=None if body is None else json.dumps(body).encode(),
                    headers={
                        "authorization": "Bearer a-token-of-this-test",
                        "content-type": "application/json",
                    },
                )
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.read()

            stored = json.loads(ask("/v1/patterns", {"task_description": LOGIN.task_description,
                "task_category": LOGIN.task_category, "strategy": LOGIN.strategy}))  # fmt: skip
            similar = ask("/v1/similar", {"task_description": "let users log in to the API"})
            assert stored["id"] in similar.decode()
            assert b"reasoningbank_operations_total" in ask("/metrics")
        finally:
            process.terminate()
            process.wait(30)
    return "store, similar and figures over HTTP"


def prometheus(folder: Path) -> str:
    """A bank's figures in the format of Prometheus."""
    return f"{len(_figures().splitlines())} lines of figures"


def otel(folder: Path) -> str:
    """A bank that tells OpenTelemetry's API of each operation, with nothing behind it."""
    _instrumented()
    return "instrument: spans and metrics to the API alone"


def agents(folder: Path) -> str:
    """Definitions checked beside the server of the bank."""
    definition = "---\nname: tester\ndescription: Writes tests.\ntools: Read\n---\n# Tester\n"
    (folder / "tester.md").write_text(definition, "utf-8")
    told = ran("agents", "check", str(folder)).stdout
    assert "1 of 1 agents got a recall" in told, told
    return "one definition checked beside the server"


def llm(folder: Path) -> str:
    """A judge that asks a model, here one that always answers the same."""
    from pydantic_ai.messages import ModelResponse, TextPart
    from pydantic_ai.models.function import FunctionModel

    from reasoningbank import Step, TrajectoryInput
    from reasoningbank.learning.llm import LlmAccess, LlmJudge

    answer = {"verdict": "success", "score": None, "reasons": ["Step 1 shows 12 passed."]}
    model = FunctionModel(lambda messages, info: ModelResponse([TextPart(json.dumps(answer))]))
    with (
        LlmAccess(model) as access,
        ReasoningBank.open(folder / "bank.db", judge=LlmJudge(access)) as bank,
    ):
        learned = bank.learn(
            TrajectoryInput(
                task_description="Make the tests pass",
                task_category="debugging",
                steps=(Step(action="run them", observation="12 fine"),),
            )
        )
    assert learned.verdict is not None
    assert learned.verdict.kind == "success", learned
    return "learn, judged by a model"


def evaluation(folder: Path) -> str:
    """A short measurement on recorded attempts, with its curves."""
    out = folder / "evaluation"
    ran("eval", "miniwob", "--streams", "1", "--visits", "2", "--processes", "1", "--out", str(out))
    for library in ("bm25s", "miniwob", "selenium"):
        _import(library)
    curves = [path for path in out.rglob("*") if path.suffix in {".png", ".svg"}]
    assert curves, list(out.rglob("*"))
    return f"report and {len(curves)} curves from recorded attempts; no browser"


def model2vec(folder: Path) -> str:
    """A bank with vectors of a model of seven words."""
    from model2vec import StaticModel

    StaticModel(_table(), _tokenizer()).save_pretrained(str(folder / "m"))
    return _found_with(f"model2vec:{folder / 'm'}", folder)


def sentence_transformers(folder: Path) -> str:
    """A bank with vectors of a model of seven words."""
    from sentence_transformers import SentenceTransformer, models

    table = models.StaticEmbedding(_tokenizer(), embedding_weights=_table())
    SentenceTransformer(modules=[table], device="cpu").save(str(folder / "m"))
    return _found_with(f"sentence-transformers:{folder / 'm'}", folder)


def fastembed(folder: Path) -> str:
    """The library's list of models is read, and one it does not know is refused with our error.

    A model of its own comes from a hub at run time; `tests/embedding` runs one made on the spot.
    """
    from reasoningbank.embedding import embedder_from_name

    try:
        embedder_from_name("fastembed:no-such-model")
    except ReasoningBankError as error:
        assert "pip install" not in str(error)
        return f"an unknown model is {error.code}; no model was fetched"
    raise AssertionError("an unknown model was taken")


OTHERS: dict[str, Callable[[Path], str]] = {
    "nothing": nothing,
    "agents": agents,
    "eval": evaluation,
    "fastembed": fastembed,
    "llm": llm,
    "mcp": mcp,
    "model2vec": model2vec,
    "otel": otel,
    "postgres": postgres,
    "prometheus": prometheus,
    "sentence-transformers": sentence_transformers,
    "server": server,
}


def _framework(extra: str, page: Path) -> str:
    """The example that the documentation gives for a framework."""
    section = page.read_text("utf-8").split(f"\n## {FRAMEWORKS[extra]}\n", 1)[1]
    example = section.split("```python\n", 1)[1].split("```", 1)[0]
    exec(compile(example, f"{page.name}: {extra}", "exec"), {"__name__": "example"})
    return "the example of its section in docs/adapters.md"


def ran(*words: str, succeeds: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the command; `succeeds` says what must come of it."""
    done = subprocess.run(
        [*PROGRAM, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert (done.returncode == 0) is succeeds, (words, done)
    return done


def _found_with(embedder: str, folder: Path) -> str:
    from reasoningbank.embedding import embedder_from_name

    with ReasoningBank.open(folder / "bank.db", embedder=embedder_from_name(embedder)) as bank:
        login = bank.put(LOGIN).id
        bank.store_pattern(task_description="shoes", task_category="c", strategy="s")
        assert bank.find_similar("add the login", top_k=1)[0].id == login
    return "store and find with vectors of a model made on the spot"


def _tokenizer() -> object:
    import tokenizers

    words = {word: number for number, word in enumerate(WORDS)}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.normalizer = tokenizers.normalizers.Lowercase()
    return made


def _table() -> object:
    import numpy as np

    return np.eye(len(WORDS), 8, dtype=np.float32)


def _instrumented() -> None:
    from reasoningbank import instrument

    with ReasoningBank.open("memory:") as bank:
        instrument(bank)
        bank.put(LOGIN)
        assert bank.get_stats().total_patterns == 1


def _figures() -> str:
    from reasoningbank.metrics.prometheus import prometheus_text

    with ReasoningBank.open("memory:") as bank:
        bank.put(LOGIN)
        text = prometheus_text(bank)
    assert "reasoningbank_patterns" in text
    return text


def _judged() -> None:
    from reasoningbank.learning.llm import LlmAccess, LlmJudge

    LlmJudge(LlmAccess("openai:gpt-4o-mini"))


def _says_how(extra: str, door: Callable[[], object]) -> None:
    try:
        door()
    except ReasoningBankError as error:
        assert f"agent-reasoningbank[{extra}]" in str(error), (extra, error)
    else:
        raise AssertionError(f"the door of {extra} opened without it")


def _import(name: str) -> None:
    from importlib import import_module

    import_module(name)


def _module(extra: str) -> str:
    return extra.replace("-", "_")


def main() -> None:
    """Do what the extra named first is for."""
    extra, page = sys.argv[1], Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = folder / "home"
        home.mkdir()
        os.environ.update(HOME=str(home), XDG_DATA_HOME=str(home), XDG_CONFIG_HOME=str(home))
        os.chdir(folder)
        if extra in FRAMEWORKS:
            print(_framework(extra, page))
        else:
            work = folder / "work"
            work.mkdir()
            print(OTHERS[extra](work))


if __name__ == "__main__":
    main()
