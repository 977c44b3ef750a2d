"""What an edit took out of a file and put into it, as far as the record shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Final, NamedTuple

from reasoningbank.learning.actions import here_documents
from reasoningbank.learning.signals import Reading, output_alone

_NUMBERED: Final = re.compile(r"^[ \t]*(\d{1,7})(?:[:|→]|\t)(.*)$", re.MULTILINE)
_EDIT_RANGE: Final = re.compile(
    r"\A\s*edit (\d+):(\d+)[^\n]*\n(.*?)(?:\n?end_of_edit\s*)?\Z", re.DOTALL
)
_INSERTED: Final = re.compile(
    r"\A\s*insert (\d+)[^\n]*\n(.*?)(?:\n?end_of_insert\s*)?\Z", re.DOTALL
)
_SUBSTITUTION: Final = re.compile(
    r"\bsed\b[^\n|]*?\s['\"]?\d*(?:,\d+)?s([/|#,@])(.*?)(?<!\\)\1(.*?)(?<!\\)\1", re.DOTALL
)
_MOST_LINES: Final = 400
_LONGEST: Final = 20_000
_ARGUMENTS: Final = 2


class Change(NamedTuple):
    """Lines taken out and lines put in."""

    removed: tuple[str, ...]
    added: tuple[str, ...]


def change_of(reading: Reading, shown: dict[int, str]) -> Change | None:
    """Give what an edit changed, or None where its form is not known.

    Args:
        reading: The edit.
        shown: The lines of the file last seen, by number.
    """
    text = reading.step.action[:_LONGEST]
    ranged = _EDIT_RANGE.match(text)
    if ranged:
        first, last, new = int(ranged.group(1)), int(ranged.group(2)), ranged.group(3)
        if last - first > _MOST_LINES:
            return None
        old = [shown[number] for number in range(first, last + 1) if number in shown]
        return Change(tuple(old), tuple(new.splitlines()))
    inserted = _INSERTED.match(text)
    if inserted:
        return Change((), tuple(inserted.group(2).splitlines()))
    return _by_arguments(text) or _by_lines(text) or _written(text) or _by_shell(text)


def lines_shown(reading: Reading) -> dict[int, str]:
    """Give the numbered lines of a file that an output shows."""
    text = reading.output
    if reading.failed and "This is the original code before your edit" in text:
        text = text.split("This is the original code before your edit", 1)[1]
    return {int(number): line for number, line in _NUMBERED.findall(text)}


def file_shown(reading: Reading) -> tuple[str, ...]:
    """Give the lines of a file that was shown whole, without their numbers; none if it was not."""
    if reading.action.program not in {"cat", "nl", "view", "read"}:
        return ()
    numbered = lines_shown(reading)
    return tuple(numbered.values()) or tuple(output_alone(reading).splitlines()[:_MOST_LINES])


def change_in_patch(patch: str) -> list[Change]:
    """Give the changes of a unified diff, one for each run of changed lines."""
    if "@@" not in patch:
        return []
    changes: list[Change] = []
    removed: list[str] = []
    added: list[str] = []
    for line in [*patch.replace("\r\n", "\n").splitlines(), " "]:
        if line.startswith(("--- ", "+++ ", "diff --git", "index ")):
            continue
        if line.startswith("-"):
            removed.append(line[1:])
        elif line.startswith("+"):
            added.append(line[1:])
        elif removed or added:
            changes.append(Change(tuple(removed), tuple(added)))
            removed, added = [], []
    return changes


def _by_arguments(text: str) -> Change | None:
    """Read ``edit OLD NEW`` and ``str_replace --old_str OLD --new_str NEW``."""
    head = text.split(None, 1)[0] if text.strip() else ""
    if head not in {"edit", "str_replace_editor", "str_replace", "replace"}:
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    named = {
        words[at].lstrip("-"): words[at + 1]
        for at in range(len(words) - 1)
        if words[at] in {"--old_str", "--new_str", "--search", "--replace"}
    }
    old, new = named.get("old_str", named.get("search")), named.get("new_str", named.get("replace"))
    if old is not None and new is not None:
        return Change(tuple(old.splitlines()), tuple(new.splitlines()))
    plain = [word for word in words[1:] if word not in {"True", "False"}]
    if head == "edit" and len(plain) == _ARGUMENTS:
        return Change(tuple(plain[0].splitlines()), tuple(plain[1].splitlines()))
    return None


def _by_lines(text: str) -> Change | None:
    """Read an edit written as removed and added lines behind a first line."""
    lines = text.splitlines()[1:]
    if not lines or not all(line[:1] in {"-", "+"} for line in lines if line):
        return None
    removed = tuple(line[1:] for line in lines if line.startswith("-"))
    added = tuple(line[1:] for line in lines if line.startswith("+"))
    return Change(removed, added) if removed or added else None


def _written(text: str) -> Change | None:
    """Read a file given whole behind the line that names it."""
    head, _, content = text.partition("\n")
    if head.split(" ", 1)[0] != "Write" or not content.strip():
        return None
    return Change((), tuple(content.splitlines()))


def _by_shell(text: str) -> Change | None:
    substitution = _SUBSTITUTION.search(text)
    if substitution:
        _, old, new = substitution.groups()
        return Change((_unescaped(old),), tuple(_unescaped(new).splitlines()))
    here = next(here_documents(text), None)
    return None if here is None else Change((), tuple(here.text.splitlines()))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([/|#,@.*\[\](){}^$+?&])", r"\1", text).replace("\\n", "\n")


def net_change(changes: Sequence[Change]) -> Change | None:
    """Give the smallest of several changes that still changes something: most often the point."""
    real = [one for one in changes if any(line.strip() for line in (*one.removed, *one.added))]
    replacing = [one for one in real if one.removed and one.added]
    return min(replacing or real, key=lambda one: len(one.removed) + len(one.added), default=None)
