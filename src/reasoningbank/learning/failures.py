"""What a failure teaches: what was tried, what it kept meeting, how it ended, what was never tried."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from reasoningbank.learning.differences import command_difference
from reasoningbank.learning.phrasing import (
    Candidate,
    Phrasing,
    in_a_row,
    lesson,
    sentence,
    tags_of,
    times,
)
from reasoningbank.learning.signals import Reading, last_change
from reasoningbank.learning.turns import Blocked, turns_in

_SHOWN_ATTEMPTS: Final = 3
_SHOWN_STEPS: Final = 5
_FILE_IN_ERROR: Final = re.compile(r"[\"'/\s(]([\w-]+\.[A-Za-z]{1,5})\b(?:\", line|:\d+)")
_MISSING: Final = re.compile(
    r"No module named '?([\w.]+)|([\w.-]+): (?:command )?not found|Cannot find module '([^']+)'"
)
_INSTALLS: Final = re.compile(r"\b(?:install|add|get)\b")


def failure_lessons(readings: Sequence[Reading], phrasing: Phrasing) -> list[Candidate]:
    """Give what is worth keeping of a failure."""
    _, blocked = turns_in(readings)
    found = [_blocked_lesson(one, readings, phrasing) for one in blocked]
    ending = _ending_lesson(readings, phrasing)
    kept = [one for one in (*found, ending) if one is not None]
    if kept:
        return kept
    tried = _tried_lesson(readings, phrasing)
    return [] if tried is None else [tried]


def _blocked_lesson(
    blocked: Blocked, readings: Sequence[Reading], phrasing: Phrasing
) -> Candidate | None:
    """Word an error that nothing got past."""
    first, last, count = blocked.failures[0], blocked.failures[-1], len(blocked.failures)
    if first.action.kind == "look" or first.action.housekeeping:
        return None
    error = phrasing.error(blocked.error)
    met = f"{phrasing.command(first)} met {error}"
    met += (
        f" {times(count)}, and nothing tried got past it"
        if count > 1
        else ", and nothing got past it"
    )
    thoughts = [one.step.thought for one in readings if one.number >= first.number]
    reason = phrasing.reasons(thoughts, blocked.error.message.split())
    parts = [
        sentence(met),
        _variants(blocked, phrasing),
        reason,
        _untried(blocked, readings, phrasing),
    ]
    title = f"{phrasing.bare_error(blocked.error)}: not got past"
    worth = (
        2.0 + 0.4 * min(count, 5) + 1.0 * (last.number >= len(readings) - 2) + 0.4 * bool(reason)
    )
    return Candidate(
        worth,
        lesson(title, " ".join(part for part in parts if part), tags_of([first], blocked.error)),
    )


def _variants(blocked: Blocked, phrasing: Phrasing) -> str:
    """Give what was varied between the attempts."""
    phrases: list[str] = []
    for before, after in zip(blocked.failures, blocked.failures[1:], strict=False):
        phrase = command_difference(before.action.command, after.action.command)
        if phrase is not None:
            phrases.append(phrasing.masked(phrase))
    phrases = list(dict.fromkeys(phrases))[:_SHOWN_ATTEMPTS]
    return sentence(f"Tried without success: {in_a_row(phrases)}") if phrases else ""


def _untried(blocked: Blocked, readings: Sequence[Reading], phrasing: Phrasing) -> str:
    """Give what the record shows was never tried against an error."""
    first, last = blocked.failures[0], blocked.failures[-1]
    within = [one for one in readings if first.number < one.number <= last.number]
    never: list[str] = []
    actions = [one.step.action for one in blocked.failures]
    if (
        len(actions) > 1
        and len(set(actions)) == 1
        and not any(one.changed_something for one in within)
    ):
        never.append("anything else than sending the same command again")
    looked = {name for one in readings if one.action.kind in {"look", "edit"} for name in one.files}
    named = [
        name
        for name in dict.fromkeys(_FILE_IN_ERROR.findall(last.output))
        if name not in looked and name not in first.action.files
    ]
    if named:
        never.append(f"reading {phrasing.masked(named[-1])}, which the error points to")
    missing = _MISSING.search(f"{last.error}")
    if missing is not None and not any(_INSTALLS.search(one.action.command) for one in readings):
        name = next(filter(None, missing.groups()))
        never.append(f"installing {name}, or doing without it")
    return sentence(f"Never tried: {in_a_row(never, 'or')}") if never else ""


def _ending_lesson(readings: Sequence[Reading], phrasing: Phrasing) -> Candidate | None:
    """Word how it ended where that is not an error of its own."""
    change = last_change(readings)
    runs = [one for one in readings if one.report is not None]
    ran_after = [
        one
        for one in readings
        if one.number > change and one.action.kind == "act" and not one.action.housekeeping
    ]
    thoughts = [one.step.thought for one in readings]
    if runs and runs[-1].report is not None and runs[-1].report.failed:
        last = runs[-1]
        handed_in = any(one.action.kind == "submit" for one in readings)
        ending = "It was handed in although" if handed_in else "It stopped while"
        strategy = [
            sentence(f"{ending} {phrasing.command(last)} still reported {last.report}"),
            phrasing.reasons(thoughts, (), 2),
            sentence("Read the first failing test and run it alone before changing more"),
        ]
        title = f"{phrasing.command(last)} still failed at the end"
        return Candidate(3.0, lesson(title, " ".join(filter(None, strategy)), tags_of([last])))
    if change and not ran_after:
        edited = phrasing.reasons(thoughts, (), 2)
        strategy = [
            sentence("After its last change the agent ran nothing, and the change was wrong"),
            edited,
            sentence("Run what shows the fault before and after each change"),
        ]
        return Candidate(
            2.5,
            lesson(
                "The last change was never run",
                " ".join(filter(None, strategy)),
                tags_of([one for one in readings if one.number == change]),
            ),
        )
    return None


def _tried_lesson(readings: Sequence[Reading], phrasing: Phrasing) -> Candidate | None:
    """Word what was done where the record shows neither an error nor a test."""
    acts = [one for one in readings if one.action.kind != "look" and one.step.action.strip()]
    if not acts:
        return None
    commands = list(dict.fromkeys(phrasing.code(one.step.action.split("\n", 1)[0]) for one in acts))
    shown = commands[:_SHOWN_STEPS]
    more = f", and {len(commands) - len(shown)} more" if len(commands) > len(shown) else ""
    reason = phrasing.reasons([one.step.thought for one in readings], (), 2)
    strategy = f"This did not do it: {in_a_row(shown, 'then')}{more}. {reason}".strip()
    return Candidate(1.0, lesson(f"{shown[-1]} did not do it", strategy, tags_of(acts)))
