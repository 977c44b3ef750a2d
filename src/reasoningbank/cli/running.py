"""A run of the program from arguments to exit status: what goes wrong becomes one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import typer

from reasoningbank.cli import streams
from reasoningbank.cli.application import application
from reasoningbank.cli.exits import ExitStatus, error_line, error_object, status_of
from reasoningbank.cli.json_output import json_text
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.errors import ReasoningBankError

PROGRAM: Final = "reasoningbank"

if TYPE_CHECKING:
    UsageError = typer.BadParameter
else:
    # Every error of usage (unknown verb or option, missing argument) derives from the class above
    # BadParameter, which typer exports under no name of its own in all the versions we support.
    UsageError = typer.BadParameter.__base__


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit status; errors are told, not raised."""
    streams.prepare()
    as_json = "--json" in arguments
    try:
        # Not standalone: typer would print its own errors over several lines.
        ended = application(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
        sys.stdout.flush()
    except UsageError as error:
        return _report_usage(error, as_json=as_json)
    except ReasoningBankError as error:
        _report({"error": error_object(error)} if as_json else error_line(error))
        return status_of(error)
    except BrokenPipeError:
        streams.silence_output()
        return ExitStatus.PIPE_CLOSED
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # while typer itself printed the help
            return ExitStatus.PIPE_CLOSED
        raise
    except Exception:  # noqa: BLE001 - the last resort: a status of its own, and the traceback
        import traceback

        traceback.print_exc()
        _report(f"{PROGRAM}: this is a defect of the program; please report it")
        return ExitStatus.DEFECT
    return ended if isinstance(ended, int) else ExitStatus.DONE


def _report_usage(error: typer.BadParameter, *, as_json: bool) -> int:
    message = safe_line(error.format_message()).rstrip(".")
    where = error.ctx.command_path if error.ctx is not None else PROGRAM
    hint = f"Try `{where} --help`."
    if as_json:
        content = {"code": "usage", "message": message, "field": None, "path": None, "hint": hint}
        _report({"error": content})
    else:
        end = "" if message.endswith("?") else "."
        _report(f"error: {message}{end} {hint}")
    return ExitStatus.INVALID


def _report(content: str | dict[str, object]) -> None:
    text = content if isinstance(content, str) else json_text(content)
    print(text, file=sys.stderr)
