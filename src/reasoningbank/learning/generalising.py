"""From one record's words to words that serve other tasks: places, values and names are masked.

Stand-ins are in capitals, as manual pages write them: ``FILE.py``, ``DIR``, ``URL``, ``HOST``,
``DATA``, ``HEX``, ``N``, ``ANSWER``. Names of programs, options, functions and error types stay:
they are what makes a lesson usable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from reasoningbank.learning.scrubbing import scrubbed_text

# Files that mean the same everywhere.
_PUBLIC_FILES: Final = {
    "setup.py", "setup.cfg", "pyproject.toml", "requirements.txt", "tox.ini", "conftest.py",
    "package.json", "package-lock.json", "tsconfig.json", "Cargo.toml", "go.mod", "pom.xml",
    "build.gradle", "README.md", "docker-compose.yml", "__init__.py", "manage.py", "index.html",
    "CMakeLists.txt", "flag.txt", "Node.js", "robots.txt", "settings.py",
}  # fmt: skip
_FILE_ENDINGS: Final = (
    "py|pyi|ipynb|js|jsx|ts|tsx|mjs|cjs|java|kt|go|rs|c|h|cc|cpp|hpp|cs|rb|php|pl|sh|bash|sql|html|css|scss|json|jsonl|yaml"
    "|yml|toml|ini|cfg|conf|xml|csv|tsv|txt|md|rst|log|pdf|png|jpg|jpeg|gif|svg|zip|tar|gz|bin|exe|elf|so|dll|enc|pem|pub|key"
    "|pcap|pcapng|db|sqlite|lock|env|mpeg|mp4|m4v|avi|wav|mp3|sage|patch|diff|bak|out|traj|proto|tex|r|swift|scala|lua|vue"
)  # fmt: skip
_URL: Final = re.compile(
    r"\b(?:https?|ftp|wss?|ssh|git)://(?!localhost\b|127\.0\.0\.1\b)[^\s'\"`<>)\]]{1,2000}"
)
_HOST: Final = re.compile(
    r"(?<![\w@/.-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,6}(?:com|org|net|io|dev|edu|gov|local|internal|app|ai|co)(?::\d{2,5})?(?![\w.-]*\()\b"
)  # fmt: skip
_ADDRESS: Final = re.compile(
    r"(?<![\w.])(?!127\.0\.0\.1\b|0\.0\.0\.0\b)\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?(?![\w.])"
)
_UUID: Final = re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b")
_TIME: Final = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?Z?)?|\b\d{1,2}:\d\d:\d\d\b"
)
_BRACED: Final = re.compile(r"\b[A-Za-z]\w{1,20}\{[^{}\n]{3,200}\}")
_DATA: Final = re.compile(
    r"(?<![A-Za-z0-9+/=_-])(?=[A-Za-z0-9+/_-]*\d)(?:[A-Za-z0-9+/]{32,}={0,2}|[0-9A-Fa-f]{16,}|[01]{16,})(?![A-Za-z0-9+/=_])"
)  # fmt: skip
_HEX: Final = re.compile(r"\b(?!0x110000\b)0[xX][0-9A-Fa-f]{5,}\b")
_HEX_NAME: Final = re.compile(r"\b([A-Za-z]{2,}_)(?=[0-9a-f]*\d)[0-9a-f]{5,16}\b")
_FILE_PATH: Final = re.compile(
    rf"(?<![\w.@%+~/-])(?P<folder>(?:~|\.{{1,2}})?/?(?:[\w.@%+-]{{1,128}}/){{0,32}})(?P<name>[\w@%+-][\w.@%+-]{{0,128}}\.(?P<ending>{_FILE_ENDINGS}))(?![\w/(]|\.\w)",
    re.IGNORECASE,
)
_FOLDER: Final = re.compile(
    r"(?<![\w.@%+~/<:-])(?:~|/[\w.@%+-]{1,128})(?:/[\w.@%+-]{1,128}){1,32}(?![\w(])"
)
_LONG_TEXT: Final = re.compile(r"(?<!\w)(b?)(['\"])(?=[^'\"\n]{40,2000}\2)[^'\"\n{}()=]+\2(?!\w)")
_LINE_NUMBER: Final = re.compile(
    r"\b(lines?|row|column|position|offset|pid|byte|index) (\d{1,9})\b", re.IGNORECASE
)
# Ports are known by their numbers, as are the bounds of Unicode.
_NUMBER: Final = re.compile(
    r"(?<!\bport )(?<!\bports )(?<![\w.])-?\d{5,}(?:\.\d+)?(?![\w.]*\w)|(?<![\w.])\d+\.\d{4,}\b"
)
_QUOTED: Final = re.compile(r"(?<!\w)(['\"])([^'\"\n]{1,200})\1(?!\w)")
_SHORT_NUMBER: Final = re.compile(r"-?\d{1,4}(?:\.\d{1,3})?")
# Where an imported module lies: Python says so behind its name.
_MODULE_PLACE: Final = re.compile(r" \(/[^()\s]{1,500}\)$")
_HEADER: Final = re.compile(
    r"(?<![\w/.-])(?:[\w+-]{1,64}/){0,3}[\w+-]{1,64}\.h(?:pp)?(?=: No such file)"
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][\w.-]{0,31}(?:\(\))?")


class Masks:
    """Mask what belongs to one record, its answer among it, and nothing it calls programs.

    Args:
        answers: Texts that were handed in, or sought.
        programs: Words that name programs, though they look like files.
    """

    def __init__(self, answers: Iterable[str] = (), programs: Iterable[str] = ()) -> None:
        self._answers = sorted(
            {one.strip() for one in answers if len(one.strip()) > 3},  # noqa: PLR2004 - a word
            key=len,
            reverse=True,
        )
        self._kept = _PUBLIC_FILES | set(programs)

    def text(self, text: str) -> str:
        """Give prose, a command or code with its particulars masked.

        >>> Masks().text("python /home/ann/app/fix_17.py failed at line 203 of 10.0.0.7:8080")
        'python FILE.py failed at line N of HOST'
        """
        for answer in self._answers:
            text = text.replace(answer, "ANSWER")
        text = scrubbed_text(text, "", []).replace("[user]", "user")
        text = _BRACED.sub("ANSWER", text)
        text = _URL.sub("URL", text)
        text = _UUID.sub("ID", text)
        text = _ADDRESS.sub("HOST", text)
        text = _HOST.sub("HOST", text)
        text = _TIME.sub("TIME", text)
        text = _DATA.sub("DATA", text)
        text = _HEX.sub("HEX", text)
        text = _HEX_NAME.sub(r"\1HEX", text)
        text = _FILE_PATH.sub(self._file, text)
        text = _FOLDER.sub("DIR", text)
        text = _LINE_NUMBER.sub(r"\1 N", text)
        return _NUMBER.sub("N", text)

    def code(self, text: str) -> str:
        """Give a command or a line of code with its particulars and its long texts masked."""
        return _LONG_TEXT.sub(r"\1\2TEXT\2", self.text(text))

    def error(self, text: str, spoken_of: str = "") -> str:
        """Give an error message with its values masked too.

        A quoted word stays where `spoken_of`, such as what helped, holds it: then it is what the
        error is about.

        >>> Masks().error("name 'binascii' is not defined", "import binascii")
        "name 'binascii' is not defined"
        >>> Masks().error("cannot open '/srv/data/x.csv': no such 'thing at all'")
        "cannot open 'FILE.csv': no such 'TEXT'"
        """

        def masked(match: re.Match[str]) -> str:
            quote, said = match.groups()
            if _SHORT_NUMBER.fullmatch(said):
                return match.group(0)
            known = said in spoken_of or said.isupper()
            if _IDENTIFIER.fullmatch(said) and (known or not any(map(str.isdigit, said))):
                return match.group(0)
            return f"{quote}{said if _stands_in(said) else 'TEXT'}{quote}"

        text = _MODULE_PLACE.sub("", text)
        header = _HEADER.search(text)  # which library is missing is what the error is about
        if header is None:
            return _QUOTED.sub(masked, self.text(text))
        before, after = text[: header.start()], text[header.end() :]
        return _QUOTED.sub(masked, f"{self.text(before)}{header.group()}{self.text(after)}")

    def _file(self, match: re.Match[str]) -> str:
        name = match.group("name")
        if name in self._kept:
            return name
        return f"FILE.{match.group('ending')}"


def _stands_in(text: str) -> bool:
    return re.fullmatch(r"(?:FILE\.\w+|DIR|URL|HOST|DATA|HEX|N|ID|TIME|ANSWER)", text) is not None
