"""The verb that moves in from other tools, and back out."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.invocation import Invocation, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.progress import Bar, progress_bar
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted, kinds_counted
from reasoningbank.domain.errors import InvalidInput

if TYPE_CHECKING:
    from reasoningbank.migration.accounts import TableAccount, Tally
    from reasoningbank.migration.inspecting import Inspection
    from reasoningbank.migration.rolling_back import RollbackReport
    from reasoningbank.migration.running import MigrationReport

_WIDEST = 24
_REASONS = 5


@with_vectors
def migrate(
    invocation: Invocation,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="SOURCE",
            help="A database of another tool, its JSON lines, or a directory such as .swarm.",
        ),
    ] = None,
    *,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="TARGET", help="The bank to move into; as --db."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would come, with samples; write nothing.")
    ] = False,
    rollback: Annotated[
        bool,
        typer.Option("--rollback", help="Undo the last migration to the bank; no SOURCE then."),
    ] = False,
) -> None:
    """Move in from another tool, accounting for every row.

    Reads agentic-flow, claude-flow, agentdb, mem0 and others; the source is never written. The bank
    is backed up first, and changes in one step when all rows are converted and validated; whatever
    stops it before that leaves the bank as it was, and the same command goes on. Run again it
    brings what is new. What cannot come stands in a file with the reason for each row. Status 0:
    every row came; 8: some did not; 9: --rollback went back. With --json: MigrationReport,
    Inspection or RollbackReport.
    """
    if to is not None and invocation.db is not None:
        raise InvalidInput("says the same as --db", field="--to", hint="Give one of them.")
    target = to if to is not None else invocation.db
    if rollback:
        if source is not None or dry_run:
            raise InvalidInput("goes with --to alone", field="--rollback")
        _roll_back(invocation, target)
    if source is None:
        raise InvalidInput("is missing", field="SOURCE", hint="Name a database or a directory.")
    if dry_run:
        _inspect(invocation, source)
        return
    from reasoningbank.embedding import embedder_from_name
    from reasoningbank.migration import running

    embedder = None if invocation.embedder is None else embedder_from_name(invocation.embedder)
    with _steps_shown() as show:
        report = running.migrate(
            source, target, namespace=invocation.namespace, embedder=embedder, show=show
        )
    if invocation.as_json:
        print_json(report)
    else:
        _print_report(report)
    if report.tally.total("rejected") or any(file.error for file in report.tally.files):
        raise typer.Exit(ExitStatus.PARTLY)


def _roll_back(invocation: Invocation, target: str | None) -> None:
    from reasoningbank.migration.rolling_back import roll_back

    with _steps_shown() as show:
        report = roll_back(target, show=show)
    if invocation.as_json:
        print_json(report)
    else:
        _print_rollback(report)
    raise typer.Exit(ExitStatus.ROLLED_BACK)


def _inspect(invocation: Invocation, source: str) -> None:
    from reasoningbank.migration.inspecting import inspect

    with _steps_shown() as show:
        inspection = inspect(source, show=show)
    if invocation.as_json:
        print_json(inspection)
        return
    _print_inspection(inspection)


@contextmanager
def _steps_shown() -> Iterator[Callable[[str, int, int], None]]:
    """Show the step, how far it is, its rate, and how long it still takes."""
    with progress_bar("Migrating", 1.0) as bar:
        yield _Pace(bar).show


class _Pace:
    """Tell from how long a step took so far how long it still takes."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._step = ""
        self._began = 0.0

    def show(self, step: str, done: int, total: int) -> None:
        """Show how far a step is."""
        now = time.monotonic()
        if step != self._step:
            self._step, self._began = step, now
        seconds = now - self._began
        note = f"{step} {done:,} of {total:,}"
        if done and seconds > 1:
            rate = done / seconds
            left = int(max(total - done, 0) / rate)
            note += f", {rate:,.0f}/s, {left // 60}:{left % 60:02d} left"
        self._bar(done / total if total else 0.0, note)


