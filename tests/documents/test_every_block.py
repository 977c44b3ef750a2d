"""No block of code is left out silently: it runs, is parsed, or says why it does not run."""

from __future__ import annotations

import configparser
import json
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from tests.documents.blocks import (
    NEEDS,
    NOT_RUN,
    PARSED,
    RUN,
    Block,
    all_blocks,
    blocks_of,
    documents,
    needs_of,
)

GENERATED = "docs/command-line.md"  # its `text` blocks are compared with the program by the tool
BLOCKS = [block for block in all_blocks() if not block.is_directive]


def what_is_wrong(block: Block) -> str | None:
    """Give what a block lacks to be run, parsed or excused; None for one that lacks nothing."""
    if block.language not in {*RUN, *PARSED, *NOT_RUN}:
        return f"the language {block.language!r} is not one that tests know"
    reason = block.reason_not_to_run
    if reason is not None and len(reason.split()) < 3:
        return "the reason not to run it is missing or says too little"
    if (
        block.language in NOT_RUN
        and reason is None
        and not {"prints", "shows", "file"} & set(block.marks)
    ):
        return f"{block.language} is not run: say why above it, <!-- not run: REASON -->"
    if "types only" in block.marks and block.language != "ts":
        return "only TypeScript can be compiled without being run"
    return None


def test_every_block_runs_or_says_why_it_does_not():
    wrong = {
        block.place: told
        for block in BLOCKS
        if (told := what_is_wrong(block)) is not None
        and not (block.document == GENERATED and block.language == "text")
    }

    assert wrong == {}


def test_what_the_examples_of_a_document_need_is_provided():
    assert {need for document in documents() for need in needs_of(document)} == set(NEEDS)


def test_most_blocks_run():
    run = [block for block in BLOCKS if block.language in RUN and not block.reason_not_to_run]
    left = [block for block in BLOCKS if block.reason_not_to_run]

    assert len(run) > 60
    assert len(left) < len(run) / 2


def parse(language: str, text: str) -> None:
    """Read a block as programs read it."""
    if language == "json":
        try:
            json.loads(text)
        except ValueError:  # a line for each, as exports and events are
            for line in text.splitlines():
                json.loads(line)
    elif language == "toml":
        pytest.importorskip("tomlkit", reason="needs the extra mcp").parse(text)
    elif language == "yaml":
        list(pytest.importorskip("yaml", reason="needs the extra agents").safe_load_all(text))
    elif language == "xml":
        ET.fromstring(text)
    elif language == "ini":
        configparser.ConfigParser(interpolation=None, strict=False).read_string(text)
    elif language == "html":
        reader = HTMLParser()
        reader.feed(text)
        reader.close()


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language in PARSED], ids=lambda block: block.place
)
def test_what_programs_read_can_be_parsed(block):
    parse(block.language, block.text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("json", "{'a': 1}"),
        ("json", '{"a": 1}\n{"a"'),
        ("toml", "a = [1"),
        ("yaml", "a: [1"),
        ("xml", "<a>"),
        ("ini", "a = 1"),
    ],
)
def test_what_cannot_be_parsed_fails(language, text):
    with pytest.raises(Exception):  # noqa: B017 - each parser has an error of its own
        parse(language, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("```\nx\n```", "the language ''"),
        ("```rust\nx\n```", "the language 'rust'"),
        ("```sh\nx\n```", "sh is not run"),
        ("<!-- a comment -->\n```text\nx\n```", "text is not run"),
        ("<!-- not run: no -->\n```sh\nx\n```", "says too little"),
        ("<!-- not run -->\n```python\nx\n```", "says too little"),
        ("<!-- types only: needs a page open -->\n```js\nx\n```", "only TypeScript"),
    ],
)
def test_a_block_that_is_neither_run_nor_excused_is_told(text, told):
    [block] = blocks_of("page.md", text)

    assert told in (what_is_wrong(block) or "")


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx\n```",
        "<!-- not run: starts a paid service -->\n```python\nx\n```",
        "<!-- prints -->\n```text\nx\n```",
        "<!-- file: a.txt -->\n```text\nx\n```",
        "- in a list\n\n  <!-- not run: a drawing of lines -->\n  ```text\n  x\n  ```",
    ],
)
def test_a_block_that_is_run_or_excused_is_not_told(text):
    [block] = blocks_of("page.md", text)

    assert what_is_wrong(block) is None
