"""Read the licence files of every source and refuse what may not be learnt from.

Usage: python -m tools.train_embedder.licences --mirror DIR --raw RAW --out CHECKED.json [--sources FILE]

Runs after the corpus. A source is accepted when its files read as MIT, ISC, BSD, Apache-2.0, CC0 or CC BY, and
nothing in them reads as copyleft, share-alike, non-commercial or source-available.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from pathlib import Path

from tools.train_embedder.snapshots import Snapshot
from tools.train_embedder.sources import SHIPPED_LIST, Source, file_name, read_sources

REFUSED = "REFUSED"

_REFUSED = re.compile(
    r"GNU (AFFERO |LESSER )?GENERAL PUBLIC LICENSE|Business Source License|ShareAlike|NonCommercial",
    re.IGNORECASE,
)
_REFUSED_WITHIN = 3000  # characters; further down a licence may mention others
_SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Apache-2.0", ("Apache License Version 2.0", "Apache License, Version 2.0")),
    ("MIT", ("Permission is hereby granted, free of charge",)),
    (
        "ISC-like",
        (
            "Permission to use, copy, modify, and/or distribute",
            "Permission to use, copy, modify, and distribute",
        ),
    ),
    ("BSD", ("Redistribution and use in source and binary forms",)),
    ("CC0-1.0", ("CC0 1.0 Universal",)),
    (
        "CC-BY-4.0",
        (
            "Attribution 4.0 International",
            "creativecommons.org/licenses/by/4.0",
            "Creative Commons Attribution 4.0 License",
        ),
    ),
)
_LICENCE_NAME = re.compile(r"(mit-)?(licen[sc]e|copying)(\.|-|$)", re.IGNORECASE)
_NOT_OF_THE_SOURCE = re.compile(r"binary|third", re.IGNORECASE)


def read_as(text: str) -> list[str]:
    """Return the licences that a text reads as; `REFUSED` among them when it must not be used."""
    text = " ".join(text.split())
    kinds = [REFUSED] if _REFUSED.search(text[:_REFUSED_WITHIN]) else []
    kinds += [name for name, signs in _SIGNS if any(sign in text for sign in signs)]
    return kinds


def is_acceptable(kinds: list[str]) -> bool:
    """Tell whether what the licence files read as allows learning from the source."""
    return bool(kinds) and REFUSED not in kinds


def licence_files(names: list[str]) -> list[str]:
    """Return which files of a top folder state the licence; the README where none is named so."""
    named = [n for n in names if _LICENCE_NAME.match(n) and not _NOT_OF_THE_SOURCE.search(n)]
    return named or [name for name in names if name.lower().startswith("readme")]


def check(source: Source, snapshot: Snapshot) -> dict[str, object]:
    """Return the finding on one source: commit, files with hash and reading, accepted or not."""
    names = (
        [source.licence_file]
        if source.licence_file
        else licence_files(snapshot.paths(recursive=False))
    )
    files = []
    kinds: list[str] = []
    for name in names:
        content = snapshot.content(name)
        reading = read_as(content.decode("utf-8", "replace"))
        kinds += reading
        files.append(
            {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "reads_as": reading}
        )
    return {
        "repo": source.repo,
        "commit": snapshot.commit(),
        "licence": source.licence,
        "files": files,
        "accepted": is_acceptable(kinds),
    }


def main() -> None:
    """Run the command line; the exit code is 1 when a source was refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--raw", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sources", type=Path, default=SHIPPED_LIST)
    arguments = parser.parse_args()
    used = [
        s for s in read_sources(arguments.sources) if (arguments.raw / file_name(s.repo)).exists()
    ]
    findings = [check(source, Snapshot.in_mirror(arguments.mirror, source.repo)) for source in used]
    arguments.out.write_text(json.dumps(findings, indent=1), encoding="utf-8")
    refused = [finding["repo"] for finding in findings if not finding["accepted"]]
    print(f"{len(findings) - len(refused)} accepted, refused: {refused}")
    raise SystemExit(bool(refused))


if __name__ == "__main__":
    main()
