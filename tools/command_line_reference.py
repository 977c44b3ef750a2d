"""Write docs/command-line.md from the program itself.

python tools/command_line_reference.py            writes the page
python tools/command_line_reference.py --check    fails when the page is not what would be written
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import types
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from typer.models import ArgumentInfo, OptionInfo

import reasoningbank
from reasoningbank.cli.application import application
from reasoningbank.cli.exits import MEANINGS, codes_of
from reasoningbank.cli.invocation import Database, EmbedderName, Json, Namespace
from reasoningbank.cli.learn_report import LearnedExperience, LearnReport
from reasoningbank.cli.running import PROGRAM
from reasoningbank.cli.verbs.diagnosing import Diagnosis
from reasoningbank.domain.records import PatternRecord
from reasoningbank.hosts.agents_check import AgentsReport
from reasoningbank.hosts.installing import Installation

PAGE = Path(__file__).resolve().parent.parent / "docs" / "command-line.md"

HEAD = """\
<!-- Written by tools/command_line_reference.py from the program itself; change the program, not this page. -->

# Command line

Tables, progress and notes are for people and may change. `--json` and the exit status are for programs.

## For all verbs

- The bank is the one `--db` names; without it `REASONINGBANK_URL`, else the project's bank where `reasoningbank init`
  made one, else your own ([where the bank is](storage.md#where-the-bank-is)). It is made if it is not there, and a
  note on standard error says so.
- `--db`, `--namespace` and `--json` may stand before the verb or after it. `init`, `demo` and `bench` choose their
  own banks and take neither `--db` nor `--namespace`.
- `-` as TEXT or FILE is standard input or standard output.
- Tables fit the terminal, at most 100 columns; in a pipe they are 80 wide, or as wide as `COLUMNS` says. Colour follows
  `NO_COLOR` and `FORCE_COLOR`. Progress is shown on standard error and only on a terminal.
- Stored text cannot command the terminal: control characters and bidirectional overrides are printed as escapes such
  as `\\x1b`, in JSON as `\\u001b`. Only `export` into a file or a pipe writes them as they are.
- `reasoningbank --install-completion` teaches bash, zsh or fish to complete verbs and options.

## JSON

`--json` prints one document in UTF-8 on standard output: on one line, indented on a terminal. Its keys are those of
[the objects below](#objects); new ones may be added, none is renamed or removed without a major release.

An error is one line on standard error that says what to do; with `--json` it is an object:

```json
{"error": {"code": "conflict", "message": "...", "field": null, "path": null, "hint": "...", "existing_id": "..."}}
```

`code` is one of [the error codes](troubleshooting.md), or `usage` when the arguments make no sense. `field` or `path`
name what is wrong, `hint` the way out; each may be null. Some errors add keys of their own: `existing_id`,
`damaged_ids`, `schema`, `found` and `supported`, `stored` and `given`. Standard output is empty then, except for what
`export` had written before.
"""

JSON_TYPES: dict[object, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    type(None): "null",
    object: "any",
}


def page() -> str:
    """Give the whole page."""
    parts = [HEAD, exit_statuses(), "## Shared options\n", option_table(SHARED)]
    parts.append("## Verbs\n")
    structs: dict[str, type] = {}
    for command in application.registered_commands:
        parts.append(verb_section(str(command.name), command.callback))
        structs.update(named_structs(inspect.getdoc(command.callback) or ""))
    parts.append("## Objects\n")
    parts.append("Times are UTC with milliseconds (`2026-11-21T01:02:03.004Z`), ids are UUIDs.\n")
    parts += [struct_section(struct) for struct in reachable(structs)]
    return "\n".join(parts)


class Parameter(NamedTuple):
    """An argument or option of a verb: how it is written, and what it does."""

    usage: str
    names: str
    required: bool
    explanation: str


def parameters(callback: Any) -> tuple[list[Parameter], list[Parameter]]:
    """Give the arguments and the options of a verb, as they are declared."""
    arguments: list[Parameter] = []
    options: list[Parameter] = []
    for parameter in inspect.signature(callback).parameters.values():
        if get_origin(parameter.annotation) is not Annotated:
            continue  # the context
        hint, declared = get_args(parameter.annotation)
        required = parameter.default is inspect.Parameter.empty
        explanation = str(declared.help)
        is_option = isinstance(declared, OptionInfo)
        if is_option and not required and parameter.default not in {None, False}:
            explanation += f" Default: {parameter.default}."
        if isinstance(declared, ArgumentInfo):
            usage = str(declared.metavar) if required else f"[{declared.metavar}]"
            arguments.append(Parameter(usage, usage, required, explanation))
        else:
            names = option_names(hint, declared)
            usage = names if required else f"[{names}]"
            options.append(Parameter(usage, names, required, explanation))
    return arguments, options


def option_names(hint: Any, declared: OptionInfo) -> str:
    """Give an option as it is typed, with the name of its value."""
    names = ", ".join([str(declared.default), *(declared.param_decls or ())])
    choices = [str(choice) for choice in inside(hint) if not isinstance(choice, type)]
    value = declared.metavar or "|".join(choices)
    return f"{names} {value}" if value else names


SHARED = [Database, Namespace, Json, EmbedderName]


def shared_names() -> set[str]:
    """Give the options that many verbs take and that are explained once."""
    return {option_names(*get_args(shared)) for shared in SHARED}


def verb_section(name: str, callback: Any) -> str:
    """Give a verb: how it is written, what it does, and its own options."""
    arguments, options = parameters(callback)
    own = [option for option in options if option.names not in shared_names()]
    shared = [option.names.split()[0] for option in options if option.names in shared_names()]
    required = [option.usage for option in own if option.required]
    usage = " ".join([PROGRAM, name, *(argument.usage for argument in arguments), *required])
    lines = [f"### {name}\n", f"```text\n{usage}{' [options]' if options else ''}\n```\n"]
    lines.append(linked(inspect.getdoc(callback) or "") + "\n")
    if arguments or own:
        lines.append(parameter_table([*arguments, *own]))
    lines.append(f"Shared options: {', '.join(f'`{option}`' for option in shared)}.\n")
    return "\n".join(lines)


def parameter_table(rows: list[Parameter]) -> str:
    """Give parameters with what they do."""
    told = [
        f"| `{escaped(row.names)}`{' (required)' if row.required else ''} "
        f"| {escaped(row.explanation)} |"
        for row in rows
    ]
    return "\n".join(["| | |", "|---|---|", *told, ""])


def option_table(annotated: list[Any]) -> str:
    """Give shared options with what they do."""
    rows = [
        Parameter(
            usage="",
            names=option_names(*get_args(one)),
            required=False,
            explanation=str(get_args(one)[1].help),
        )
        for one in annotated
    ]
    return parameter_table(rows)


def escaped(text: str) -> str:
    """Give text for the cell of a Markdown table."""
    return text.replace("|", "\\|")


def linked(documentation: str) -> str:
    """Give a help text with its options in code and the objects it names as links."""
    known = known_structs()
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", documentation)
    text = re.sub(r"(?<![\w`])--[a-z][\w-]*", lambda found: f"`{found.group()}`", text)
    return re.sub(
        r"\b[A-Z]\w+",
        lambda found: link_to(found.group()) if found.group() in known else found.group(),
        text,
    )


def exit_statuses() -> str:
    """Give the table of exit statuses and error codes."""
    rows = [
        f"| {int(status)} | {meaning} | {', '.join(f'`{code}`' for code in codes_of(status))} |"
        for status, meaning in MEANINGS.items()
    ]
    return "\n".join(
        ["## Exit status\n", "| status | when | error codes |", "|---|---|---|", *rows, ""]
    )


def link_to(struct: str) -> str:
    """Give a link to the section of an object."""
    return f"[{struct}](#{struct.lower()}-object)"


def known_structs() -> dict[str, type]:
    """Give the structs that the page may show, by name."""
    exported = {name: getattr(reasoningbank, name) for name in reasoningbank.__all__}
    own = (
        AgentsReport,
        Diagnosis,
        Installation,
        LearnReport,
        LearnedExperience,
        PatternRecord,
    )
    known = {**exported, **{struct.__name__: struct for struct in own}}
    return {
        name: value
        for name, value in known.items()
        if isinstance(value, type) and issubclass(value, msgspec.Struct)
    }


def named_structs(documentation: str) -> dict[str, type]:
    """Give the structs that the part of a help text about ``--json`` names."""
    _, _, told = documentation.partition("--json:")
    known = known_structs()
    return {word: known[word] for word in re.findall(r"\b[A-Z]\w+", told) if word in known}


def reachable(structs: dict[str, type]) -> list[type]:
    """Give structs and those their fields hold, by name."""
    found: dict[str, type] = {}
    waiting = list(structs.values())
    while waiting:
        struct = waiting.pop()
        if struct.__name__ in found:
            continue
        found[struct.__name__] = struct
        for hint in get_type_hints(struct).values():
            waiting += [
                inner
                for inner in inside(hint)
                if isinstance(inner, type) and issubclass(inner, msgspec.Struct)
            ]
    return [found[name] for name in sorted(found)]


def inside(hint: object) -> list[object]:
    """Give the types a hint is made of."""
    arguments = [part for argument in get_args(hint) for part in inside(argument)]
    return arguments or [hint]


def struct_section(struct: type) -> str:
    """Give a struct as a heading, a sentence and a table of keys."""
    first_sentence = (
        (inspect.getdoc(struct) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    )
    hints = get_type_hints(struct)
    rows = [f"| `{name}` | {json_type(hints[name])} |" for name in struct.__struct_fields__]  # type: ignore[attr-defined]
    return "\n".join(
        [
            f"### {struct.__name__} object\n",
            f"{first_sentence}\n",
            "| key | value |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def json_type(hint: object) -> str:
    """Give the JSON that a field becomes, in words."""
    if hint in JSON_TYPES:
        return JSON_TYPES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return " or ".join(json_type(argument) for argument in arguments)
    if origin in {tuple, list}:
        return f"array of {json_type(arguments[0])}"
    if origin is dict:
        value = arguments[1]
        return "object" if value is object else f"object of {json_type(value)} by name"
    if arguments:  # Literal
        return " or ".join(f"`{argument}`" for argument in arguments)
    name = getattr(hint, "__name__", str(hint))
    return "id" if name == "UUID" else link_to(name)


def main() -> int:
    """Write or compare the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    written = page()
    if not options.check:
        PAGE.write_text(written, "utf-8")
        return 0
    if PAGE.read_text("utf-8") == written:
        return 0
    print(f"{PAGE.name} is out of date: run python {Path(__file__).name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
