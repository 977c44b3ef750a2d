"""Stored text made safe to print: nothing in it can command a terminal or reorder a line."""

from __future__ import annotations

import re
from typing import Final

# C0 and C1 controls (ESC, CSI), line and paragraph separators, bidirectional marks, embeddings,
# overrides and isolates, annotation marks, the byte order mark, lone surrogates and tag characters.
# The joiners U+200C and U+200D stay: scripts and emoji need them, and they cannot do harm.
_COMMANDS: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_UNSAFE: Final = re.compile(f"[{_COMMANDS}]")
_LINE_BREAKS: Final = re.compile(r"\s*[\t\n]\s*")


def safe_text(text: str) -> str:
    r"""Give text for the terminal, line breaks and tabs kept, commands shown as escapes.

    >>> safe_text("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def safe_line(text: str) -> str:
    r"""Give text for one line of the terminal.

    >>> safe_line("first\n  second")
    'first second'
    """
    return _LINE_BREAKS.sub(" ", safe_text(text))


def safe_json(text: str) -> str:
    r"""Give JSON of the same meaning in which commands are escaped; they occur only in strings.

    >>> safe_json('"a\x9bb"')
    '"a\\u009bb"'
    """
    return _UNSAFE.sub(_json_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code <= 0xFF:  # noqa: PLR2004 - the widths of the escapes of Python
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


def _json_escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
