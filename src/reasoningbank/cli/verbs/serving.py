"""The verb that serves agents."""

import os
from typing import Annotated

import typer

from reasoningbank.cli.extras import need_libraries
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.domain.validation import checked_count
from reasoningbank.mcp.options import (
    LARGEST_RESPONSE_BYTES,
    RESPONSE_BYTES,
    SMALLEST_RESPONSE_BYTES,
    HttpOptions,
    ServerOptions,
)


@with_vectors
def mcp(
    invocation: Invocation,
    *,
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="COMMAND",
            help="Present the server that this command line starts beside this one, unchanged; may "
            "be given repeatedly.",
        ),
    ] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Serve over HTTP instead of standard input and output.")
    ] = False,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="With --http: where to listen.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="With --http: the port; 0 takes a free one.")
    ] = 8848,
    token_file: Annotated[
        str | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="With --http: a file with the bearer token. Without it REASONINGBANK_MCP_TOKEN, or "
            "a token that is made once and kept for you.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="With --http: another name that clients may call this server by; may be given "
            "repeatedly.",
        ),
    ] = None,
    allow_delete: Annotated[
        bool, typer.Option("--allow-delete", help="Add a tool that deletes a pattern.")
    ] = False,
    response_bytes: Annotated[
        int,
        typer.Option(
            "--response-bytes", metavar="N", help="How long the JSON of one answer may be."
        ),
    ] = RESPONSE_BYTES,
) -> None:
    """Serve agents over the Model Context Protocol.

    A host starts it and talks to it over standard input and output; nothing else is printed
    there. Needs the extra mcp. With --json: says where it listens as JSON, for --http.
    """
    checked_count(
        response_bytes, "response_bytes", low=SMALLEST_RESPONSE_BYTES, high=LARGEST_RESPONSE_BYTES
    )
    checked_count(port, "port", low=0, high=65_535)
    need_libraries("mcp", extra="mcp", verb="mcp")
    options = ServerOptions(
        target=invocation.db,
        namespace=invocation.namespace,
        embedder=invocation.embedder,
        response_bytes=response_bytes,
        allow_delete=allow_delete,
        commands=tuple(with_ or ()),
    )
    if not http:
        from reasoningbank.mcp.stdio import serve_stdio

        serve_stdio(options)
        return
    from reasoningbank.mcp.http import serve_http

    serve_http(
        options,
        HttpOptions(
            host=host,
            port=port,
            token_file=token_file,
            allowed_hosts=tuple(allow_host or ()),
        ),
        environment=os.environ,
        as_json=invocation.as_json,
    )
