"""The list of repositories that training texts come from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

SHIPPED_LIST = Path(__file__).parent / "sources.json"
EVERYTHING = ("commits", "docs", "code")


@dataclass(frozen=True)
class Source:
    """One repository.

    Attributes:
        repo: owner/name.
        licence: As declared; `licences` checks that the files agree.
        kinds: What is extracted: commits, docs, code, intents, taskmaster.
        licence_file: Where the licence stands when it is not in the usual place.
    """

    repo: str
    licence: str
    kinds: tuple[str, ...] = EVERYTHING
    licence_file: str | None = None


def read_sources(path: Path = SHIPPED_LIST) -> list[Source]:
    """Return the sources of a list, in its order."""
    return [
        Source(
            repo=entry["repo"],
            licence=entry["licence"],
            kinds=tuple(entry["kinds"].split()) if "kinds" in entry else EVERYTHING,
            licence_file=entry.get("licence_file"),
        )
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]


def file_name(repo: str) -> str:
    """Return the name under which what was extracted from a repository is kept."""
    return repo.replace("/", "+") + ".json"
