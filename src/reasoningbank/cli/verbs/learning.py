"""Verbs that learn from experiences, and say how they ended."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from reasoningbank.cli.exits import ExitStatus
from reasoningbank.cli.invocation import ACTOR, Invocation, with_vectors
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.progress import Bar, progress_bar
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.verdicts import (
    Evidence,
    Failure,
    HowFar,
    Report,
    Source,
    Success,
    verdict_told,
)
from reasoningbank.cli.wording import counted
from reasoningbank.domain import limits
from reasoningbank.domain.errors import InvalidInput, NotFound
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.validation import checked_count, checked_line

if TYPE_CHECKING:
    from reasoningbank import ReasoningBank
    from reasoningbank.cli.learn_report import LearnedFile, Tally
    from reasoningbank.cli.learn_run import LearnFrom

_RETRIED: Final = 100


@with_vectors
def learn(
    invocation: Invocation,
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Trajectories (.traj, .traj.json), Claude Code transcripts, our own JSON lines, "
            "JUnit XML; directories of them; - is standard input.",
        ),
    ] = None,
    *,
    category: Annotated[
        str | None,
        typer.Option("--category", metavar="NAME", help="The kind of task, instead of a guess."),
    ] = None,
    success: Success = False,
    failure: Failure = False,
    score: HowFar = None,
    report: Report = None,
    source: Source = None,
    evidence: Evidence = None,
    believe: Annotated[
        OutcomeSource,
        typer.Option(
            "--believe", help="The most that verdicts in JSON lines of our own may claim."
        ),
    ] = "imported",
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Have a language model judge and distil, such as openai:gpt-4o-mini.",
        ),
    ] = None,
    judge_by: Annotated[
        Literal["rules", "model"] | None,
        typer.Option(
            "--judge", help="Who judges; the model if one is named, the rules if not given."
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option("--base-url", metavar="URL", help="Of an OpenAI-compatible server, to /v1."),
    ] = None,
    key_variable: Annotated[
        str | None,
        typer.Option(
            "--key-variable",
            metavar="NAME",
            help="The environment variable with the key for --base-url.",
        ),
    ] = None,
    spend_cap: Annotated[
        float | None,
        typer.Option("--spend-cap", metavar="USD", help="What the model may cost in all."),
    ] = None,
    token_cap: Annotated[
        int | None,
        typer.Option("--token-cap", metavar="N", help="Tokens it may use in all, in and out."),
    ] = None,
    retry: Annotated[
        bool,
        typer.Option("--retry", help="Instead of files, try again what is pending in the bank."),
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="How many --retry tries, 1 to 10,000.")
    ] = _RETRIED,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be learned, and store nothing.")
    ] = False,
) -> None:
    """Learn from files that agents and test runners leave.

    Each experience is kept first, without the secrets and personal data in it, then judged, then
    distilled into at most three patterns. What can be neither judged nor distilled stays pending.
    Stopped half-way, it goes on where it was when run again: what is known already is counted, not
    learned twice. A file that cannot be read stops none of the others; the exit status is then 8,
    or 2 when nothing could be taken. With --json: LearnReport.
    """
    verdict = verdict_told(
        success=success,
        failure=failure,
        score=score,
        report=report,
        source=source,
        evidence=evidence,
    )
    _check_usage(files, model, judge_by, retry=retry, dry_run=dry_run, told=verdict is not None)
    _check_model(model, base_url=base_url, key=key_variable, capped=spend_cap or token_cap)
    if category is not None:
        checked_line(category, "category", limits.CATEGORY_BYTES)
    checked_count(limit, "limit")
    from reasoningbank.cli.given_files import given_files
    from reasoningbank.cli.learn_run import LearnFrom, model_asked, refuse_several

    with (
        given_files(files or ()) as given,
        model_asked(
            model,
            base_url=base_url,
            key_variable=key_variable,
            spend_cap_usd=spend_cap,
            token_cap=token_cap,
            judges=judge_by != "rules",
        ) as (judge_asked, distiller),
    ):
        if report is not None:
            refuse_several(given)
        total = limit if retry else len(given)
        with (
            _bank(invocation, dry_run=dry_run) as bank,
            progress_bar("Learning", total) as show,
        ):
            telling = _Telling(invocation, show, total)
            learning = LearnFrom(
                bank,
                category=category,
                believed=believe,
                verdict=verdict,
                judge=judge_asked,
                distiller=distiller,
                progress=telling.progress,
            )
            telling.tell(_retried(learning, limit) if retry else map(learning.file, given))
        status = telling.end(dry_run=dry_run)
    if status != ExitStatus.DONE:
        raise typer.Exit(status)


def _check_usage(
    files: list[str] | None,
    model: str | None,
    judge_by: str | None,
    *,
    retry: bool,
    dry_run: bool,
    told: bool,
) -> None:
    if not files and not retry:
        raise InvalidInput("is missing", field="FILE", hint="Name files, or give --retry.")
    if retry and (files or dry_run or told):
        raise InvalidInput(
            "goes without files, verdict and --dry-run",
            field="retry",
            hint="`reasoningbank judge ID` says how one of them ended.",
        )
    if judge_by == "model" and model is None:
        raise InvalidInput("needs --model NAME", field="judge")


def _check_model(
    model: str | None, *, base_url: str | None, key: str | None, capped: float | None
) -> None:
    if model is None and (base_url is not None or key is not None or capped is not None):
        raise InvalidInput("is missing", field="model", hint="Name it with --model.")


@contextmanager
def _bank(invocation: Invocation, *, dry_run: bool) -> "Iterator[ReasoningBank]":
    if not dry_run:
        with invocation.open_bank() as bank:
            yield bank
        return
    from reasoningbank import ReasoningBank
    from reasoningbank.embedding import embedder_from_name

    embedder = None if invocation.embedder is None else embedder_from_name(invocation.embedder)
    with ReasoningBank.open(
        "memory:", namespace=invocation.namespace, embedder=embedder, actor=ACTOR
    ) as bank:
        yield bank


def _retried(learning: "LearnFrom", limit: int) -> "Iterator[LearnedFile | None]":
    from reasoningbank.cli.learn_report import LearnedFile

    for one in learning.retried(limit):
        yield LearnedFile(file=None, experiences=(one,))


class _Telling:
    """Tells of the work while it goes on, and of all of it at the end."""

    def __init__(self, invocation: Invocation, show: Bar, total: int) -> None:
        from reasoningbank.cli.learn_report import Tally

        self._as_json = invocation.as_json
        self._show = show
        self._total = total
        self._done = 0
        self._tally = Tally()
        self._files: list[LearnedFile] = []

    def progress(self, experiences: int) -> None:
        """Show that another experience is done with."""
        self._show(self._done, counted(experiences, "experience"))

    def tell(self, work: "Iterator[LearnedFile | None]") -> None:
        """Have the work done, and print what became of each file."""
        try:
            for file in work:
                self._done += 1
                if file is None:
                    self._tally.passed_over += 1
                else:
                    self._tally.count(file)
                    self._tell_file(file)
                self._show(self._done, counted(self._tally.experiences, "experience"))
        except KeyboardInterrupt:
            with self._show.aside():
                print(
                    f"interrupted in {self._done + 1:,} of {self._total:,}; what was learned is "
                    "kept, and the same command goes on from here",
                    file=sys.stderr,
                )
            raise

    def _tell_file(self, file: "LearnedFile") -> None:
        from reasoningbank.cli.learn_report import show_file

        if self._as_json:
            self._files.append(file)
            return
        with self._show.aside():
            if file.experiences:
                show_file(file)
                sys.stdout.flush()
            for error in file.errors:
                hint = "" if error["hint"] is None else f" {error['hint']}"
                line = f"error: {error['message']}".rstrip(".") + f".{hint}"
                print(safe_line(line), file=sys.stderr)

    def end(self, *, dry_run: bool) -> ExitStatus:
        """Print the sum, and give the exit status."""
        if self._as_json:
            print_json(self._tally.report(self._files, dry_run=dry_run))
        else:
            _tell_end(self._tally, dry_run=dry_run)
        if not self._tally.failed:
            return ExitStatus.DONE
        return ExitStatus.PARTLY if self._tally.experiences else ExitStatus.INVALID


def _tell_end(tally: "Tally", *, dry_run: bool) -> None:
    from reasoningbank.cli import console

    told = tally.sentences()
    if dry_run:
        told.append("Nothing was stored.")
    elif tally.unjudged:
        told.append(
            "`reasoningbank judge ID --success` (or --failure) says how a pending one ended; "
            "`reasoningbank learn --retry` tries them again."
        )
    console.show(*told)


@with_vectors
def judge(
    invocation: Invocation,
    trajectory_id: Annotated[str, typer.Argument(metavar="ID", help="The id of a trajectory.")],
    *,
    success: Success = False,
    failure: Failure = False,
    score: HowFar = None,
    report: Report = None,
    source: Source = None,
    evidence: Evidence = None,
) -> None:
    """Say how an experience ended, and learn from it.

    What was learned from it before gets the new outcome beside the earlier one; the same told again
    counts once. One of --success, --failure, --score and --report is needed. With --json:
    LearnedExperience.
    """
    verdict = verdict_told(
        success=success,
        failure=failure,
        score=score,
        report=report,
        source=source,
        evidence=evidence,
    )
    if verdict is None or verdict.score is None:
        shown = "shows no test that ran" if report is not None else "must be told"
        raise InvalidInput(
            shown,
            field="outcome" if report is None else "report",
            hint="Give one of --success, --failure, --score X and --report FILE.",
        )
    from reasoningbank.cli.learn_report import learned_experience, told_of

    with invocation.open_bank() as bank:
        learned = bank.judge(
            trajectory_id, score=verdict.score, source=verdict.source, evidence=verdict.evidence
        )
        kept = bank.get_trajectory(learned.trajectory_id)
        if kept is None:
            raise NotFound(f"no trajectory has the id {trajectory_id}")
        told = learned_experience(bank, learned, kept, {})
    if invocation.as_json:
        print_json(told)
        return
    from reasoningbank.cli import console

    console.show(*told_of(told, briefly=False))
