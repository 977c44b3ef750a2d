"""Learning from files, one after the other: what is wrong with one stops none of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from reasoningbank.cli.exits import error_object
from reasoningbank.cli.learn_report import LearnedExperience, LearnedFile, learned_experience
from reasoningbank.domain.errors import InvalidInput, NotFound, Unavailable
from reasoningbank.domain.lesson import Learned
from reasoningbank.domain.outcome import OutcomeSource
from reasoningbank.domain.trajectory import TrajectoryInput, Verdict

if TYPE_CHECKING:
    from reasoningbank import Distiller, Judge, ReasoningBank
    from reasoningbank.cli.given_files import GivenFile
    from reasoningbank.domain.pattern import Redaction

Unreadable: TypeAlias = "InvalidInput | NotFound | Unavailable"
UNREADABLE: Final = (InvalidInput, NotFound, Unavailable)
"""What may be wrong with a file; whatever else goes wrong is wrong with the bank, and ends it all."""


class LearnFrom:
    """Learns from files into one bank, always in the same way.

    Args:
        bank: Where to.
        category: The task category, or None to have each file guessed.
        believed: The most that verdicts in files of our own may claim.
        verdict: How each experience ended, or None to have it found out.
        judge: Says how experiences ended, instead of the rules.
        distiller: Finds what they teach, instead of the extractive one.
        progress: Called with the number of experiences so far, after each.
    """

    def __init__(
        self,
        bank: ReasoningBank,
        *,
        category: str | None = None,
        believed: OutcomeSource = "imported",
        verdict: Verdict | None = None,
        judge: Judge | None = None,
        distiller: Distiller | None = None,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._bank = bank
        self._category = category
        self._believed: OutcomeSource = believed
        self._verdict = verdict
        self._judge = judge
        self._distiller = distiller
        self._progress = progress
        self._experiences = 0

    def file(self, file: GivenFile) -> LearnedFile | None:
        """Learn from one file; None when a directory brought it along and it is of another kind."""
        experiences: list[LearnedExperience] = []
        errors: list[dict[str, object]] = []

        def note(error: Unreadable) -> None:
            what = error.message if error.field is None else f"{error.field} {error.message}"
            errors.append(error_object(type(error)(what, path=file.name, hint=error.hint)))

        try:
            if file.problem is not None:
                raise file.problem
            if file.searched and _is_of_another_kind(file):
                return None
        except UNREADABLE as error:
            note(error)
        else:
            for given, redacted in self._readable(file, note):
                try:
                    experiences.append(self._experience(given, redacted))
                except InvalidInput as error:
                    note(error)
        return LearnedFile(file=file.name, experiences=tuple(experiences), errors=tuple(errors))

    def _readable(
        self, file: GivenFile, note: Callable[[Unreadable], None]
    ) -> Iterator[tuple[TrajectoryInput, tuple[Redaction, ...]]]:
        """Give the experiences of a file up to where it cannot be read any further.

        What goes wrong with the bank meanwhile is not caught here: it concerns all files.
        """
        from reasoningbank.learning.readers.recognising import readings

        try:
            yield from readings(
                file.path,
                category=self._category,
                believed=self._believed,
                on_bad_line=note,
                origin=file.origin,
            )
        except UNREADABLE as error:
            note(error)

    def retried(self, limit: int) -> Iterator[LearnedExperience]:
        """Try again what is pending, those not tried for longest first, each once."""
        tried = set()
        for _ in range(limit):
            again = self._bank.retry_pending(judge=self._judge, distiller=self._distiller, limit=1)
            if not again or again[0].trajectory_id in tried:
                return
            tried.add(again[0].trajectory_id)
            yield self._told(again[0], {})

    def _experience(
        self, given: TrajectoryInput, redacted: Sequence[Redaction]
    ) -> LearnedExperience:
        if self._verdict is not None:
            given = msgspec.structs.replace(given, verdict=self._verdict)
        learned = self._bank.learn(given, judge=self._judge, distiller=self._distiller)
        verdict = self._verdict
        if learned.status == "replayed" and verdict is not None and verdict.score is not None:
            # Learned from before; what is said of it now counts all the same, and once.
            learned = self._bank.judge(
                learned.trajectory_id,
                score=verdict.score,
                source=verdict.source,
                evidence=verdict.evidence,
            )
        return self._told(learned, Counter(one.kind for one in redacted))

    def _told(self, learned: Learned, redacted: dict[str, int]) -> LearnedExperience:
        kept = self._bank.get_trajectory(learned.trajectory_id)
        if kept is None:
            raise NotFound(f"{learned.trajectory_id} was erased in the meantime")
        self._experiences += 1
        self._progress(self._experiences)
        if learned.status == "replayed":
            redacted = {}  # that was told when it was stored
        return learned_experience(self._bank, learned, kept, dict(redacted))


def _is_of_another_kind(file: GivenFile) -> bool:
    from reasoningbank.learning.readers.recognising import is_of_another_kind

    return is_of_another_kind(file.path)


def refuse_several(files: Sequence[GivenFile]) -> None:
    """Raise `InvalidInput` unless the files hold one experience: a report speaks of one."""
    from reasoningbank import read_trajectories

    hint = "Learn first; then `reasoningbank judge ID --report FILE` for the one it is about."
    if len(files) != 1:
        raise InvalidInput("is about one experience, not several files", field="report", hint=hint)
    if files[0].problem is None:
        several = list(islice(read_trajectories(files[0].path, on_bad_line=lambda _: None), 2))
        if len(several) > 1:
            raise InvalidInput(
                "is about one experience, and the file holds several", field="report", hint=hint
            )


@contextmanager
def model_asked(
    name: str | None,
    *,
    base_url: str | None,
    key_variable: str | None,
    spend_cap_usd: float | None,
    token_cap: int | None,
    judges: bool,
) -> Iterator[tuple[Judge | None, Distiller | None]]:
    """Give the judge and the distiller that a language model is, or two times None without one."""
    if name is None:
        yield None, None
        return
    import os

    from reasoningbank.learning.llm import LlmAccess, LlmDistiller, LlmJudge

    key = None if key_variable is None else os.environ.get(key_variable)
    if key_variable is not None and not key:
        raise InvalidInput(f"{key_variable} is not set", field="key-variable")
    with LlmAccess(
        name,
        base_url=base_url,
        api_key=key,
        spend_cap_usd=spend_cap_usd,
        token_cap=token_cap,
    ) as access:
        yield (LlmJudge(access) if judges else None), LlmDistiller(access)
