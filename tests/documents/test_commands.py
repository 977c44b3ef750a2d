"""Commands that documents name exist, with their options, also where nothing runs them."""

from __future__ import annotations

import re

import pytest

from reasoningbank import ReasoningBank
from tests.documents.blocks import CHECKOUT, all_blocks, documents
from tests.documents.commands import (
    commands_in,
    commands_in_spans,
    commands_of,
    npm_scripts,
    what_is_wrong,
)

# What `bank` is followed by in file names, and not in calls.
NO_METHODS = {"db", "jsonl", "sqljs"}


def test_the_commands_in_blocks_that_nothing_runs_exist():
    commands = [(block.place, one) for block in all_blocks() for one in commands_of(block)]

    assert len(commands) > 30
    assert {place: told for place, one in commands if (told := what_is_wrong(one))} == {}


@pytest.mark.parametrize("document", documents())
def test_the_commands_in_running_text_exist(document):
    text = (CHECKOUT / document).read_text("utf-8")

    assert [told for one in commands_in_spans(text) if (told := what_is_wrong(one))] == []


def test_the_methods_of_a_bank_that_running_text_names_exist():
    named = {
        (document, name)
        for document in documents()
        for name in re.findall(
            r"`(?:Async)?(?:ReasoningBank|bank)\.([a-z]\w*)",
            (CHECKOUT / document).read_text("utf-8"),
        )
    }
    missing = {
        (document, name)
        for document, name in named
        if not hasattr(ReasoningBank, name) and name not in NO_METHODS
    }

    assert len(named) > 20
    assert missing == set()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("reasoningbank frobnicate", "no verb frobnicate"),
        ("reasoningbank store --taks x", "store has no option --taks"),
        ("A=1 reasoningbank --frob store", "no option --frob before the verb"),
        ("cat x | reasoningbank recall - --kk 3 > y", "recall has no option --kk"),
        ("claude mcp add x -- /path/to/reasoningbank mpc", "no verb mpc"),
        ("reasoningbank stats && make tset", "make has no target tset"),
        ("make bench-short BENCH_ARGS=--size tset # later", "make has no target tset"),
        pytest.param(
            "npm run biuld",
            "npm has no script biuld",
            marks=pytest.mark.skipif(
                not npm_scripts(), reason="the sdist has no TypeScript package"
            ),
        ),
        ("pip install 'agent-reasoningbank[mpc]'", "no extra mpc"),
        ("python -m pip install '.[llm,mpc]'", "no extra mpc"),
        ("python -m benchmarks.nothing", "no module benchmarks.nothing"),
        ("python tools/nothing.py", "no file tools/nothing.py"),
    ],
)
def test_a_command_that_does_not_exist_is_told(script, told):
    assert told in [what_is_wrong(one) for one in commands_in(script)]


def test_commands_that_exist_are_not_told():
    script = (
        "reasoningbank --db bank.db store --task=x \\\n  --category y --strategy z  # stored\n"
        "reasoningbank VERB --help; reasoningbank recall 'a -b task' --k 3 && make test\n"
        "pip install 'agent-reasoningbank[mcp]'\npython -m benchmarks.mcp\nnpm run docs\n"
        "make test > file.log 2>&1\n"
    )

    assert [what_is_wrong(one) for one in commands_in(script)] == [None] * 8
