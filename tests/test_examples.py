"""Every example a reader can copy runs: docstrings, README.md and docs/.

In Markdown, ```python blocks run in order in one namespace per document (with `>>>` as doctests), and so do
```console blocks: each line after `$ ` runs in the shell of the document's own directory, must succeed, and
must print what stands below it (`...` matches anything). Blocks in other languages are for reading only, so
what cannot run here (an installation, a server) is written as ```sh or ```text.
"""

from __future__ import annotations

import doctest
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from reasoningbank import Unavailable

CHECKOUT = Path(__file__).resolve().parent.parent
SOURCE = CHECKOUT / "src"
DOCTEST_FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
CONSOLE_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

DOCUMENTS = sorted(
    str(path.relative_to(CHECKOUT))
    for path in [*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")]
    if ("```python" in (text := path.read_text("utf-8")) or "```console" in text)
    # Each section of docs/adapters.md needs a framework: tests/adapters/test_page.py runs them.
    # docs/postgres.md needs a server: tests/postgres/test_page.py.
    and path.name not in {"adapters.md", "postgres.md"}
)
MODULES_WITH_EXAMPLES = sorted(
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if ">>> " in path.read_text("utf-8")
)


def run_console(example: Example) -> str | None:
    """Run a transcript; return what went differently, or None."""
    for command, expected in transcript(example.parsed):
        done = subprocess.run(
            command,
            shell=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            # The command belongs to the interpreter that runs the tests, wherever that is.
            env={
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
        )
        if done.returncode:
            return f"$ {command}\nended with {done.returncode}:\n{done.stdout}"
        if expected and not doctest.OutputChecker().check_output(
            expected, done.stdout, CONSOLE_FLAGS
        ):
            return f"$ {command}\nwas to print:\n{expected}\nbut printed:\n{done.stdout}"
    return None


def transcript(block: str) -> list[tuple[str, str]]:
    """Split a console block into (command, expected output); `> ` continues a command."""
    steps: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif line.startswith("> ") and steps and not steps[-1][1]:
            steps[-1] = (steps[-1][0] + line[2:], "")
        elif steps:
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
        else:
            message = f"a console block starts with a command after '$ ', not with {line!r}"
            raise ValueError(message)
    return [(command.rstrip("\n"), expected) for command, expected in steps]


MARKDOWN = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=DOCTEST_FLAGS),
        CodeBlockParser(language="console", evaluator=run_console),
    ],
    patterns=["*.md"],
)


def run_document(path: Path) -> int:
    """Run every example of a Markdown document in order; return how many there were."""
    count = 0
    for example in MARKDOWN.parse(path):
        example.evaluate()
        count += 1
    return count


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_examples_of_a_document_run(document):
    run_document(CHECKOUT / document)


@pytest.mark.parametrize("document", ["README.md", "docs/quickstart.md"])
def test_the_first_pages_a_newcomer_reads_have_examples(document):
    assert len(list(MARKDOWN.parse(CHECKOUT / document))) >= 2


@pytest.mark.parametrize("module", MODULES_WITH_EXAMPLES)
def test_the_examples_in_docstrings_run(module):
    try:
        loaded = importlib.import_module(module)
    except Unavailable as error:
        if error.field != module:
            raise
        pytest.skip(str(error))  # an adapter whose framework is not installed
    failed, attempted = doctest.testmod(loaded, optionflags=DOCTEST_FLAGS)

    assert attempted > 0
    assert failed == 0


@pytest.mark.parametrize(
    "broken",
    [
        "```python\nassert 1 == 2\n```\n",
        "```python\n>>> 1 + 1\n3\n\n```\n",
        "```console\n$ false\n```\n",
        "```console\n$ echo yes\nno\n```\n",
        "```console\n$ echo yes\nyes\n$ echo yes\nno\n```\n",
        "```console\necho no prompt\n```\n",
    ],
)
def test_an_example_that_is_wrong_fails(tmp_path, broken):
    (tmp_path / "wrong.md").write_text(broken, "utf-8")

    with pytest.raises((AssertionError, ValueError)):
        run_document(tmp_path / "wrong.md")


def test_an_example_that_is_right_passes(tmp_path):
    (tmp_path / "right.md").write_text(
        "```python\nx = 1\n```\n\n```python\n>>> x + 1\n2\n\n```\n\n"
        "```console\n$ echo id 42 \\\n> and more\nid ... and more\n$ false; echo $?\n1\n```\n\n"
        "```sh\nexit 1\n```\n",
        "utf-8",
    )

    assert run_document(tmp_path / "right.md") == 3
