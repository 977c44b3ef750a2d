"""The verb that serves programs."""

import os
from typing import Annotated

import typer

from reasoningbank.cli.extras import need_libraries
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.domain.validation import checked_count


@with_vectors
def serve(
    invocation: Invocation,
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="The port; 0 takes a free one.")
    ] = 8849,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="A file with the bearer token. Without it REASONINGBANK_HTTP_TOKEN, or a token that "
            "is made once and kept for you.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="Another name that clients may call this server by; may be given repeatedly.",
        ),
    ] = None,
    confirming: Annotated[
        bool,
        typer.Option(
            "--confirming",
            help="Let requests say that a test, the environment or a person has confirmed an outcome.",
        ),
    ] = False,
    log_json: Annotated[
        bool,
        typer.Option("--log-json", help="Write a line of JSON for every operation, without texts."),
    ] = False,
    otel: Annotated[
        bool, typer.Option("--otel", help="Tell OpenTelemetry of every operation.")
    ] = False,
) -> None:
    """Serve programs over HTTP.

    Needs the extra server. What may be asked is in /openapi.json. Requests stay within the
    namespace given here. With --json: says where it listens as JSON.
    """
    checked_count(port, "port", low=0, high=65_535)
    need_libraries("starlette", "uvicorn", extra="server", verb="serve")
    from reasoningbank.http.options import ServeOptions
    from reasoningbank.http.server import serve as serve_bank
    from reasoningbank.serving.options import ListenOptions

    serve_bank(
        ServeOptions(
            target=invocation.db,
            namespace=invocation.namespace,
            embedder=invocation.embedder,
            confirming=confirming,
            log=log_json,
        ),
        ListenOptions(
            host=host, port=port, token_file=token_file, allowed_hosts=tuple(allow_host or ())
        ),
        environment=os.environ,
        as_json=invocation.as_json,
        telemetry=otel,
    )
