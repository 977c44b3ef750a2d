"""Arguments and options that several verbs take."""

from typing import Annotated

import typer

from reasoningbank.domain.json_value import JsonObject, check_unicode, parse_json_object

PatternId = Annotated[str, typer.Argument(metavar="ID", help="The id of a pattern.")]
Title = Annotated[str | None, typer.Option("--title", metavar="TEXT", help="A short name.")]
Score = Annotated[
    float | None, typer.Option("--score", metavar="0..1", help="How well it worked, 0 to 1.")
]
Duration = Annotated[
    float | None, typer.Option("--duration", metavar="SECONDS", help="How long the task took.")
]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="WORD", help="A tag; may be given repeatedly.")
]
Metadata = Annotated[
    str | None, typer.Option("--metadata", metavar="JSON", help="Any JSON object.")
]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires", metavar="TIME", help="When to stop offering it: 2026-11-21T01:02:03Z."
    ),
]


def json_argument(text: str, field: str) -> JsonObject:
    """Give the JSON object in an argument.

    Raises:
        InvalidInput: For anything else, arguments that are no text among them.
    """
    check_unicode(text, field)
    return parse_json_object(text, field)
