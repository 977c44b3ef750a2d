"""What a success teaches: the errors that were got past, the change that settled it, the way there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.learning.changes import (
    Change,
    change_in_patch,
    change_of,
    lines_shown,
    net_change,
)
from reasoningbank.learning.differences import command_difference, difference, lines_difference
from reasoningbank.learning.errors import ErrorSign
from reasoningbank.learning.handing_in import answer_seen, submission
from reasoningbank.learning.phrasing import (
    Candidate,
    Phrasing,
    clause,
    in_a_row,
    lesson,
    quoted,
    sentence,
    tags_of,
    times,
)
from reasoningbank.learning.prompts import TITLE_CHARACTERS
from reasoningbank.learning.signals import Reading, last_change, made_here, output_alone
from reasoningbank.learning.turns import Turn, changes_made, turns_in

_WORD: Final = re.compile(r"[A-Za-z_]\w{3,}")
_KEY_LINE: Final = re.compile(r"[=(]")
_PLAIN_LINE: Final = re.compile(
    r"^\s*(?:import|from|print|with |for |while |if |#|//|end_of|using|package|return$|try:|else|\"\"\")"
    r"|^\s*\w+\s*=\s*\w*\(?b?['\"][^'\"]*['\"]\)?\s*;?$"
)
_PLAIN_LOOKS: Final = {
    "open", "goto", "scroll_up", "scroll_down", "ls", "cat", "head", "tail", "less", "more", "pwd",
    "echo", "printf", "view", "read", "nl", "find", "find_file", "search_dir", "search_file", "grep",
    "rg", "glob", "tree", "wc", "think", "todowrite", "task", "which", "git", "sed", "env",
}  # fmt: skip
_SAME_AGAIN: Final = re.compile(r"(`[^`]+`) in place of \1")
_NAMED_ERROR: Final = re.compile(r"\b([A-Z]\w*(?:Error|Exception))(?:: ([^\n]{1,120}))?")
_TELLING_WORDS: Final = 2
_SHOWN_LINES: Final = 3
_SHOWN_STEPS: Final = 6
_TROUBLE: Final = re.compile(r"\b(?:I|my|didn't|failed|timed out|forgot|wrong)\b")
_CALLED: Final = re.compile(r"`\w+\(")
_SHORT_OUTPUT: Final = 60
_LEAST_STEPS: Final = 2
_TOLD_CHARACTERS: Final = 160


def success_lessons(
    trajectory: Trajectory, readings: Sequence[Reading], phrasing: Phrasing
) -> list[Candidate]:
    """Give what is worth keeping of a success."""
    turns, _ = turns_in(readings)
    change = _settling(trajectory, readings)
    phrase = change and lines_difference(change.removed, change.added)
    found = [_turn_lesson(turn, len(readings), phrasing) for turn in turns]
    settled: Candidate | None = None
    # What took an error away is told with the error.
    if phrase and not any(_how(turn, phrasing)[1] == phrase for turn in turns):
        settled = _change_lesson(trajectory, phrase, readings, phrasing)
    told = settled is not None or any(one is not None for one in found)
    way = _way_lesson(trajectory, readings, phrasing, alone=not told)
    return [one for one in (*found, settled, way) if one is not None]


def _turn_lesson(turn: Turn, steps: int, phrasing: Phrasing) -> Candidate | None:
    """Word an error that was got past: what met it, what got past it, and why."""
    how, about = _how(turn, phrasing)
    if how is not None and _SAME_AGAIN.search(how):
        how = None  # what differs is masked
    first, count = turn.failures[0], len(turn.failures)
    thoughts = [one.step.thought for one in (*turn.between, turn.success)]
    words = _WORD.findall(f"{about} {turn.error.message}")
    reason = quoted(phrasing.reasons(thoughts, words, 2 if _rerun(turn) else 1))
    if not reason and (how is None or first.action.kind == "look"):
        return None  # where a file lies is of no use elsewhere
    met = phrasing.met(first, turn.error, about)
    if count > 1:
        repeated = len({one.step.action for one in turn.failures}) < count
        met += f" {times(count)}" + (", also when sent again unchanged" if repeated else "")
    got_past = "" if how is None else sentence(how)
    passed = ""
    if turn.success.report is not None and turn.success.report.passed:
        passed = sentence(f"The run then reported {turn.success.report}")
    strategy = " ".join(part for part in (sentence(met), got_past, reason, passed) if part)
    worth = 1.5 + 0.4 * min(count, 4) + 0.6 * bool(reason) + 0.8 * (how is not None)
    worth += 0.5 * turn.success.number / max(steps, 1)
    worth -= 1.2 * (first.action.kind == "look") + 0.6 * first.action.housekeeping
    worth -= 0.9 * (first.action.kind == "edit")  # the editor's ways are less than the task's
    return Candidate(
        worth,
        lesson(_title(turn, about, phrasing), strategy, tags_of([first, turn.success], turn.error)),
    )


def _title(turn: Turn, about: str, phrasing: Phrasing) -> str:
    error = phrasing.bare_error(turn.error, about)
    if len(error) > TITLE_CHARACTERS:
        error = clause(error)
    rest = phrasing.masked(about)
    return _longest_title(error, "" if _SAME_AGAIN.search(rest) else rest)


def _how(turn: Turn, phrasing: Phrasing) -> tuple[str | None, str]:
    """Give what got past an error as a sentence, and the text that it is about."""
    failed, success = turn.failures[-1], turn.success
    if failed.action.kind == "edit":
        return _how_edited(turn, phrasing)
    if _rerun(turn):
        return _how_rerun(turn, phrasing)
    phrase = command_difference(failed.action.command, success.action.command)
    if phrase is None:
        return _how_otherwise(turn, phrasing)
    word = "It was taken with" if failed.action.kind == "submit" else "It worked with"
    return f"{word} {phrasing.masked(phrase)}", phrase


def _rerun(turn: Turn) -> bool:
    return turn.failures[-1].action.command == turn.success.action.command


def _how_edited(turn: Turn, phrasing: Phrasing) -> tuple[str | None, str]:
    old = change_of(turn.failures[-1], {})
    new = turn.changes.get(turn.success.number) or change_of(turn.success, {})
    if old is None or new is None:
        return None, ""
    kept = {line.strip() for line in new.removed} - {line.strip() for line in old.added}
    added = [line for line in new.added if line.strip() not in kept]
    phrase = difference("\n".join(old.added), "\n".join(added))
    if phrase is not None:
        return f"It was taken with {phrasing.masked(phrase)}", phrase
    looks = [one for one in turn.between if one.action.kind == "look"]
    if looks and old.added == new.added:
        return f"The same edit was taken after {phrasing.command(looks[-1])}", ""
    return None, ""


def _how_rerun(turn: Turn, phrasing: Phrasing) -> tuple[str | None, str]:
    numbers = [one.number for one in turn.between]
    change = net_change([turn.changes[number] for number in numbers if number in turn.changes])
    if change is not None:
        phrase = lines_difference(change.removed, change.added)
        if phrase is not None:
            return f"The error went away with {phrasing.masked(phrase)}", phrase
    acts = [
        one
        for one in turn.between
        if not one.failed
        # An edit told in words, whose lines the record does not show, is an act as well.
        and (one.action.kind == "act" or _edit_in_words(one, turn.changes))
    ]
    if acts and _edit_in_words(acts[-1], turn.changes):
        told = acts[-1].step.action.strip().splitlines()[0][:_TOLD_CHARACTERS]
        return f"It worked after `{phrasing.masked(told)}`", told
    if acts:
        said = phrasing.command(acts[-1])
        return f"It worked after {said}", f"after {said}"
    return None, ""


def _edit_in_words(reading: Reading, changes: Mapping[int, Change]) -> bool:
    return reading.action.kind == "edit" and reading.number not in changes


def _how_otherwise(turn: Turn, phrasing: Phrasing) -> tuple[str | None, str]:
    success = turn.success
    if success.action.kind in {"edit", "submit"}:
        return None, ""
    said = phrasing.command(success)
    return f"What worked was {said}", said


def _change_lesson(
    trajectory: Trajectory, phrase: str, readings: Sequence[Reading], phrasing: Phrasing
) -> Candidate | None:
    """Word the change to existing files that settled it."""
    edits = [one for one in readings if one.action.kind == "edit"]
    before = [one for one in readings if one.number <= last_change(readings)]
    about = _WORD.findall(phrase)
    said = phrasing.reasons([one.step.thought for one in before], about, 2)
    reason = quoted(said)
    checked = _checked(readings, phrasing)
    if not reason and not checked:
        return None
    masked = phrasing.masked(phrase)
    named = _error_named(trajectory.task_description)
    asked = "" if named is None else f"The task named {phrasing.error(named)}."
    settled = sentence(f"What settled it: {masked}")
    strategy = " ".join(part for part in (asked, settled, reason, checked) if part)
    title = masked if len(about) >= _TELLING_WORDS or not said else clause(said[0])
    if named is not None:
        title = _longest_title(phrasing.bare_error(named), masked)
    worth = 3.5 + 0.5 * bool(reason) + 0.5 * bool(checked)
    error = named or None
    return Candidate(worth, lesson(title, strategy, tags_of(edits or readings, error)))


def _error_named(task: str) -> ErrorSign | None:
    """Give the error that a task is about, as it was printed there."""
    found = [ErrorSign(kind, said.strip()) for kind, said in _NAMED_ERROR.findall(task)]
    return max(found, key=lambda one: len(one.message), default=None)


def _longest_title(error: str, rest: str) -> str:
    longer = f"{error}: {rest}"
    return longer if rest and len(longer) <= TITLE_CHARACTERS else error


def _settling(trajectory: Trajectory, readings: Sequence[Reading]) -> Change | None:
    """Give the smallest change that was handed in, or else made to a file that was there before."""
    handed_in = net_change(change_in_patch(submission(trajectory)))
    if handed_in is not None:
        return handed_in
    shown = [one for one in readings if one.action.kind == "submit"]
    for one in shown:
        change = net_change(change_in_patch(one.output))
        if change is not None:
            return change
    own = made_here(readings)
    made = changes_made(readings)
    return net_change(
        [
            made[one.number]
            for one in readings
            if one.number in made and one.files and not own.intersection(one.files)
        ]
    )


def _checked(readings: Sequence[Reading], phrasing: Phrasing) -> str:
    """Give how it was seen that the change had settled it."""
    change = last_change(readings)
    after = [
        one
        for one in readings
        if one.number > change
        and one.action.kind == "act"
        and not one.action.housekeeping
        and not one.failed
    ]
    for one in reversed(after):
        if one.report is not None and one.report.passed:
            return sentence(f"{phrasing.command(one)} then reported {one.report}")
        earlier = [
            other
            for other in readings
            if other.number < change and other.action.command == one.action.command
        ]
        now = output_alone(one)
        for other in earlier:
            was = output_alone(other)
            if other.error is not None:
                return sentence(
                    f"{phrasing.command(one)} then ran without {phrasing.error(other.error)}"
                )
            if was != now and 0 < len(was) <= _SHORT_OUTPUT and 0 < len(now) <= _SHORT_OUTPUT:
                return sentence(
                    f"Running {phrasing.command(one)} before and after the change showed it: "
                    f"{phrasing.masked(was)}, then {phrasing.masked(now)}"
                )
    if after:
        return sentence(f"{phrasing.command(after[-1])} then ran without an error")
    return ""


def _way_lesson(
    trajectory: Trajectory,
    readings: Sequence[Reading],
    phrasing: Phrasing,
    *,
    alone: bool,
) -> Candidate | None:
    """Word the way that led to an answer, or to an end that no single change explains."""
    seen = answer_seen(trajectory, readings)
    if seen is None and not alone:
        return None
    upto = len(readings) if seen is None else seen.number
    way = _steps_on_the_way(readings[:upto])
    thoughts = [one.step.thought for one in readings[: upto + 1]]
    names = [word for one in way for word in _WORD.findall(one.action.command)]
    insights = phrasing.reasons(thoughts, dict.fromkeys(names), 3)
    if not way or (not insights and seen is None and len(way) < _LEAST_STEPS):
        return None
    whole = list(dict.fromkeys(phrasing.command(one) for one in way))
    commands = whole[-_SHOWN_STEPS:]
    ran = "What was done" if all(map(_CALLED.match, commands)) else "What was run"
    ran += "" if len(commands) == 1 else ", in order" if commands == whole else " last, in order"
    ending = ", which printed the answer" if seen is not None else ""
    parts = [
        quoted(insights),
        _key_lines(readings[:upto], way, phrasing),
        f"{ran}: {in_a_row(commands, 'then')}{ending}.",
    ]
    titles = [one for one in map(clause, insights) if _fits_title(one)]
    title = titles[0] if titles else f"What worked: {commands[-1]}"
    worth = (3.6 if seen is not None else 1.2) + 0.4 * bool(insights)
    return Candidate(worth, lesson(title, " ".join(part for part in parts if part), tags_of(way)))


def _fits_title(text: str) -> bool:
    return len(text) <= TITLE_CHARACTERS and _TROUBLE.search(text) is None


def _steps_on_the_way(readings: Sequence[Reading]) -> list[Reading]:
    """Give the steps that did something and worked, or ran out of time only after they had."""
    last = readings[-1].number if readings else 0
    return [
        one
        for one in readings
        if (
            one.action.kind == "act"
            or (one.action.kind == "look" and one.action.program not in _PLAIN_LOOKS)
        )
        and not one.action.housekeeping
        and (not one.failed or one.number == last)
    ]


def _key_lines(readings: Sequence[Reading], way: Sequence[Reading], phrasing: Phrasing) -> str:
    """Give the lines that matter of the last script the agent wrote and ran."""
    run = {name for one in way for name in one.action.files}
    lines: list[str] = []
    for one in readings:
        if one.changed_something and run.intersection(one.files):
            change = change_of(one, {})
            whole = list(lines_shown(one).values()) or list(change.added if change else ())
            lines = [
                line.strip()
                for line in whole
                if _KEY_LINE.search(line) and not _PLAIN_LINE.match(line)
            ] or lines
    if not lines:
        return ""
    shown = [phrasing.code(line) for line in lines[:_SHOWN_LINES]]
    return f"The script came down to {in_a_row(shown)}."
