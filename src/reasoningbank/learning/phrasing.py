"""Putting what a record shows into sentences that somebody with another task can use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from reasoningbank.domain.lesson import Lesson
from reasoningbank.learning.actions import programs_of
from reasoningbank.learning.errors import ErrorSign
from reasoningbank.learning.generalising import Masks
from reasoningbank.learning.prompts import (
    MOST_TAGS,
    STRATEGY_CHARACTERS,
    TAG_CHARACTERS,
    TITLE_CHARACTERS,
)
from reasoningbank.learning.signals import Reading, plain
from reasoningbank.learning.thoughts import NOTABLE, reasons_in

_COMMAND_CHARACTERS: Final = 140
_ERROR_CHARACTERS: Final = 160
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_TAG: Final = re.compile(r"[a-z][a-z0-9.+#-]{1,39}")
_LANGUAGES: Final = {
    "py": "python", "js": "javascript", "ts": "typescript", "go": "go", "rs": "rust", "java": "java",
    "rb": "ruby", "c": "c", "cpp": "c++", "php": "php", "sh": "shell", "sql": "sql",
}  # fmt: skip
_LONG_WORD: Final = 48
_OWN_KINDS: Final = {"rejected", "error", "tests", "shell", "timeout"}
_UNSPOKEN_KINDS: Final = {"rejected", "edit refused", "error", "timeout", "compile error"}
_EDITOR_WORDS: Final = {"edit", "create", "insert", "str_replace", "write", "sed", "submit", "cat"}
_CLAUSE: Final = re.compile(r", | and | but | which | because |; | \(|\. ")
_LEANS: Final = re.compile(
    r"^(?:since|as|because|given|considering|after|although|while|in order to|to|if|when)\b",
    re.IGNORECASE,
)
_STAND_IN: Final = re.compile(r"\b(?:FILE\.\w+|DIR|URL|HOST|DATA|HEX|N|ID|TIME|ANSWER)\b")
_AT_LINE: Final = re.compile(r" (?:on|at|near|in|of) (?:lines?|row) N\b")
_SHORTEST_CLAUSE: Final = 35


class Candidate(NamedTuple):
    """A lesson, and how much it is worth beside others of the same record."""

    worth: float
    lesson: Lesson


class Phrasing:
    """Word commands, errors, code and reasons of one record, masked."""

    def __init__(self, masks: Masks) -> None:
        self._masks = masks
        self._given: set[str] = set()

    def command(self, reading: Reading) -> str:
        """Give a command in backticks; of an edit or a hand-in, the word it begins with."""
        if reading.action.kind in {"edit", "submit"}:
            return f"`{reading.action.program or 'edit'}`"
        return self.code(reading.action.command.split("\n", 1)[0])

    def met(self, reading: Reading, error: ErrorSign, spoken_of: str = "") -> str:
        """Give that a step met an error, in the words that fit what it did."""
        verb = {"edit": "was refused with", "submit": "answered"}.get(reading.action.kind, "met")
        return f"{self.command(reading)} {verb} {self.error(error, spoken_of)}"

    def code(self, text: str) -> str:
        """Give code in backticks, on one line and not too long."""
        masked = self._masks.code(_one_line(plain(text))).replace("`", "'")
        return f"`{_cut(masked, _COMMAND_CHARACTERS)}`"

    def error(self, error: ErrorSign, spoken_of: str = "") -> str:
        """Give an error in backticks."""
        return f"`{self.bare_error(error, spoken_of)}`"

    def bare_error(self, error: ErrorSign, spoken_of: str = "") -> str:
        """Give an error as its tool words it."""
        kind = "" if error.kind in _UNSPOKEN_KINDS else error.kind
        text = self._masks.error(str(ErrorSign(kind, error.message)), spoken_of)
        return _cut(_one_line(text).replace("`", "'"), _ERROR_CHARACTERS).rstrip(".!: ")

    def masked(self, text: str) -> str:
        """Give a text on one line, without terminal codes, with its particulars masked."""
        return self._masks.text(_one_line(plain(text)))

    def reasons(
        self, thoughts: Sequence[str | None], about: Iterable[str] = (), most: int = 1
    ) -> list[str]:
        """Give the agent's own reasons as sentences; each is given once."""
        found = reasons_in(thoughts, about, most, NOTABLE, self._says_something)
        self._given.update(found)
        return [self._said(one) for one in found]

    def _says_something(self, said: str) -> bool:
        """Give whether a sentence is new and still tells things apart once it is masked."""
        stand_ins = _STAND_IN.findall(self._said(said))
        telling = len(set(stand_ins)) == len(stand_ins) and "ANSWER" not in stand_ins
        return telling and said not in self._given

    def _said(self, said: str) -> str:
        text = _AT_LINE.sub("", self.masked(said).replace("`", ""))
        return sentence(text.replace('"', "'"))


