"""The verb that shows a bank in the browser."""

import os
from typing import Annotated

import typer

from reasoningbank.cli.extras import need_libraries
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.domain.validation import checked_count


@with_vectors
def console(
    invocation: Invocation,
    *,
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="The port; 0 takes a free one.")
    ] = 8850,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only say where it is; open no browser.")
    ] = False,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="A file with the token of the page. Without it REASONINGBANK_HTTP_TOKEN, or a token "
            "that is made once and kept for you.",
        ),
    ] = None,
) -> None:
    """Show the bank in the browser, live.

    Needs the extra server. Only this machine can reach the page, and only with the token in its
    address. What is told there of a pattern counts as told by a person. With --json: says where it
    listens as JSON.
    """
    checked_count(port, "port", low=0, high=65_535)
    need_libraries("starlette", "uvicorn", extra="server", verb="console")
    from reasoningbank.http.opening import Opening
    from reasoningbank.http.options import ServeOptions
    from reasoningbank.http.server import serve as serve_bank
    from reasoningbank.serving.options import ListenOptions

    with Opening(browser=not no_browser, telling=not invocation.as_json) as opening:
        serve_bank(
            ServeOptions(
                target=invocation.db,
                namespace=invocation.namespace,
                embedder=invocation.embedder,
                confirming=True,
                console=True,
            ),
            ListenOptions(port=port, token_file=token_file),
            environment=os.environ,
            as_json=invocation.as_json,
            opening=opening,
        )
