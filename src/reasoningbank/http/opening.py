"""Opening the console in the browser of the person who started it."""

from __future__ import annotations

import html
import os
import sys
import tempfile
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from reasoningbank.serving.listening import say
from reasoningbank.serving.token import Token

if TYPE_CHECKING:
    from typing_extensions import Self

_PAGE: Final = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={address}">
<title>ReasoningBank console</title>
<a href="{address}">Open the console</a>
"""


class Opening:
    """Say where the console is, and open it.

    Args:
        browser: Whether to open a browser.
        telling: Whether to say where it is.
    """

    def __init__(self, *, browser: bool, telling: bool) -> None:
        self._browser = browser
        self._telling = telling
        self._made = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def __call__(self, url: str, token: Token) -> None:
        """Open the console of a server that listens."""
        address = f"{url}/#token={token.value}"
        # The token itself goes to a person at a terminal, never into a file that collects the log.
        shown = address if sys.stderr.isatty() else f"{url}/#token=TOKEN"
        if self._telling:
            say([f"the console is at {shown}", f"the token is in {token.origin}", "Ctrl-C ends it"])
        if self._browser and not webbrowser.open(self._leading_to(address)):
            say(["no browser could be opened; open the address above"])

    def _leading_to(self, address: str) -> str:
        """Give the address of a file that leads there; all users may see what programs are given."""
        descriptor, name = tempfile.mkstemp(prefix="reasoningbank-console-", suffix=".html")
        path = Path(name)
        self._made.callback(path.unlink, missing_ok=True)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(_PAGE.format(address=html.escape(address)))
        return path.as_uri()
