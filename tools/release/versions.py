"""One number for one release: wherever it is written down, it is the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_JSON = ("web/package.json", "web/package-lock.json", "plugin/.claude-plugin/plugin.json")
HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\] - (?P<when>.+)$", re.MULTILINE)
PROJECT = re.compile(r'^version = "(?P<version>[^"]+)"$', re.MULTILINE)
CITED = re.compile(r'^version: "(?P<version>[^"]+)"$', re.MULTILINE)


def stated_versions() -> dict[str, str]:
    """Give the version by the file that states it; the sdist has no `web/`."""
    return {
        "pyproject.toml": _found(PROJECT, "pyproject.toml"),
        "CITATION.cff": _found(CITED, "CITATION.cff"),
        "CHANGELOG.md": newest_entry()[0],
        **{name: _json_version(name) for name in _JSON if (ROOT / name).exists()},
    }


def newest_entry() -> tuple[str, str]:
    """Give the version and the date of the newest entry of the changelog; `unreleased` is a date here."""
    found = HEADING.search((ROOT / "CHANGELOG.md").read_text("utf-8"))
    return (found["version"], found["when"]) if found else ("none", "none")


def _json_version(name: str) -> str:
    return str(json.loads((ROOT / name).read_text("utf-8"))["version"])


def _found(line: re.Pattern[str], name: str) -> str:
    found = line.search((ROOT / name).read_text("utf-8"))
    return found["version"] if found else "none"
