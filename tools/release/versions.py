"""One number for one release: wherever it is written down, it is the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[2]
_JSON = ("web/package.json", "web/package-lock.json", "plugin/.claude-plugin/plugin.json")
HEADING = re.compile(r"^## \[(?P<version>[^\]]+)\] - (?P<when>.+)$", re.MULTILINE)
CITED = re.compile(r'^version: "(?P<version>[^"]+)"$', re.MULTILINE)


def stated_versions() -> dict[str, str]:
    """Give the version by the file that states it; the sdist has no `web/`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    cited = CITED.search((ROOT / "CITATION.cff").read_text("utf-8"))
    return {
        "pyproject.toml": str(project["version"]),
        "CITATION.cff": cited["version"] if cited else "none",
        "CHANGELOG.md": newest_entry()[0],
        **{name: _json_version(name) for name in _JSON if (ROOT / name).exists()},
    }


def newest_entry() -> tuple[str, str]:
    """Give the version and the date of the newest entry of the changelog; `unreleased` is a date here."""
    found = HEADING.search((ROOT / "CHANGELOG.md").read_text("utf-8"))
    return (found["version"], found["when"]) if found else ("none", "none")


def _json_version(name: str) -> str:
    return str(json.loads((ROOT / name).read_text("utf-8"))["version"])
