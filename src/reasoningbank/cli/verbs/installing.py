"""The verb that puts the bank into the settings of an editor or agent program."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reasoningbank.cli.invocation import DEFAULT_NAMESPACE, Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted

if TYPE_CHECKING:
    from reasoningbank.hosts.installing import Installation


@with_bank
def install(
    invocation: Invocation,
    host: Annotated[
        str,
        typer.Argument(
            metavar="HOST",
            help="claude-code, claude-desktop, codex, cursor, gemini-cli, vscode or windsurf.",
        ),
    ],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be changed, and write nothing.")
    ] = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take it out again; untouched files become as before.")
    ] = False,
    no_hooks: Annotated[
        bool, typer.Option("--no-hooks", help="The server alone, without the hooks.")
    ] = False,
) -> None:
    """Put the bank into the settings of an agent program.

    The server is started and asked for its tools first; what does not answer is not written. All
    else in the files stays as it is, byte for byte; each is kept as it was before it is changed. A
    file that cannot be read is named and left alone. With --json: Installation.
    """
    from reasoningbank.hosts.installing import install as put_in
    from reasoningbank.hosts.installing import undo as take_out

    if undo:
        done = take_out(host, dry_run=dry_run)
    else:
        done = put_in(
            host,
            command=program(),
            options=_options(invocation),
            hooks=not no_hooks,
            dry_run=dry_run,
        )
    if invocation.as_json:
        print_json(done)
        return
    _show(done)


def program() -> list[str]:
    """Give what starts this program, by its absolute path: hosts have other search paths."""
    beside = Path(sys.executable).with_name("reasoningbank")
    for found in (shutil.which(beside), shutil.which("reasoningbank")):
        if found is not None:
            return [str(Path(found).absolute())]
    return [sys.executable, "-c", "from reasoningbank.cli import main; main()"]


def _options(invocation: Invocation) -> list[str]:
    from reasoningbank.storage.location import resolve_location

    options: list[str] = []
    if invocation.db is not None:
        path = resolve_location(invocation.db).path  # hosts start servers in other directories
        options += ["--db", invocation.db if path is None else str(path)]
    if invocation.namespace != DEFAULT_NAMESPACE:
        options += ["--namespace", invocation.namespace]
    return options


def _show(done: "Installation") -> None:
    for file in done.files:
        print(f"{_would(file.change, dry_run=done.dry_run)} {safe_line(file.path)}")
        for line in file.lines if done.dry_run else ():
            print(f"    {safe_line(line)}")
        if file.backup is not None:
            print(f"  as it was: {safe_line(file.backup)}")
    if done.handshake is not None:
        tools = counted(len(done.handshake.tools), "tool")
        print(f"The server answers with {tools} after {done.handshake.seconds:.2f} s.")
    if not done.dry_run and any(file.change != "unchanged" for file in done.files):
        print(f"Start {done.host} again to let it read its settings.")


def _would(change: str, *, dry_run: bool) -> str:
    return f"would be {change}:" if dry_run and change != "unchanged" else f"{change}:"