def _print_report(report: "MigrationReport") -> None:
    tally = report.tally
    for file in tally.files:
        print(safe_line(file.file))
        if file.error:
            print(f"  not read: {safe_line(file.error)}")
        for table in file.tables:
            if table.rows:
                print(f"  {_account_line(table)}")
    _print_reasons(report.reasons)
    _print_changes(tally)
    brought = f"{tally.total('migrated'):,} migrated, {tally.total('merged'):,} merged"
    known = f"{tally.total('known'):,} known already"
    rest = f"{tally.total('rejected'):,} rejected, {tally.total('left'):,} left"
    print(f"{counted(tally.rows, 'row')}: {brought}, {known}, {rest}")
    if not report.run:
        print(f"nothing new: {safe_line(report.target)} is as it was")
        return
    if report.resumed:
        print("finished a migration that was interrupted")
    print(f"bank: {safe_line(report.target)} ({report.way})")
    if report.backup is not None:
        print(f"before: {safe_line(report.backup)}")
    if report.rejects is not None:
        print(f"rejected rows: {safe_line(report.rejects)}")
    print(f"back: reasoningbank migrate --rollback --to {_quoted(report.target)}")


def _quoted(target: str) -> str:
    import shlex

    return shlex.quote(safe_line(target))


def _account_line(table: "TableAccount") -> str:
    name = f"{safe_line(table.table):{_WIDEST}} {table.rows:>9,}"
    if table.becomes == "left":
        return f"{name}  left: {safe_line(table.why)}"
    fates = [
        f"{getattr(table, fate):,} {fate}"
        for fate in ("migrated", "merged", "known", "rejected")
        if getattr(table, fate)
    ]
    return f"{name}  {', '.join(fates)} ({table.product} {table.becomes})"


def _print_reasons(reasons: dict[str, int]) -> None:
    """Say why rows do not come, the commonest reason first; a few, for each may name its row."""
    ordered = sorted(reasons.items(), key=lambda one: -one[1])
    for reason, rows in ordered[:_REASONS]:
        print(f"rejected, {counted(rows, 'row')}: {safe_line(reason)}")
    rest = ordered[_REASONS:]
    if rest:
        print(f"rejected, {counted(sum(rows for _, rows in rest), 'row')}: for other reasons")


def _print_changes(tally: "Tally") -> None:
    if tally.redacted:
        print(f"taken out before storing: {kinds_counted(tally.redacted)}")
    if tally.shortened:
        print(f"shortened or cleaned, the original in metadata: {counted(tally.shortened, 'row')}")
    if tally.expired:
        print(f"expired, and kept as expired: {counted(tally.expired, 'row')}")


def _print_inspection(inspection: "Inspection") -> None:
    for file in inspection.tally.files:
        print(safe_line(file.file))
        if file.error:
            print(f"  not read: {safe_line(file.error)}")
        for table in file.tables:
            if table.rows:
                print(f"  {_expected_line(table)}")
    _print_samples(inspection)


def _expected_line(table: "TableAccount") -> str:
    name = f"{safe_line(table.table):{_WIDEST}} {table.rows:>9,}"
    if table.becomes == "left":
        return f"{name}  left: {safe_line(table.why)}"
    refused = f", {table.rejected:,} rejected" if table.rejected else ""
    return f"{name}  to {table.becomes}: {table.migrated:,}{refused} ({table.product})"


def _print_samples(inspection: "Inspection") -> None:
    _print_reasons(inspection.reasons)
    _print_changes(inspection.tally)
    for sample in inspection.samples:
        file = f", in {safe_line(sample.file)}" if len(inspection.tally.files) > 1 else ""
        print(f"sample of {safe_line(sample.table)}, {safe_line(sample.id)}{file}")
        print(f"  task: {safe_line(sample.task_description)}")
        print(f"  category: {safe_line(sample.task_category)}")
        if sample.title:
            print(f"  title: {safe_line(sample.title)}")
        what = "steps" if sample.becomes == "trajectories" else "strategy"
        print(f"  {what}: {safe_line(sample.strategy)}")
        if sample.tags:
            print(f"  tags: {safe_line(', '.join(sample.tags))}")
    print("nothing was written")


def _print_rollback(report: "RollbackReport") -> None:
    print(f"undone: migration {report.run}")
    if report.removed:
        print(f"bank: {safe_line(report.target)} is gone, as it was before")
    else:
        print(f"bank: {safe_line(report.target)}, as it was before")
    written = (
        counted(report.patterns, "pattern") + " and " + counted(report.experiences, "experience")
    )
    print(f"written since: {written}, deleted since and back: {report.deleted:,}")
    for file in report.files:
        print(f"  {safe_line(file)}")
    if report.kept is not None:
        print(f"as it was with the migration: {safe_line(report.kept)}")
