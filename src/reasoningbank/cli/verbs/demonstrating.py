"""The verb that shows what a bank does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from reasoningbank.cli.invocation import ACTOR, Invocation, without_bank_with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.streams import reading_file
from reasoningbank.domain.errors import Conflict

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank


@without_bank_with_vectors
def demo(
    invocation: Invocation,
    *,
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Your own JSON lines instead of the starter bank: patterns (task_description, "
            "task_category, strategy) or documents (text, perhaps id and group).",
        ),
    ] = None,
    question: Annotated[
        list[str] | None,
        typer.Option(
            "--question", metavar="TEXT", help="What to ask instead; may be given repeatedly."
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="PATH", help="Keep the bank as this new file."),
    ] = None,
) -> None:
    """Fill a throw-away bank and ask it in other words.

    The bank is a file in a temporary directory. Without --question, your own FILE is asked what stands in NAME.queries.jsonl beside
    NAME.docs.jsonl, or else a few of its own tasks, each left out of its own answer. With --json:
    an object with `filled`, `answers` and `stats`.
    """
    from reasoningbank import ReasoningBank
    from reasoningbank.demo.material import STARTER_BANK, shipped_file
    from reasoningbank.embedding import embedder_from_name

    source = Path(data) if data is not None else shipped_file(STARTER_BANK)
    embedder = None if invocation.embedder is None else embedder_from_name(invocation.embedder)
    with (
        reading_file(str(source)) as file,
        _place(keep) as path,
        ReasoningBank.open(path, embedder=embedder, actor=ACTOR) as bank,
    ):
        if invocation.as_json:
            print_json(_report(bank, file, source, question or []))
        else:
            from reasoningbank.cli.narration import narrate

            narrate(bank, file, source, question or [], kept=keep is not None)


@contextmanager
def _place(keep: str | None) -> Iterator[Path]:
    """Give the path of the bank to make: a new file that is kept, or one that is thrown away."""
    if keep is not None:
        if Path(keep).exists():
            raise Conflict("exists already", path=keep, hint="Name a new file with --keep.")
        yield Path(keep)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="reasoningbank-demo-") as folder:
        yield Path(folder) / "bank.db"


def _report(
    bank: "ReasoningBank", file: IO[bytes], source: Path, asked: Sequence[str]
) -> dict[str, object]:
    from reasoningbank.demo.steps import ask, fill, questions_for

    filled = fill(bank, file, source.name, progress=lambda _: None)
    answers = list(ask(bank, questions_for(bank, source, filled, asked)))
    return {"filled": filled, "answers": answers, "stats": bank.get_stats()}
