"""What `learn` and `judge` tell: structs with stable keys for ``--json``, and what a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.wording import counted, kinds_counted
from reasoningbank.domain.lesson import Learned, LearnStatus, Usage
from reasoningbank.domain.trajectory import Trajectory, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reasoningbank import ReasoningBank

_TASK_LINES: Final = 2
_STRATEGY_LINES: Final = 7


class LearnedLesson(msgspec.Struct, frozen=True, kw_only=True):
    """Say what a pattern that came of an experience holds."""

    id: UUID
    title: str | None
    strategy: str


class LearnedExperience(msgspec.Struct, frozen=True, kw_only=True):
    """Say what became of one experience.

    Args:
        trajectory_id: The experience, kept in any case.
        task_description: The task.
        task_category: The kind of task.
        steps: How many there are.
        status: As in `Learned`.
        verdict: How it ended, as far as is known.
        lessons: What was learned, now or before.
        note: Why it is pending, or what could not be used of an answer, or None.
        redacted: How many secrets and personal data were taken out before storing, by kind.
        usage: What asking models took.
    """

    trajectory_id: UUID
    task_description: str
    task_category: str
    steps: int
    status: LearnStatus
    verdict: Verdict | None
    lessons: tuple[LearnedLesson, ...]
    note: str | None
    redacted: dict[str, int]
    usage: Usage


class LearnedFile(msgspec.Struct, frozen=True, kw_only=True):
    """Say what became of one file.

    Args:
        file: Its name as it was given or found, or None for what was in the bank already.
        experiences: What it held, in order.
        errors: What of it could not be taken and why, as ``--json`` prints errors.
    """

    file: str | None
    experiences: tuple[LearnedExperience, ...]
    errors: tuple[dict[str, object], ...] = ()


class LearnReport(msgspec.Struct, frozen=True, kw_only=True):
    """Say what became of all files.

    Args:
        files: Each file.
        learned: Experiences learned from now.
        pending: Experiences kept for later.
        replayed: Experiences that had been learned from before.
        failed: Files of which something could not be taken.
        passed_over: Files in directories that hold something else.
        dry_run: Whether nothing was stored.
        usage: What asking models took.
    """

    files: tuple[LearnedFile, ...]
    learned: int
    pending: int
    replayed: int
    failed: int
    passed_over: int
    dry_run: bool
    usage: Usage


def learned_experience(
    bank: ReasoningBank, learned: Learned, kept: Trajectory, redacted: dict[str, int]
) -> LearnedExperience:
    """Give what became of an experience, with what its patterns say."""
    patterns = [bank.get_pattern(pattern_id) for pattern_id in learned.patterns]
    return LearnedExperience(
        trajectory_id=learned.trajectory_id,
        task_description=kept.task_description,
        task_category=kept.task_category,
        steps=len(kept.steps),
        status=learned.status,
        verdict=learned.verdict,
        lessons=tuple(
            LearnedLesson(id=pattern.id, title=pattern.title, strategy=pattern.strategy)
            for pattern in patterns
            if pattern is not None
        ),
        note=learned.note,
        redacted=redacted,
        usage=learned.usage,
    )


class Tally:
    """Counts what became of experiences and files, for the sentence at the end."""

    def __init__(self) -> None:
        self.statuses: Counter[LearnStatus] = Counter()
        self.redacted: Counter[str] = Counter()
        self.patterns: set[UUID] = set()
        self.files = 0
        self.unjudged = 0
        self.failed = 0
        self.passed_over = 0
        self.usage = Usage()

    @property
    def experiences(self) -> int:
        """Give how many experiences there were."""
        return sum(self.statuses.values())

    def count(self, file: LearnedFile) -> None:
        """Count one file."""
        from reasoningbank.learning.llm_budget import added

        self.files += 1
        self.failed += bool(file.errors)
        for one in file.experiences:
            self.statuses[one.status] += 1
            self.redacted.update(one.redacted)
            self.usage = added(self.usage, one.usage)
            self.unjudged += one.status == "pending" and not is_judged(one)
            if one.status == "learned":
                self.patterns.update(lesson.id for lesson in one.lessons)

    def report(self, files: Sequence[LearnedFile], *, dry_run: bool) -> LearnReport:
        """Give the whole of it."""
        return LearnReport(
            files=tuple(files),
            learned=self.statuses["learned"],
            pending=self.statuses["pending"],
            replayed=self.statuses["replayed"],
            failed=self.failed,
            passed_over=self.passed_over,
            dry_run=dry_run,
            usage=self.usage,
        )

    def sentences(self) -> list[str]:
        """Give what to say at the end."""
        told = [f"{counted(self.statuses['learned'], 'experience')} learned"]
        if self.patterns:
            told[0] += f" ({counted(len(self.patterns), 'pattern')})"
        told.append(f"{self.statuses['pending']:,} pending")
        told.append(f"{self.statuses['replayed']:,} known already")
        lines = [", ".join(told) + "."]
        if self.redacted:
            lines.append(f"Taken out before storing: {kinds_counted(self.redacted)}.")
        if self.passed_over:
            lines.append(f"Passed over: {counted(self.passed_over, 'file')} of other kinds.")
        if self.failed:
            lines.append(f"Not taken, or not all: {counted(self.failed, 'file')}, named above.")
        if self.usage.calls:
            lines.append(_spent(self.usage))
        return lines


def show_file(file: LearnedFile) -> None:
    """Print what became of a file."""
    from reasoningbank.cli import console

    if file.file is not None:
        # Not folded: it may be copied.
        print(safe_line(file.file))
    for one in file.experiences:
        console.show(*(console.indented(part, 2) for part in told_of(one)))
        print()


def told_of(one: LearnedExperience, *, briefly: bool = True) -> list[RenderableType]:
    """Give what became of an experience, for a person.

    Args:
        one: The experience.
        briefly: Only say of what was learned before that it is known.
    """
    from reasoningbank.cli import console

    if one.status == "replayed" and briefly:
        known = f"known already: {counted(len(one.lessons), 'pattern')}"
        return [console.Excerpt(one.task_description, 1), console.line(known, "cyan")]
    told: list[RenderableType] = [
        console.Excerpt(one.task_description, _TASK_LINES, "bold"),
        console.line(
            f"{one.task_category} · {counted(one.steps, 'step')} · {ending_told(one.verdict)}",
            "cyan",
        ),
        console.line(f"trajectory {one.trajectory_id}", "dim"),
    ]
    for lesson in one.lessons:
        told.append("")
        told.append(console.Excerpt(lesson.title or "", 2, "bold"))
        told.append(console.indented(console.Excerpt(lesson.strategy, _STRATEGY_LINES)))
        told.append(console.indented(console.line(str(lesson.id), "dim")))
    if one.status == "pending":
        why = one.note or "no reason was given"
        state = "nothing learned" if is_judged(one) else "pending"
        told.append(console.Excerpt(f"{state}: {why}", 4))
    elif one.note is not None:
        told.append(console.Excerpt(f"note: {one.note}", 4))
    if one.redacted:
        told.append(f"taken out before storing: {kinds_counted(one.redacted)}")
    return told


def is_judged(one: LearnedExperience) -> bool:
    """Give whether anybody knows how an experience ended."""
    return one.verdict is not None and one.verdict.kind != "unknown"


def ending_told(verdict: Verdict | None) -> str:
    """Give how an experience ended, who says so, and why."""
    if verdict is None or verdict.kind == "unknown":
        return "nobody knows how it ended"
    ending = f"score {verdict.score:.2f}" if verdict.kind == "partial" else verdict.kind
    why = f": {'; '.join(verdict.reasons)}" if verdict.reasons else ""
    return f"{ending}, {_WHO[verdict.source]}{why}"


_WHO: Final[dict[str, str]] = {
    "test": "shown by a test",
    "environment": "told by the environment",
    "human": "told by a person",
    "caller": "told by the caller",
    "agent": "read from the steps",
    "imported": "claimed by the file",
}


def _spent(usage: Usage) -> str:
    tokens = usage.input_tokens + usage.output_tokens
    cost = "" if usage.cost_usd is None else f", ${usage.cost_usd:.4f} at list prices"
    return f"Asked of the model: {counted(usage.calls, 'call')}, {counted(tokens, 'token')}{cost}."
