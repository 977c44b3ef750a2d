"""One call of the program: the options every verb shares, and the bank they name."""

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Concatenate, Final, ParamSpec, cast

import typer

from reasoningbank.cli import streams
from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.domain.errors import Unavailable

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank

# Annotations are read by typer when a verb is registered, so this module and those of the verbs
# do without `from __future__ import annotations`: evaluating them from text costs time at each start.

DEFAULT_NAMESPACE: Final = "default"
ACTOR: Final = "command line"
"""Who is noted in the histories of what these verbs change."""

Database = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="TARGET",
        help="The bank: a path, sqlite:PATH, memory: or postgresql://... Without it "
        "REASONINGBANK_URL, the project's bank, or your own.",
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        metavar="NAME",
        help=f"The namespace to stay within; {DEFAULT_NAMESPACE!r} if not given.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON with stable keys instead of a table.")
]
EmbedderName = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="NAME",
        help="What makes vectors: default, sentence-transformers:NAME, openai:MODEL, ollama:MODEL, "
        "model2vec:PATH or fastembed:NAME; +lexical at the end adds the built-in lexical half.",
    ),
]

_DATABASE = inspect.Parameter(
    "db", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Database
)
_NAMESPACE = _DATABASE.replace(name="namespace", annotation=Namespace)
_JSON = _DATABASE.replace(name="as_json", default=False, annotation=Json)
_EMBEDDER = _DATABASE.replace(name="embedder", annotation=EmbedderName)
_CONTEXT = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

P = ParamSpec("P")
Verb = Callable[Concatenate["Invocation", P], None]


@dataclass(frozen=True)
class Invocation:
    """What the shared options say."""

    db: str | None = None
    namespace: str = DEFAULT_NAMESPACE
    as_json: bool = False
    embedder: str | None = None

    def open_bank(self, *, metrics: bool = True) -> "ReasoningBank":
        """Open the bank; say so if that made a new file, since the name may be a slip.

        Args:
            metrics: Whether what is asked of it is counted.
        """
        from reasoningbank import ReasoningBank
        from reasoningbank.embedding import embedder_from_name
        from reasoningbank.storage.location import resolve_location

        path = resolve_location(self.db).path
        is_new = path is not None and not path.exists()
        embedder = None if self.embedder is None else embedder_from_name(self.embedder)
        bank = ReasoningBank.open(
            self.db, namespace=self.namespace, embedder=embedder, actor=ACTOR, metrics=metrics
        )
        if is_new and not self.as_json:
            print(f"note: made a new bank, {safe_line(str(path))}", file=sys.stderr)
        return bank


def with_bank(function: Verb[P]) -> Callable[..., None]:
    """Give a verb the options ``--db``, ``--namespace`` and ``--json``."""
    return _with_options(function, (_DATABASE, _NAMESPACE, _JSON))


def with_vectors(function: Verb[P]) -> Callable[..., None]:
    """Give a verb that makes or compares vectors ``--embedder`` as well."""
    return _with_options(function, (_EMBEDDER, _DATABASE, _NAMESPACE, _JSON))


def without_bank(function: Verb[P]) -> Callable[..., None]:
    """Give a verb that chooses its own bank ``--json`` alone."""
    return _with_options(function, (_JSON,))


def without_bank_with_vectors(function: Verb[P]) -> Callable[..., None]:
    """Give a verb that chooses its own bank ``--embedder`` and ``--json``."""
    return _with_options(function, (_EMBEDDER, _JSON))


def _with_options(function: Verb[P], options: tuple[inspect.Parameter, ...]) -> Callable[..., None]:
    names = [option.name for option in options]

    @functools.wraps(function)
    def run(*, context: typer.Context, **values: object) -> None:
        after = {name: values.pop(name) for name in names}
        invocation = _merged(context, after)
        try:
            # typer has bound the values by name, which the type of `function` cannot say.
            with streams.warnings_shown():
                cast("Callable[..., None]", function)(invocation, **values)
            sys.stdout.flush()
        except BrokenPipeError:
            streams.silence_output()
            raise typer.Exit(ExitStatus.PIPE_CLOSED) from None
        except OSError as error:
            raise Unavailable(
                f"cannot be read or written: {error.strerror or error}",
                path=str(error.filename or "the output"),
                hint="Look at the space left and at the permissions.",
            ) from error

    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(inspect.signature(function).parameters.values())[1:]
    ]
    run.__signature__ = inspect.Signature([_CONTEXT, *own, *options])  # type: ignore[attr-defined]
    return run


def _merged(context: typer.Context, after: Mapping[str, object]) -> Invocation:
    """Give the options that stand after the verb; where one is not given, the one before it."""
    before = {name: value for name, value in (context.obj or {}).items() if _is_given(value)}
    for name in before:
        if name not in after:
            raise typer.BadParameter(
                f"{context.info_name} chooses its own bank and takes no --{name}"
            )
    given = {**before, **{name: value for name, value in after.items() if _is_given(value)}}
    return Invocation(**given)


def _is_given(value: object) -> bool:
    return value is not None and value is not False
