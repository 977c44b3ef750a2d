"""Verbs that keep copies of a bank file, and save what is left of a damaged one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.invocation import Invocation, with_bank, without_bank_with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.progress import progress_bar
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import EmbeddingMismatch, InvalidInput, NotFound

if TYPE_CHECKING:
    from reasoningbank.storage.sqlite.recovery import RecoveryReport


@with_bank
def backup(
    invocation: Invocation,
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|DIR",
            help="The file to make, or a directory; backups/ beside the bank if not given.",
        ),
    ] = None,
    *,
    keep: Annotated[
        int | None,
        typer.Option(
            "--keep", metavar="N", help="Remove all but the newest N backups of this bank there."
        ),
    ] = None,
) -> None:
    """Copy a bank in use to a compressed file, and check the copy.

    The copy holds every namespace as of one moment. Each row and checksum of it is read before the
    file gets its name. `restore` puts it back; gunzip makes a bank file of it. --keep removes only
    backups of this bank, which it knows by their content. With --json: BackupReport.
    """
    from reasoningbank.storage.sqlite.backups import back_up

    bank = bank_file(invocation, "backed up")
    with progress_bar("Copying", 1.0) as show:
        report = back_up(
            bank,
            None if place is None else Path(place),
            keep=keep,
            progress=lambda done, of: show(done / max(of, 1), f"{done:,} of {of:,} pages"),
        )
    if invocation.as_json:
        print_json(report)
        return
    print(
        f"backed up {counted(report.patterns, 'pattern')} to {safe_line(report.path)} "
        f"({report.bytes:,} bytes of {report.bank_bytes:,}), checked"
    )
    for removed in report.removed:
        print(f"removed {safe_line(removed)}")


def bank_file(invocation: Invocation, what: str) -> Path:
    """Give the file of the bank that is named.

    Raises:
        NotFound: When there is none yet.
        InvalidInput: When it is kept elsewhere than in a file.
    """
    from reasoningbank.storage.location import resolve_location

    location = resolve_location(invocation.db)
    if location.server is not None:
        _refuse_server(what)
    if location.path is None:
        raise InvalidInput(
            f"is in no file that could be {what}",
            field="db",
            hint="Use `export` and `export --trajectories`.",
        )
    if not location.path.exists():
        raise NotFound("is not there", path=str(location.path), hint="Name a bank with --db.")
    return location.path


def _refuse_server(what: str) -> NoReturn:
    raise InvalidInput(
        f"is a server's, which is {what} with its own tools",
        field="db",
        hint="Use pg_dump and pg_restore, or `reasoningbank export` and `restore` of JSON lines.",
    )


def restore_file(invocation: Invocation, source: str) -> None:
    """Put a backup of `backup`, or a bank file, in the place of the bank."""
    from reasoningbank.storage.location import resolve_location
    from reasoningbank.storage.rollout import check_no_rollout
    from reasoningbank.storage.sqlite.restoring import restore_backup

    location = resolve_location(invocation.db)
    if location.server is not None:
        _refuse_server("restored from a file")
    bank = location.path
    if bank is None:
        raise InvalidInput("is in memory; a backup is restored to a file", field="db")
    if bank.resolve() == Path(source).resolve():
        raise InvalidInput("is the bank itself", field=source)
    check_no_rollout(bank)
    bank.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    report = restore_backup(Path(source), bank)
    if invocation.as_json:
        print_json(report)
        return
    print(f"restored {counted(report.patterns, 'pattern')} to {safe_line(report.path)}")
    if report.kept is not None:
        print(f"what was there before is kept in {safe_line(report.kept)}")


@without_bank_with_vectors
def recover(
    invocation: Invocation,
    damaged: Annotated[str, typer.Argument(metavar="DAMAGED", help="The damaged bank file.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The bank file to make.")],
) -> None:
    """Save what can be read of a damaged bank into a new one.

    What could not be saved is named. The damaged file stays as it is; no program should have it
    open. Patterns, their history,
    outcomes, links and vectors, experiences, recalls and consolidations are saved where their
    checksums agree; vectors that are damaged are made anew where the embedder is the bank's.
    Missing pages, a lost header and a missing log are passed over. Ends with 8 when anything was
    lost. With --json: RecoveryReport.
    """
    from reasoningbank.storage.sqlite.recovery import recover as save

    with progress_bar("Reading") as show:
        report = save(
            Path(damaged), Path(new), lambda kind, count: show(count, f"{count:,} of {kind}")
        )
    made = {name: _made_vectors(invocation, new, name) for name in report.without_vector}
    if invocation.as_json:
        print_json(report)
    else:
        _print_recovery(report, made)
    if report.lost:
        raise typer.Exit(ExitStatus.PARTLY)


def _made_vectors(invocation: Invocation, new: str, namespace: str) -> int | None:
    """Make the vectors that are missing; None where the bank's come from another embedder."""
    from reasoningbank import ReasoningBank
    from reasoningbank.embedding import embedder_from_name

    name = invocation.embedder
    embedder = None if name is None else embedder_from_name(name)
    with ReasoningBank.open(new, namespace=namespace, embedder=embedder) as bank:
        try:
            bank.find_similar("vectors of this model?", top_k=1)
        except EmbeddingMismatch:
            return None
        return bank.reembed().vectors


def _print_recovery(report: "RecoveryReport", made: dict[str, int | None]) -> None:
    for note in report.notes:
        print(f"note: {note}")
    saved = ", ".join(
        f"{count:,} {kind}{'' if count == 1 else 's'}" for kind, count in report.saved.items()
    )
    print(
        f"saved to {safe_line(report.path)}: {saved.replace('trajectorys', 'trajectories') or 'nothing'}"
    )
    for namespace, count in made.items():
        if count is None:
            print(
                f"{report.without_vector[namespace]:,} patterns of {safe_line(namespace)} lack a "
                "vector: run `reasoningbank reembed` with the bank's embedder"
            )
        else:
            print(f"{counted(count, 'vector')} of {safe_line(namespace)} made anew")
    for lost in report.lost:
        what = "lost notes of" if lost.saved else "lost"
        print(f"{what} {lost.kind} {safe_line(lost.id)}: {safe_line(lost.reason)}", file=sys.stderr)
