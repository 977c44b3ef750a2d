"""Verbs that show what is kept."""

from typing import TYPE_CHECKING

from reasoningbank.cli.invocation import Invocation, with_bank
from reasoningbank.cli.json_output import print_json
from reasoningbank.cli.safe_text import safe_line
from reasoningbank.cli.verbs.arguments import PatternId
from reasoningbank.cli.wording import counted
from reasoningbank.domain.errors import NotFound
from reasoningbank.domain.json_value import canonical_json
from reasoningbank.domain.outcome import Outcome
from reasoningbank.domain.pattern import Observation, Pattern, PatternChange, StorageStats

if TYPE_CHECKING:
    from rich.console import RenderableType

_HINT = "Check the id and the namespace."


@with_bank
def get(invocation: Invocation, pattern_id: PatternId) -> None:
    """Show one pattern whole, also an expired or quarantined one.

    With --json: Pattern.
    """
    with invocation.open_bank() as bank:
        pattern = bank.get_pattern(pattern_id)
    if pattern is None:
        raise NotFound(f"no pattern has the id {pattern_id}", hint=_HINT)
    if invocation.as_json:
        print_json(pattern)
    else:
        _show_pattern(pattern)


def _show_pattern(pattern: Pattern) -> None:
    from reasoningbank.cli import console

    uses = ", ".join(
        [
            counted(pattern.uses, "use"),
            counted(pattern.successes, "success"),
            counted(pattern.failures, "failure"),
        ]
    )
    optional: list[tuple[str, RenderableType]] = []
    if pattern.title is not None:
        optional.append(("Title", console.line(pattern.title)))
    optional += [
        ("Category", console.line(pattern.task_category)),
        ("Task", console.text(pattern.task_description)),
        ("Strategy", console.text(pattern.strategy)),
        ("Score", console.number(pattern.success_score)),
    ]
    if pattern.duration_seconds is not None:
        optional.append(("Duration", f"{pattern.duration_seconds:g} s"))
    if pattern.tags:
        optional.append(("Tags", console.line(", ".join(pattern.tags))))
    if pattern.metadata:
        optional.append(("Metadata", console.line(canonical_json(pattern.metadata))))
    optional += [
        ("Standing", f"{pattern.state}, {pattern.trust}, {uses}"),
        ("Created", pattern.created_at),
        ("Updated", f"{pattern.updated_at}, version {pattern.version}"),
    ]
    if pattern.last_used_at is not None:
        optional.append(("Last used", pattern.last_used_at))
    if pattern.expires_at is not None:
        optional.append(("Expires", pattern.expires_at))
    optional.append(("Namespace", console.line(pattern.namespace)))
    console.show(console.fields([("Id", str(pattern.id)), *optional]))


@with_bank
def history(invocation: Invocation, pattern_id: PatternId) -> None:
    """Show everything that happened to a pattern.

    Works on deleted patterns too. With --json: an object of three arrays, `changes` of PatternChange, `outcomes` of Outcome, and
    `observations` (stores that were merged into it) of Observation.
    """
    with invocation.open_bank() as bank:
        changes = bank.history(pattern_id)
        outcomes = bank.outcomes(pattern_id)
        observations = bank.observations(pattern_id)
    if not changes:
        raise NotFound(f"no pattern has or had the id {pattern_id}", hint=_HINT)
    if invocation.as_json:
        print_json({"changes": changes, "outcomes": outcomes, "observations": observations})
    else:
        _show_history(changes, outcomes, observations)


def _show_history(
    changes: list[PatternChange], outcomes: list[Outcome], observations: list[Observation]
) -> None:
    from reasoningbank.cli import console

    rows = [
        (change.at, change.kind, console.line(change.actor), console.Excerpt(_before(change)))
        for change in changes
    ]
    console.show(console.table(("When", "What", "Who", "Before"), rows))
    if outcomes:
        judged = [
            (
                outcome.at,
                outcome.kind,
                console.number(outcome.score),
                outcome.source,
                console.Excerpt(canonical_json(outcome.evidence) if outcome.evidence else ""),
            )
            for outcome in outcomes
        ]
        console.show("", console.table(("When", "Outcome", "Score", "Source", "Evidence"), judged))
    if observations:
        print(f"\nmerged into it: {counted(len(observations), 'store')}; --json shows them")


def _before(change: PatternChange) -> str:
    """Give the changed fields and what they were; of a deleted pattern only that it is kept."""
    if change.kind == "created":
        return ""
    if change.kind == "deleted":
        return "the whole pattern; --json shows it"
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else canonical_json(value)}"
        for name, value in change.before.items()
    )


@with_bank
def stats(invocation: Invocation) -> None:
    """Count the patterns, and say where and how they are kept.

    With --json: StorageStats.
    """
    with invocation.open_bank() as bank:
        counted = bank.get_stats()
    if invocation.as_json:
        print_json(counted)
    else:
        show_stats(counted)


def show_stats(counted: StorageStats) -> None:
    """Print what a bank holds and where."""
    from reasoningbank.cli import console

    # On a line of its own: a table would fold a long path, and it could not be copied.
    print(safe_line(counted.path or "memory") + (" (read only)" if counted.read_only else ""))
    patterns = f"{counted.total_patterns:,}"
    if counted.active_patterns != counted.total_patterns:
        patterns += f", {counted.active_patterns:,} of them active"
    rows: list[tuple[str, RenderableType]] = [
        ("Chosen", console.line(counted.reason)),
        ("Namespace", console.line(counted.namespace)),
        ("Patterns", patterns),
        ("Size", f"{counted.size_bytes / 1_000_000:.2f} MB"),
        ("Vectors", console.line(counted.embedding_model or "none yet")),
        ("Engine", f"{counted.engine}, schema {counted.schema_version}"),
    ]
    console.show(console.fields(rows))
    if counted.categories:
        by_size = sorted(counted.categories.items(), key=lambda item: (-item[1], item[0]))
        named = [(f"{count:,}", console.line(name)) for name, count in by_size]
        console.show("", console.table(("Patterns", "Category"), named))
