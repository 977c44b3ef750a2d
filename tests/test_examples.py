"""Every example a reader can copy runs: docstrings, README.md, docs/ and every other page.

In Markdown, ```python blocks run in order in one namespace per document (with `>>>` as doctests), and so do
```console blocks: each line after `$ ` runs in one shell, in a directory of the document's own, must succeed, and
must print what stands below it (`...` matches anything; ids, times and the reader's folders are compared by
their kind). Blocks of TypeScript and HTML run in `web/test/documents`, SQL and what stands around it in
`tests/postgres`, the frameworks in `tests/adapters`. What cannot run says why in a comment above it; those comments
are explained in tests/documents/blocks.py, and tests/documents holds every block to them.
"""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from reasoningbank import Unavailable
from tests.documents.blocks import CHECKOUT, all_blocks, blocks_of, documents, needs_of
from tests.documents.running import DOCTEST_FLAGS, run_blocks, run_document
from tests.learning.fake_provider import Answer, Asked, FakeProvider, says

SOURCE = CHECKOUT / "src"
ELSEWHERE = {"postgres", "frameworks"}  # tests/postgres/test_page.py, tests/adapters/test_page.py

DOCUMENTS = [
    pytest.param(
        document, marks=[pytest.mark.allow_hosts(["127.0.0.1"])] if "provider" in needs else []
    )
    for document in documents()
    if {block.language for block in blocks_of(document)} & {"python", "console", "sql"}
    and not (needs := needs_of(document)) & ELSEWHERE
]
MODULES_WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)
JUDGED = {"verdict": "success", "reasons": ["The last step shows that all passed."]}
LESSONS = {
    "lessons": [
        {
            "title": "Count all lines at once",
            "strategy": "To count the lines of many files, join them first and count once.",
            "tags": ["shell"],
        }
    ]
}


def answer_of_the_model(asked: Asked) -> Answer:
    """Answer as a model would: to the agent of a document, to the bank's judge, to its distiller."""
    if b"Answer with one shell command" in asked.raw:
        return says("DONE" if b"exit code" in asked.raw else "cat *.log 2>&1 | wc -l")
    return says(LESSONS if b"lessons" in asked.raw else JUDGED)


@pytest.fixture
def needed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a document asks for: a model provider on loopback, or a program to be there."""
    needs = needs_of(request.node.callspec.params["document"])
    if "curl" in needs and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    if "provider" not in needs:
        yield
        return
    pytest.importorskip("pydantic_ai", reason='needs the extra [llm]: pip install ".[llm]"')
    started = FakeProvider()
    started.answers(answer_of_the_model)
    monkeypatch.setenv("OPENAI_BASE_URL", started.url)
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-real-key")
    yield
    started.close()


@pytest.mark.usefixtures("needed")
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_examples_of_a_document_run(document):
    assert run_document(document) > 0


def test_every_block_of_a_language_that_runs_here_is_in_a_document_that_is_run():
    run = {param.values[0] for param in DOCUMENTS}

    assert [
        block.place
        for block in all_blocks()
        if block.language in {"python", "console", "sql"}
        and block.document not in run
        and not needs_of(block.document) & ELSEWHERE
    ] == []


@pytest.mark.parametrize("document", ["README.md", "docs/quickstart.md"])
def test_the_first_pages_a_newcomer_reads_have_examples(document):
    blocks = [one for one in blocks_of(document) if one.language in {"python", "console"}]

    assert len(blocks) >= 2


@pytest.mark.parametrize("module", MODULES_WITH_EXAMPLES)
def test_the_examples_in_docstrings_run(module):
    try:
        loaded = importlib.import_module(module)
    except Unavailable as error:
        if error.field != module:
            raise
        pytest.skip(str(error))  # an adapter whose framework is not installed
    failed, attempted = doctest.testmod(loaded, optionflags=DOCTEST_FLAGS)

    assert failed == 0
    # One that stands where doctest does not look would otherwise never run.
    assert attempted == prompts_in(Path(loaded.__file__))


def test_the_examples_in_the_tools_run():
    pytest.importorskip("jsonschema", reason="the tools are run with the group `check`")
    for path in sorted((CHECKOUT / "tools").rglob("*.py")):
        if not (expected := prompts_in(path)):
            continue
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert doctest.testmod(module, optionflags=DOCTEST_FLAGS) == (0, expected)


def prompts_in(path: Path) -> int:
    """Give how many examples a file of Python holds, wherever they stand in it."""
    return len(re.findall(r"^\s*(?:r?\"\"\")?>>> ", path.read_text("utf-8"), re.MULTILINE))


def of(text: str) -> list:
    return blocks_of("page.md", text)


@pytest.mark.parametrize(
    "broken",
    [
        "```python\nassert 1 == 2\n```\n",
        "```python\n>>> 1 + 1\n3\n\n```\n",
        "```console\n$ false\n```\n",
        "```console\n$ echo yes\nno\n```\n",
        "```console\n$ echo yes\nyes\n$ echo yes\nno\n```\n",
        "```console\necho no prompt\n```\n",
        "```python\nprint(1)\n```\n<!-- prints -->\n```text\n2\n```\n",
        "1. In a list:\n\n   ```console\n   $ echo yes\n   no\n   ```\n",
        "```python\n1\n",
    ],
)
def test_an_example_that_is_wrong_fails(broken):
    with pytest.raises((AssertionError, ValueError)):
        run_blocks(of(broken))


def test_an_example_that_is_right_passes():
    text = (
        "```python\nx = 1\n```\n\n```python\n>>> x + 1\n2\n>>> y = 3\n\n```\n\n"
        "```python\nprint(x + y)\n```\nIt prints:\n<!-- prints -->\n```text\n4\n```\n"
        "```console\n$ echo id 42 \\\n> and more\nid ... and more\n$ false; echo $?\n1\n```\n\n"
        "<!-- not run: it would fail -->\n```sh\nexit 1\n```\n"
    )

    assert run_blocks(of(text)) == 5


def test_a_transcript_is_one_shell_and_shows_ids_times_and_folders_of_another_run():
    text = (
        "<!-- file: below/given.txt -->\n```text\nhello\n```\n"
        "```console\n$ cd below\n$ export WORD=there\n$ cat given.txt && echo $WORD\nhello\nthere\n"
        "$ echo made 0192e5a0-1111-7222-8333-444455556666 at 2026-01-02T03:04:05.006Z\n"
        "made 0192e5a0-aaaa-7bbb-8ccc-ddddeeeeffff at 2025-12-31T23:59:59.999Z\n"
        "$ cd .. && pwd\n/home/ann/project\n```\n"
    )

    assert run_blocks(of(text)) == 2


def test_a_program_of_python_in_a_document_meets_the_line_it_stands_in():
    with pytest.raises(ZeroDivisionError) as caught:
        run_blocks(of("one\n\n```python\nx = 1\n1 / 0\n```\n"))

    assert caught.traceback[-1].lineno + 1 == 5
