"""What several attempts at one task teach when they are compared, without a model.

Where some succeeded and some failed: the step that failed in the one kind and worked in the other,
and what was changed between them; and what all that succeeded did and none that failed. Where all
ended alike: what the shorter ones did without, or the error that none got past; and the lessons that
several of them teach by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from reasoningbank.domain.lesson import Distillation, Lesson
from reasoningbank.domain.trajectory import Trajectory
from reasoningbank.learning.differences import command_difference, lines_difference
from reasoningbank.learning.particulars import masks_of
from reasoningbank.learning.phrasing import (
    Phrasing,
    in_a_row,
    lesson,
    sentence,
    tags_of,
)
from reasoningbank.learning.prompts import MOST_LESSONS, TITLE_CHARACTERS
from reasoningbank.learning.signals import Reading, read_steps
from reasoningbank.learning.turns import Blocked, changes_made, same_purpose, signature, turns_in

_HALF: Final = 0.5
_SHOWN_STEPS: Final = 3
_LEAST_SHORTER: Final = 2
_PIECE: Final = re.compile(r"`[^`]+`")
_PYTHON: Final = re.compile(r"\bpython3(?:\.\d+)?\b")


class _Attempt:
    """An attempt as it is compared.

    Steps are told apart by what is said of them: two that differ only in what belongs to one record,
    such as the name of a file, are the same.
    """

    def __init__(self, number: int, trajectory: Trajectory, readings: list[Reading]) -> None:
        self.number = number
        self.trajectory = trajectory
        self.readings = readings
        self.changes = changes_made(readings)
        self.done: dict[str, Reading] = {}
        self.tried: set[str] = set()

    def tell(self, phrasing: Phrasing) -> None:
        """Say in few words what was done that took effect, in order, and all that was tried."""
        for one in self.readings:
            if one.action.kind == "look" or one.action.housekeeping or not one.action.command:
                continue
            told = self.told(one, phrasing)
            self.tried.add(_alike(told))
            if not one.failed:
                self.done.setdefault(_alike(told), one)

    def told(self, reading: Reading, phrasing: Phrasing) -> str:
        """Give a step in few words: the change that an edit made, or else the command."""
        change = self.changes.get(reading.number)
        phrase = lines_difference(change.removed, change.added) if change is not None else None
        if phrase is not None:
            return phrasing.masked(phrase)
        return phrasing.code(reading.action.command.split("\n", 1)[0])

    @property
    def succeeded(self) -> bool:
        verdict = self.trajectory.verdict
        return verdict is not None and verdict.score is not None and verdict.score >= _HALF

    @property
    def blocked(self) -> list[Blocked]:
        """The errors that it met and never got past."""
        return [
            one
            for one in turns_in(self.readings)[1]
            if one.failures[0].action.kind != "look" and not one.failures[0].action.housekeeping
        ]


class _Found(NamedTuple):
    """A lesson, how much it is worth beside others, and the commands it is about."""

    worth: float
    lesson: Lesson
    about: frozenset[str] = frozenset()


def contrasted(
    trajectories: Sequence[Trajectory], alone: Callable[[Trajectory], Distillation]
) -> Distillation:
    """Give at most three lessons of several attempts at one task, each with who shows it.

    Args:
        trajectories: The attempts, each with a verdict.
        alone: Gives the lessons of one attempt.
    """
    attempts = [
        _Attempt(number, one, read_steps(one.steps)) for number, one in enumerate(trajectories, 1)
    ]
    phrasing = Phrasing(masks_of((one.trajectory, one.readings) for one in attempts))
    for one in attempts:
        one.tell(phrasing)
    good = sorted((one for one in attempts if one.succeeded), key=_length)
    bad = [one for one in attempts if not one.succeeded]
    if good and bad:
        found = list(_turned(good, bad, phrasing))
        found += _only_there(good, bad, found, phrasing)
    elif good:
        found = list(_shorter(good, phrasing))
    else:
        found = list(_never_passed(bad, phrasing))
    found += _taught_alone(good or bad, bad if good else [], alone)
    kept: list[Lesson] = []
    told: set[str] = set()
    for candidate in sorted(found, key=lambda each: -each.worth):
        pieces = _pieces(candidate.lesson)
        if not pieces or not pieces <= told:  # else it quotes nothing that is not told already
            kept.append(candidate.lesson)
            told |= pieces
    note = None if kept else "comparing the attempts shows no step that tells them apart"
    return Distillation(lessons=tuple(kept[:MOST_LESSONS]), note=note)


def _turned(
    good: Sequence[_Attempt], bad: Sequence[_Attempt], phrasing: Phrasing
) -> Iterator[_Found]:
    """Word each step that failed for good in one attempt and worked in another."""
    seen: set[str] = set()
    for attempt in bad:
        for blocked in attempt.blocked:
            failed = blocked.failures[-1]
            if signature(blocked.error) in seen:
                continue
            for other in good:
                worked = _counterpart(failed, other)
                how = None if worked is None else _how(failed, worked, other, bad, phrasing)
                if worked is None or how is None:
                    continue
                seen.add(signature(blocked.error))
                met_it = [one for one in bad if _meets(one, blocked)]
                key = _alike(other.told(worked, phrasing))
                shown_by = [one for one in good if key in one.done or one is other]
                strategy = " ".join(
                    (
                        sentence(
                            f"{phrasing.met(failed, blocked.error, how)}"
                            f" in {_of(met_it, bad, 'that failed')}"
                        ),
                        sentence(f"In {_of(shown_by, good, 'that succeeded')} it worked {how}"),
                    )
                )
                title = f"{phrasing.bare_error(blocked.error, how)}: {how}"
                if len(title) > TITLE_CHARACTERS:
                    title = phrasing.bare_error(blocked.error, how)
                yield _Found(
                    5.0 + len(met_it) / len(bad),
                    _shown(
                        lesson(title, strategy, tags_of([failed, worked], blocked.error)), shown_by
                    ),
                    frozenset({_alike(attempt.told(failed, phrasing)), key}),
                )
                break


def _counterpart(failed: Reading, attempt: _Attempt) -> Reading | None:
    """Give the step of another attempt that tried the same and worked; best the very same."""
    alike = [
        one
        for one in attempt.readings
        if not one.failed
        and one.action.kind == failed.action.kind
        and one.action.kind in {"act", "submit"}
        and same_purpose(failed.action, one.action)
    ]
    same = [one for one in alike if one.action.command == failed.action.command]
    found = same or alike
    return found[-1] if found else None


def _how(
    failed: Reading,
    worked: Reading,
    attempt: _Attempt,
    bad: Sequence[_Attempt],
    phrasing: Phrasing,
) -> str | None:
    """Give what made the step work, as the end of a sentence."""
    if failed.action.command != worked.action.command:
        phrase = command_difference(failed.action.command, worked.action.command)
        if phrase is not None:
            return f"with {phrasing.masked(phrase)}"
        return f"as {phrasing.command(worked)}"
    tried = {told for one in bad for told in one.tried}
    before = [
        one
        for told, one in attempt.done.items()
        if one.number < worked.number and told not in tried
    ]
    return f"after {attempt.told(before[-1], phrasing)}" if before else None


def _only_there(
    good: Sequence[_Attempt], bad: Sequence[_Attempt], found: Sequence[_Found], phrasing: Phrasing
) -> Iterator[_Found]:
    """Word what every success did and no failure tried, and what the failures did instead."""
    known = {told for one in found for told in one.about}
    tried = {told for one in bad for told in one.tried}
    own = {told: one for told, one in good[0].done.items() if told not in tried | known}
    shared = {told: one for told, one in own.items() if all(told in each.done for each in good)}
    shown_by, steps = (good, shared) if shared else (good[:1], own)
    if not steps:
        return
    others = {told for one in good for told in one.tried} | known
    better = _in_order([good[0].told(one, phrasing) for one in steps.values()])
    worse = _in_order(
        [
            attempt.told(one, phrasing)
            for attempt in bad
            for told, one in attempt.done.items()
            if told not in others
        ]
    )
    parts = [
        sentence(
            f"Done in {_of(shown_by, good, 'that succeeded')} and in none that failed:"
            f" {in_a_row(better, 'then')}"
        ),
        sentence(f"Instead, what failed did {in_a_row(worse, 'or')}") if worse else "",
    ]
    title = f"{better[-1]} rather than {worse[-1]}" if worse else f"What worked: {better[-1]}"
    if len(title) > TITLE_CHARACTERS:
        title = f"What worked: {better[-1]}"
    made = lesson(title, " ".join(part for part in parts if part), tags_of(steps.values()))
    yield _Found(4.0 + 0.5 * bool(shared), _shown(made, shown_by))


def _shorter(good: Sequence[_Attempt], phrasing: Phrasing) -> Iterator[_Found]:
    """Word the shortest way, where all succeeded, and what the longer ones did besides."""
    short, long = good[0], good[-1]
    if _length(long) - _length(short) < _LEAST_SHORTER or not short.done:
        return
    extra = [
        attempt.told(one, phrasing)
        for attempt in good[1:]
        for told, one in attempt.done.items()
        if told not in short.tried
    ]
    if not extra:
        return
    way = _in_order([short.told(one, phrasing) for one in short.done.values()])
    strategy = " ".join(
        (
            sentence(f"The shortest of {len(good)} ways that succeeded: {in_a_row(way, 'then')}"),
            sentence(f"It did without {in_a_row(_in_order(extra))}"),
        )
    )
    title = f"The short way: {way[-1]}"
    yield _Found(2.5, _shown(lesson(title, strategy, tags_of(short.done.values())), [short]))


def _never_passed(bad: Sequence[_Attempt], phrasing: Phrasing) -> Iterator[_Found]:
    """Word an error that several attempts met and none got past, and all that was tried."""
    met: dict[str, list[tuple[_Attempt, Blocked]]] = {}
    for attempt in bad:
        for blocked in attempt.blocked:
            met.setdefault(signature(blocked.error), []).append((attempt, blocked))
    for pairs in met.values():
        numbers = dict.fromkeys(attempt.number for attempt, _ in pairs)
        commands = _in_order(
            [phrasing.command(one) for _, blocked in pairs for one in blocked.failures]
        )
        if len(numbers) < 2 or len(commands) < 2:  # noqa: PLR2004 - nothing to compare
            continue
        attempt, blocked = pairs[0]
        alike = [one for one in bad if one.number in numbers]
        error = phrasing.bare_error(blocked.error)
        strategy = " ".join(
            (
                sentence(f"{_of(alike, bad, 'that failed')} met `{error}` and none got past it"),
                sentence(f"Tried without success: {in_a_row(commands)}"),
            )
        )
        steps = [one for _, each in pairs for one in each.failures]
        made = lesson(f"{error}: not got past", strategy, tags_of(steps, blocked.error))
        yield _Found(5.0, _shown(made, alike))


def _taught_alone(
    better: Sequence[_Attempt],
    worse: Sequence[_Attempt],
    alone: Callable[[Trajectory], Distillation],
) -> Iterator[_Found]:
    """Give the lessons the better attempts teach by themselves, if no worse one teaches them too."""
    common: set[str] = set()
    for attempt in worse:  # what it did would be taught as a success too: that tells nothing apart
        as_if = msgspec.structs.replace(attempt.trajectory, verdict=better[0].trajectory.verdict)
        common |= {_alike(piece) for told in attempt.tried for piece in _PIECE.findall(told)}
        common = common.union(*map(_pieces, alone(as_if).lessons))
    taught: dict[object, tuple[Lesson, list[_Attempt]]] = {}
    for attempt in better:
        for made in alone(attempt.trajectory).lessons:
            pieces = _pieces(made)
            if not pieces or not pieces <= common:
                taught.setdefault(pieces or made.strategy, (made, []))[1].append(attempt)
    for place, (made, teachers) in enumerate(taught.values()):
        yield _Found(2.0 * len(teachers) / len(better) - 0.01 * place, _shown(made, teachers))


def _pieces(made: Lesson) -> frozenset[str]:
    """Give what a lesson quotes: two with the same quotes are about the same."""
    return frozenset(map(_alike, _PIECE.findall(made.strategy)))


def _alike(told: str) -> str:
    """Give what is told of a step as it is compared: the interpreters of Python are one."""
    return _PYTHON.sub("python", told)


def _meets(attempt: _Attempt, blocked: Blocked) -> bool:
    return any(signature(one.error) == signature(blocked.error) for one in attempt.blocked)


def _in_order(told: Sequence[str]) -> list[str]:
    """Give the last few different ones, in order."""
    return list(dict.fromkeys(told))[-_SHOWN_STEPS:]


def _of(some: Sequence[_Attempt], kind: Sequence[_Attempt], which: str) -> str:
    """Give how many attempts of a kind, in words.

    A single one of a kind is "the attempt that failed".
    """
    if len(kind) == 1:
        return f"the attempt {which}"
    if len(some) == len(kind):
        return f"all {len(kind)} attempts {which}"
    return f"{len(some)} of {len(kind)} attempts {which}"


def _shown(made: Lesson, attempts: Sequence[_Attempt]) -> Lesson:
    numbers = tuple(sorted(one.number for one in attempts))
    return msgspec.structs.replace(made, shown_by=numbers)


def _length(attempt: _Attempt) -> int:
    return len(attempt.trajectory.steps)
