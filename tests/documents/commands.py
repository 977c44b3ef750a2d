"""The commands that documents name, looked up in the programs they belong to; nothing is run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache

import typer

from reasoningbank.cli.application import application
from tests.documents.blocks import CHECKOUT, Block

_SPAN = re.compile(r"`((?:reasoningbank|make|pip install|npm run) [^`\n]+)`")
_PLACEHOLDER = re.compile(r"^\W*[A-Z][A-Z_.|]*\W*$|^\.\.\.|^…")
_ASSIGNED = re.compile(r"^[A-Z_]+=")
_CI_STEP = re.compile(r"^\s*(?:- )?run: (.+)$", re.MULTILINE)
_SEPARATORS = {"&&", "||", ";", "|", "&"}


def commands_in(text: str) -> Iterator[list[str]]:
    """Give each command of a script as its words, without comments, redirections and assignments."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for line in joined.splitlines():
        try:
            words = _words(line.removeprefix("$ "))
        except ValueError:  # a quotation over several lines
            continue
        command: list[str] = []
        is_a_file = False
        for word in [*words, ";"]:
            if word in _SEPARATORS:
                if command:
                    yield command
                command = []
            elif word[:1] in {"<", ">"}:
                is_a_file = True
                if command and command[-1].isdigit():  # of a stream: 2> errors
                    command.pop()
                continue
            elif not is_a_file and (command or not _ASSIGNED.match(word)):
                command.append(word)
            is_a_file = False


def commands_in_spans(text: str) -> Iterator[list[str]]:
    """Give the commands that stand between backticks in running text."""
    for span in _SPAN.findall(text):
        yield from commands_in(span.replace("\\|", "-or-"))


def what_is_wrong(command: list[str]) -> str | None:
    """Give what a command names that does not exist, or None."""
    if "--" in command:  # one program that is told how to start another
        return what_is_wrong(command[command.index("--") + 1 :])
    program, *rest = command
    program = program.rpartition("/")[2]
    if program == "reasoningbank":
        return _wrong_for_reasoningbank(rest)
    if program == "make":
        return _first_missing(
            [one for one in rest if not one.startswith("-") and "=" not in one],
            make_targets(),
            "make has no target",
        )
    if program == "npm" and rest[:1] == ["run"] and npm_scripts():
        return _first_missing(
            [one for one in rest[1:] if not one.startswith("-")][:1],
            npm_scripts(),
            "npm has no script",
        )
    if rest[:1] == ["install"] and program in {"pip", "pipx", "uv"}:
        return _wrong_extras(" ".join(rest))
    if program in {"python", "python3"}:
        return _wrong_for_python(rest)
    return None


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def _wrong_for_reasoningbank(words: list[str]) -> str | None:
    known = verbs()
    shared = {"--db", "--namespace", "--json", "--help", "-h", "--version", "--install-completion"}
    while words and words[0].startswith("-"):
        if words[0].partition("=")[0] not in shared:
            return f"no option {words[0]} before the verb"
        words = words[2:] if words[0] in {"--db", "--namespace"} else words[1:]
    if not words or _PLACEHOLDER.match(words[0]):
        return None
    verb, *rest = words
    if verb not in known:
        return f"no verb {verb}"
    for word in rest:
        if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known[verb] | shared:
            return f"{verb} has no option {word}"
    return None


def _wrong_extras(words: str) -> str | None:
    named = re.findall(r"(?:agent-reasoningbank|(?<![\w.])\.)\[([\w,-]+)\]", words)
    return _first_missing(
        [one for extras in named for one in extras.split(",")], extras_of_project(), "no extra"
    )


def _wrong_for_python(words: list[str]) -> str | None:
    if words[:1] == ["-m"] and len(words) > 1:
        module = words[1]
        if module.split(".")[0] not in {"benchmarks", "tests", "tools"}:
            return what_is_wrong(words[1:]) if module == "pip" else None
        path = CHECKOUT.joinpath(*module.split("."))
        return None if path.is_dir() or path.with_suffix(".py").is_file() else f"no module {module}"
    if words and words[0].startswith(("tools/", "benchmarks/", "examples/", "tests/")):
        return None if (CHECKOUT / words[0]).exists() else f"no file {words[0]}"
    return None


def _first_missing(named: list[str], known: set[str], words: str) -> str | None:
    missing = [one for one in named if one not in known and not _PLACEHOLDER.match(one)]
    return f"{words} {missing[0]}" if missing else None


@cache
def verbs() -> dict[str, set[str]]:
    """Give each verb of the program with the options it takes."""
    group = typer.main.get_command(application)
    return {
        name: {option for one in command.params for option in one.opts}
        for name, command in group.commands.items()  # type: ignore[attr-defined]
    }


@cache
def make_targets() -> set[str]:
    """Give the targets of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))


@cache
def npm_scripts() -> set[str]:
    """Give the scripts of the TypeScript package."""
    package = CHECKOUT / "web/package.json"
    # An sdist has the Python package alone.
    return set(json.loads(package.read_text("utf-8"))["scripts"]) if package.exists() else set()


@cache
def extras_of_project() -> set[str]:
    """Give the extras of the Python package."""
    project = (CHECKOUT / "pyproject.toml").read_text("utf-8")
    section = project.partition("[project.optional-dependencies]")[2].partition("\n[")[0]
    return set(re.findall(r"^([a-z0-9-]+) = \[", section, re.MULTILINE))


def commands_of(block: Block) -> list[list[str]]:
    """Give the commands of a block that nothing here runs: a script, or the steps of a CI."""
    if block.language == "yaml":
        return list(commands_in("\n".join(_CI_STEP.findall(block.text))))
    is_script = block.language == "sh" or "not run" in block.marks
    return list(commands_in(block.text)) if is_script else []
