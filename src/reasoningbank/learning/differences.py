"""Saying in few words how two texts differ: what was changed between what failed and what worked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_COMMAND_WORD: Final = re.compile(r"\s+|[^\s'\"]+|'[^'\n]*'|\"[^\"\n]*\"|['\"]")
_WORD: Final = re.compile(r"\w")
_GLUED: Final = re.compile(r"[A-Za-z_]\w*|[.!]")
_REST_OF_WORD: Final = re.compile(r"[\w.]{0,20}")
_ALIKE: Final = 0.5
_LONG_ARGUMENT: Final = 30
_SPACED_WORD: Final = re.compile(r"\s+|\S+")
_LONGEST: Final = 140
_MOST_TOKENS: Final = 300
_MOST_CHANGES: Final = 3
_QUOTED: Final = re.compile(r"(['\"])(.*?)\1", re.DOTALL)
_COMMENT: Final = re.compile(r"(?<=\S)[ \t]{2,32}(?:#|//) [^\n]*$", re.MULTILINE)


def difference(before: str, after: str) -> str | None:
    """Give how `after` differs from `before` as a phrase that follows "with", or None.

    None means that they are equal or have too little in common for a short answer.

    >>> difference("return int(a / b)", "return int(round(a / b))")
    '`a / b` wrapped in `round(...)`'
    >>> difference("submit a b", "submit 'a b'")
    'the argument in quotes, since it holds spaces'
    """
    before, after = _COMMENT.sub("", before), _COMMENT.sub("", after)
    if before == after:
        return None
    for look in (_indentation, _quotes, _backslashes, _added_lines, _wrapped):
        found = look(before, after)
        if found is not None:
            return found
    return _tokens(before, after, _TOKEN)


def command_difference(before: str, after: str) -> str | None:
    """Give how a command differs from another, word by word.

    >>> command_difference("file ~/data/*", "file ./*")
    '`./*` in place of `~/data/*`'
    """
    if before == after:
        return None
    for look in (_quotes, _backslashes):
        found = look(before, after)
        if found is not None:
            return found
    inside = _inside_argument(before, after)
    return inside or _tokens(before, after, _COMMAND_WORD)


def _inside_argument(before: str, after: str) -> str | None:
    """Tell what differs inside the one long argument, such as a query, in which two commands differ."""
    old, new = _COMMAND_WORD.findall(before), _COMMAND_WORD.findall(after)
    if len(old) != len(new):
        return None
    differing = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    if len(differing) != 1 or min(map(len, differing[0])) < _LONG_ARGUMENT:
        return None
    [(was, now)] = differing
    if was[0] not in "'\"" or was[0] != now[0]:
        return None
    return _tokens(was.strip("'\""), now.strip("'\""), _SPACED_WORD)


def lines_difference(removed: Sequence[str], added: Sequence[str]) -> str | None:
    """Give how changed lines differ, lines that both hold left out."""
    kept = {line.strip() for line in removed} & {line.strip() for line in added}
    old = [line for line in removed if line.strip() and line.strip() not in kept]
    new = [line for line in added if line.strip() and line.strip() not in kept]
    if not old and not new:
        return difference("\n".join(removed), "\n".join(added))
    if not old:
        return f"{_shown_lines(new)} added"
    if not new:
        return f"{_shown_lines(old)} removed"
    if len(old) == 1 and 1 < len(new) <= _MOST_CHANGES:
        [line] = old
        nearest = max(new, key=lambda one: SequenceMatcher(None, line, one).ratio())
        phrase = difference(line, nearest)
        if phrase is not None and SequenceMatcher(None, line, nearest).ratio() > _ALIKE:
            return f"{_shown_lines([one for one in new if one != nearest])} added and {phrase}"
    return difference("\n".join(old), "\n".join(new))


def _indentation(before: str, after: str) -> str | None:
    old, new = before.splitlines(), after.splitlines()
    if [line.strip() for line in old] != [line.strip() for line in new]:
        return None
    widths = {
        len(after_line) - len(before_line)
        for before_line, after_line in zip(old, new, strict=True)
        if before_line.strip()
    } - {0}
    if not widths:
        return None
    if len(widths) == 1 and (width := widths.pop()) > 0:
        return f"the same text indented by {width} more spaces, as the code around it is"
    return "the same text with other indentation, as the code around it has"


def _quotes(before: str, after: str) -> str | None:
    bare = [text.replace("'", "").replace('"', "") for text in (before, after)]
    if bare[0] != bare[1]:
        return None
    more = sum(map(after.count, "'\"")) > sum(map(before.count, "'\""))
    if not more:
        return "the argument without quotes"
    spaced = any(" " in text for _, text in _QUOTED.findall(after))
    return "the argument in quotes, since it holds spaces" if spaced else "the argument in quotes"


def _backslashes(before: str, after: str) -> str | None:
    if before.replace("\\", "") != after.replace("\\", "") or before.count("\\") == 0:
        return None
    if after.count("\\") == 2 * before.count("\\"):
        return "each backslash doubled"
    return "more backslashes" if after.count("\\") > before.count("\\") else "fewer backslashes"


def _added_lines(before: str, after: str) -> str | None:
    old, new = before.splitlines(), after.splitlines()
    if len(new) <= len(old):
        return None
    stripped = [line.strip() for line in old]
    extra = [line for line in new if line.strip() and line.strip() not in stripped]
    remaining = [line.strip() for line in new if line.strip() in stripped]
    if not extra or len(extra) > _MOST_CHANGES or remaining != [one for one in stripped if one]:
        return None
    return f"{_shown_lines(extra)} added"


def _shown_lines(lines: Sequence[str]) -> str:
    shown = [f"`{_cut(line.strip())}`" for line in lines[:_MOST_CHANGES]]
    more = len(lines) - len(shown)
    return " and ".join(shown) + (f" and {more} more lines" if more else "")


def _tokens(before: str, after: str, token: re.Pattern[str]) -> str | None:
    old, new = token.findall(before), token.findall(after)
    if max(len(old), len(new)) > _MOST_TOKENS:
        return None
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    phrases: list[str] = []
    for opcode in _widened(old, matcher):
        kind, a, b, c, d = _whole_names(opcode, old, new) if token is _TOKEN else opcode
        gone, come = "".join(old[a:b]).strip(), "".join(new[c:d]).strip()
        if gone == come:
            continue
        if kind == "insert" or not gone:
            phrases.append(_inserted(come, "".join(old[:a]), "".join(old[b:])))
        elif kind == "delete" or not come:
            phrases.append(f"`{_cut(gone)}` left out")
        else:
            phrases.append(f"`{_cut(_closed(come))}` in place of `{_cut(_closed(gone))}`")
    if not phrases or len(phrases) > _MOST_CHANGES:
        return None
    return " and ".join(phrases)


def _whole_names(
    opcode: tuple[str, int, int, int, int], old: Sequence[str], new: Sequence[str]
) -> tuple[str, int, int, int, int]:
    """Give a change with the name that it is part of: `rows.clone()` rather than `clone`."""
    kind, a, b, c, d = opcode
    changed = "".join((*old[a:b], *new[c:d]))
    if not changed.strip() or changed != changed.strip():
        return opcode
    touches = (a < b and c < d) or not _WORD.match(changed) or changed.endswith(".")
    if not touches or not (_WORD.search(changed)):
        return opcode
    first = a
    while a > 0 and c > 0 and _GLUED.fullmatch(old[a - 1]):
        a, c = a - 1, c - 1
    while b < len(old) and d < len(new) and _GLUED.fullmatch(old[b]):
        b, d = b + 1, d + 1
    if old[b : b + 2] == new[d : d + 2] == ["(", ")"]:
        b, d = b + 2, d + 2
    grown = a < first or b - a > opcode[2] - opcode[1]
    return ("replace" if grown else kind, a, b, c, d)


def _inserted(come: str, before: str, after: str) -> str:
    if not before.strip():
        return f"`{_cut(come)}` in front"
    last = before.rstrip().rsplit("\n", 1)[-1].strip()
    if not _WORD.search(come) and last:
        context = " ".join(last.split()[-2:])
        rest = _REST_OF_WORD.match(after)
        end = rest.group() if rest else ""
        return f"`{_cut(context)}{come}{end}` in place of `{_cut(context)}{end}`"
    return f"`{_cut(come)}` added"


def _wrapped(before: str, after: str) -> str | None:
    """Tell a call put around what was there."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    room = min(len(before), len(after)) - start
    while end < room and before[-1 - end] == after[-1 - end]:
        end += 1
    inside, around = before[start : len(before) - end], after[start : len(after) - end]
    at = around.find(inside)
    if not inside.strip() or "\n" in inside or at <= 0:
        return None
    opening, closing = around[:at].strip(), around[at + len(inside) :].strip()
    if not opening.endswith("(") or not closing.startswith(")") or len(closing) > 1:
        return None
    return f"`{_cut(_balanced(inside))}` wrapped in `{opening}...)`"


def _closed(text: str) -> str:
    """Give a piece of code with the closing brackets it lacks, and none taken away."""
    return text + ")" * (text.count("(") - text.count(")"))


def _balanced(text: str) -> str:
    """Give a piece of code with as many closing brackets at its end as it opens."""
    text = text.strip()
    while text.endswith(")") and text.count(")") > text.count("("):
        text = text[:-1].rstrip()
    return _closed(text)


def _widened(
    old: Sequence[str], matcher: SequenceMatcher[str]
) -> list[tuple[str, int, int, int, int]]:
    """Give the changes, with those close together taken as one, so that they read as code."""
    joined: list[tuple[str, int, int, int, int]] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if joined:
            _, last_a, last_b, last_c, _ = joined[-1]
            between = "".join(old[last_b:a])
            if len(between.strip()) <= 12 and "\n" not in between:  # noqa: PLR2004 - a name or less
                joined[-1] = ("replace", last_a, b, last_c, d)
                continue
        joined.append((kind, a, b, c, d))
    return joined


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
