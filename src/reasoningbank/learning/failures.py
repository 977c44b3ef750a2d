"""What a failure teaches: what was tried, what it kept meeting, how it ended, what was never tried."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from reasoningbank.learning.changes import Change, net_change
from reasoningbank.learning.differences import command_difference, lines_difference
from reasoningbank.learning.phrasing import (
    Candidate,
    Phrasing,
    in_a_row,
    lesson,
    quoted,
    sentence,
    tags_of,
    times,
)
from reasoningbank.learning.signals import Reading, last_change, output_alone
from reasoningbank.learning.turns import Blocked, changes_made, turns_in

_SHOWN_ATTEMPTS: Final = 3
_SHOWN_STEPS: Final = 5
_FILE_IN_ERROR: Final = re.compile(r"[\"'/\s(]([\w-]{1,64}\.[A-Za-z]{1,5})\b(?:\", line|:\d+)")
_MISSING: Final = re.compile(
    r"No module named '?([\w.]+)|(?<![\w.-])([\w.-]{1,64}): (?:command )?not found|Cannot find module '([^']+)'"
)
_BELIEVED: Final = "What the agent believed"
_SHOWN_OUTPUT: Final = 120
_INSTALLS: Final = re.compile(r"\b(?:install|add|get)\b")


def failure_lessons(readings: Sequence[Reading], phrasing: Phrasing) -> list[Candidate]:
    """Give what is worth keeping of a failure."""
    _, blocked = turns_in(readings)
    changes = changes_made(readings)
    found = [_blocked_lesson(one, readings, changes, phrasing) for one in blocked]
    found.append(_unrun_lesson(readings, changes, phrasing))
    kept = [one for one in found if one is not None]
    if kept:
        return kept
    tried = _tried_lesson(readings, phrasing)
    return [] if tried is None else [tried]


def _blocked_lesson(
    blocked: Blocked,
    readings: Sequence[Reading],
    changes: dict[int, Change],
    phrasing: Phrasing,
) -> Candidate | None:
    """Word an error that nothing got past."""
    first, last, count = blocked.failures[0], blocked.failures[-1], len(blocked.failures)
    if first.action.kind == "look" or first.action.housekeeping:
        return None
    met = phrasing.met(first, blocked.error)
    nothing = "nothing tried got past it" if count > 1 else "nothing got past it"
    met += f" {times(count)}, and {nothing}" if count > 1 else f", and {nothing}"
    thoughts = [
        one.step.thought for one in readings if first.number < one.number <= last.number + 1
    ]
    reason = quoted(phrasing.reasons(thoughts, blocked.error.message.split(), 2), _BELIEVED)
    parts = [
        sentence(met),
        _still_reported(last, readings, phrasing),
        _variants(blocked, readings, changes, phrasing),
        reason,
        _untried(blocked, readings, phrasing),
    ]
    worth = 2.0 + 0.4 * min(count, 5) + 0.4 * bool(reason)
    worth += 1.0 * (last.number >= len(readings) - 2) + 0.5 * (last.report is not None)
    return Candidate(
        worth,
        lesson(
            f"{phrasing.bare_error(blocked.error)}: not got past",
            " ".join(part for part in parts if part),
            tags_of([first], blocked.error),
        ),
    )


def _still_reported(last: Reading, readings: Sequence[Reading], phrasing: Phrasing) -> str:
    """Give what the tests said at the end, and whether it was handed in nevertheless."""
    if last.report is None or any(
        one.report is not None for one in readings if one.number > last.number
    ):
        return ""
    handed_in = any(one.action.kind == "submit" and one.number > last.number for one in readings)
    although = ", and it was handed in all the same" if handed_in else ""
    first = next((one for one in readings if one.action.command == last.action.command), last)
    worse = ""
    if first.report is not None and 0 < first.report.failed < last.report.failed:
        worse = f", more failures than the {first.report.failed} at first"
    return sentence(
        f"{phrasing.command(last)} still reported {last.report} at the end{worse}{although}"
    )


def _variants(
    blocked: Blocked,
    readings: Sequence[Reading],
    changes: dict[int, Change],
    phrasing: Phrasing,
) -> str:
    """Give what was varied or changed between the attempts."""
    phrases: list[str | None] = [
        command_difference(before.action.command, after.action.command)
        for before, after in zip(blocked.failures, blocked.failures[1:], strict=False)
    ]
    first, last = blocked.failures[0].number, blocked.failures[-1].number
    for one in readings:
        if first < one.number < last and one.number in changes:
            change = net_change([changes[one.number]])
            phrases.append(change and lines_difference(change.removed, change.added))
    shown = list(dict.fromkeys(phrasing.masked(one) for one in phrases if one))[:_SHOWN_ATTEMPTS]
    return sentence(f"Tried without success: {in_a_row(shown)}") if shown else ""


def _untried(blocked: Blocked, readings: Sequence[Reading], phrasing: Phrasing) -> str:
    """Give what the record shows was never tried against an error."""
    first, last = blocked.failures[0], blocked.failures[-1]
    never: list[str] = []
    actions = [one.step.action for one in blocked.failures]
    changed = any(
        one.changed_something for one in readings if first.number < one.number < last.number
    )
    if len(actions) > 1 and len(set(actions)) == 1 and not changed:
        never.append("anything else than sending the same again")
    looked = {name for one in readings if one.action.kind in {"look", "edit"} for name in one.files}
    named = [
        name
        for name in dict.fromkeys(_FILE_IN_ERROR.findall(last.output))
        if name not in looked and name not in first.action.files
    ]
    if named:
        never.append(f"reading the {phrasing.masked(named[-1])} that the error points to")
    missing = _MISSING.search(f"{last.error}")
    if missing is not None and not any(_INSTALLS.search(one.action.command) for one in readings):
        name = next(filter(None, missing.groups()))
        never.append(f"installing {name}, or doing without it")
    return sentence(f"Never tried: {in_a_row(never, 'or')}") if never else ""


def _unrun_lesson(
    readings: Sequence[Reading], changes: dict[int, Change], phrasing: Phrasing
) -> Candidate | None:
    """Word that a change was handed in without anything having been run after it."""
    number = last_change(readings)
    if not number or any(
        one.number > number and one.action.kind == "act" and not one.action.housekeeping
        for one in readings
    ):
        return None
    changed = next(one for one in readings if one.number == number)
    change = changes.get(number)
    phrase = lines_difference(change.removed, change.added) if change is not None else None
    what = f" ({phrasing.masked(phrase)})" if phrase else ""
    earlier = [one for one in readings if one.action.kind == "act" and not one.action.housekeeping]
    again = f"; {phrasing.command(earlier[-1])} was there to be run again" if earlier else ""
    parts = [
        sentence(f"Nothing was run after the last change{what}{again}"),
        quoted(phrasing.reasons([one.step.thought for one in readings], (), 2), _BELIEVED),
    ]
    return Candidate(
        2.5,
        lesson(
            "The last change was never run",
            " ".join(part for part in parts if part),
            tags_of([changed]),
        ),
    )


def _tried_lesson(readings: Sequence[Reading], phrasing: Phrasing) -> Candidate | None:
    """Word what was done where the record shows neither an error nor a change."""
    acts = [one for one in readings if one.action.kind != "look" and one.step.action.strip()]
    if not acts:
        return None
    commands = list(dict.fromkeys(phrasing.code(one.step.action.split("\n", 1)[0]) for one in acts))
    shown = commands[:_SHOWN_STEPS]
    more = f", and {len(commands) - len(shown)} more" if len(commands) > len(shown) else ""
    reason = quoted(phrasing.reasons([one.step.thought for one in readings], (), 2), _BELIEVED)
    parts = [
        f"This did not do it: {in_a_row(shown, 'then')}{more}.",
        _last_seen(acts, phrasing),
        reason,
    ]
    title = f"Did not do it: {in_a_row(commands[-2:], 'then')}"
    return Candidate(1.0, lesson(title, " ".join(filter(None, parts)), tags_of(acts)))


def _last_seen(acts: Sequence[Reading], phrasing: Phrasing) -> str:
    """Give what could have been read before the last step."""
    for one in reversed(acts[:-1]):
        seen = output_alone(one)
        if seen and len(seen) <= _SHOWN_OUTPUT:
            return f"Before the last step, {phrasing.command(one)} showed {phrasing.code(seen)}."
    return ""