def lesson(title: str, strategy: str, tags: Iterable[str]) -> Lesson:
    """Give a lesson within the limits that answers of models have too."""
    return Lesson(
        title=_cut(capitalised(_one_line(title)), TITLE_CHARACTERS),
        strategy=_cut(_one_line(strategy), STRATEGY_CHARACTERS),
        tags=tuple(sorted(set(tags)))[:MOST_TAGS],
    )


def tags_of(readings: Iterable[Reading], error: ErrorSign | None = None) -> list[str]:
    """Give words to find a lesson by: programs, languages, the kind of error."""
    found: list[str] = []
    if error is not None and error.kind.isidentifier() and error.kind not in _OWN_KINDS:
        found.append(error.kind.lower())
    for reading in readings:
        endings = [name.rsplit(".", 1)[-1].lower() for name in reading.files]
        found += [_LANGUAGES[ending] for ending in endings if ending in _LANGUAGES]
        programs = programs_of(reading.action.command)
        found += [name.lower().removeprefix("./") for name in programs[-2:]]
    fitting = [
        one
        for one in found
        if _TAG.fullmatch(one) and len(one) <= TAG_CHARACTERS and one not in _EDITOR_WORDS
    ]
    return list(dict.fromkeys(fitting))[:MOST_TAGS]


def capitalised(text: str) -> str:
    """Give a text with its first letter large, unless it begins with code."""
    first = text.split(" ", 1)[0].rstrip(",;")
    return text[:1].upper() + text[1:] if first.isalpha() or len(first) == 1 else text


def clause(text: str) -> str:
    """Give the first clause of a sentence, for a title."""
    least = _SHORTEST_CLAUSE
    if _LEANS.match(text) and (leant := text.find(", ")) > 0:
        least = max(least, leant + 2)  # the first clause leans on the second
    border = _CLAUSE.search(text, least)
    return (text[: border.start()] if border else text).rstrip(" .,;:")


def quoted(said: Sequence[str], told: str = "In the agent's words") -> str:
    """Give sentences as what the agent said, or an empty text: nobody checked them."""
    return f'{told}: "{" ".join(said)}"' if said else ""


def times(count: int) -> str:
    """Give how often in words."""
    return "twice" if count == 2 else f"{count} times"  # noqa: PLR2004 - the word for it


def sentence(text: str) -> str:
    """Give a text that begins and ends as a sentence does.

    >>> sentence("it needs quotes")
    'It needs quotes.'
    """
    text = text.strip()
    if not text:
        return ""
    return capitalised(text) if text[-1] in ".!?" else f"{capitalised(text)}."


def in_a_row(parts: Sequence[str], last: str = "and") -> str:
    """Give parts as a list in words.

    >>> in_a_row(["a", "b", "c"])
    'a, b and c'
    """
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _cut(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    cut = text[: characters - 4]  # three dots, and perhaps a closing backtick
    at = cut.rfind(" ")
    if at > characters - _LONG_WORD:
        cut = cut[:at]
    closing = "`" if cut.count("`") % 2 else ""
    return f"{cut.rstrip(' ,;:')}...{closing}"
