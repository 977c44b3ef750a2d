"""The page about the command line is what the program says, and every verb takes what it promises."""

from __future__ import annotations

import importlib.util
import inspect
import re

import pytest

from reasoningbank.cli.application import application

VERBS = {command.name: command.callback for command in application.registered_commands}
WITHOUT_BANK = {"init", "demo", "bench", "eval", "agents", "recover"}  # they choose their own
NAMED = [
    "init",
    "store",
    "get",
    "search",
    "similar",
    "recall",
    "learn",
    "judge",
    "trajectories",
    "withdraw",
    "reinstate",
    "stats",
    "metrics",
    "top",
    "update",
    "delete",
    "erase",
    "outcome",
    "history",
    "consolidate",
    "export",
    "import",
    "restore",
    "migrate",
    "reembed",
    "backup",
    "recover",
    "rollout",
    "doctor",
    "db",
    "demo",
    "bench",
    "eval",
    "mcp",
    "serve",
    "hook",
    "install",
    "agents",
]


def options_of(callback) -> set[str]:
    annotations = [
        parameter.annotation for parameter in inspect.signature(callback).parameters.values()
    ]
    declared = [getattr(annotation, "__metadata__", (None,))[0] for annotation in annotations]
    return {str(one.default) for one in declared if hasattr(one, "param_decls")}


def test_the_verbs_are_those_of_the_design():
    assert list(VERBS) == NAMED


@pytest.mark.parametrize("name", NAMED)
def test_every_verb_takes_json(name):
    assert "--json" in options_of(VERBS[name])


@pytest.mark.parametrize("name", NAMED)
def test_every_verb_takes_a_bank_and_a_namespace_unless_it_chooses_its_own(name):
    taken = {"--db", "--namespace"} & options_of(VERBS[name])

    assert taken == (set() if name in WITHOUT_BANK else {"--db", "--namespace"})


@pytest.mark.parametrize(
    "name",
    [
        "store",
        "similar",
        "recall",
        "learn",
        "judge",
        "consolidate",
        "update",
        "import",
        "restore",
        "migrate",
        "reembed",
        "doctor",
        "demo",
        "mcp",
    ],
)
def test_every_verb_that_needs_vectors_takes_an_embedder(name):
    assert "--embedder" in options_of(VERBS[name])


def test_the_options_seen_by_this_test_are_those_of_the_help(call):
    helped = set(re.findall(r"--[a-z-]+", call("store", "--help").stdout))

    assert options_of(VERBS["store"]) <= helped


def test_no_summary_in_the_list_of_verbs_is_cut(call):
    commands = call("--help").stdout.partition("Commands:")[2]

    assert len(commands.split("\n")) > len(NAMED)
    assert "..." not in commands


@pytest.mark.parametrize("name", NAMED)
def test_the_help_of_every_verb_says_what_json_it_prints(name):
    assert "With --json:" in " ".join((VERBS[name].__doc__ or "").split())


@pytest.mark.parametrize("name", NAMED)
def test_every_verb_explains_itself(call, name):
    ended = call(name, "--help")

    assert (ended.status, ended.stderr) == (0, "")
    assert f"Usage: reasoningbank {name}" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80


def test_the_page_is_what_the_program_says(checkout):
    path = checkout / "tools" / "command_line_reference.py"
    spec = importlib.util.spec_from_file_location("command_line_reference", path)
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)

    assert generator.PAGE.read_text("utf-8") == generator.page(), (
        "run python tools/command_line_reference.py"
    )
