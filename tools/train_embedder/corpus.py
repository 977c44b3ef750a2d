"""Extract texts and pairs of texts from repository snapshots.

Usage: python -m tools.train_embedder.corpus --mirror DIR --out RAW [--sources FILE] [--only OWNER/NAME ...]

Writes RAW/<owner>+<name>.json for each source: repo, commit, licence, pairs [first, second, kind], texts.
A source that has its file is left alone, so an interrupted run can be continued.
"""

from __future__ import annotations

import argparse
import json
import random
from functools import partial
from multiprocessing import Pool
from pathlib import Path

from tools.train_embedder.code_comments import collect_code_comments
from tools.train_embedder.collecting import Collected
from tools.train_embedder.commit_messages import collect_commit_messages
from tools.train_embedder.documents import collect_documents
from tools.train_embedder.snapshots import Snapshot
from tools.train_embedder.sources import SHIPPED_LIST, Source, file_name, read_sources
from tools.train_embedder.utterances import collect_conversations, collect_intents


def collect(snapshot: Snapshot, source: Source) -> Collected:
    """Return what a source of the given kinds yields; the same on every run."""
    collected = Collected()
    chance = random.Random(source.repo)
    if "commits" in source.kinds:
        collect_commit_messages(snapshot, collected)
    if "docs" in source.kinds:
        collect_documents(snapshot, collected, chance)
    if "code" in source.kinds:
        collect_code_comments(snapshot, collected, chance)
    if "intents" in source.kinds:
        collect_intents(snapshot, source.repo, collected, chance)
    if "taskmaster" in source.kinds:
        collect_conversations(snapshot, collected)
    return collected


def write_source(source: Source, *, mirror: Path, out: Path) -> str:
    """Write the file of one source and return a line for the terminal."""
    snapshot = Snapshot.in_mirror(mirror, source.repo)
    collected = collect(snapshot, source)
    content = {
        "repo": source.repo,
        "commit": snapshot.commit(),
        "licence": source.licence,
        "pairs": collected.pairs,
        "texts": collected.texts,
    }
    (out / file_name(source.repo)).write_text(json.dumps(content), encoding="utf-8")
    return f"{source.repo}: {len(collected.pairs)} pairs, {len(collected.texts)} texts"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mirror", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sources", type=Path, default=SHIPPED_LIST)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    todo = [
        source
        for source in read_sources(arguments.sources)
        if (not arguments.only or source.repo in arguments.only)
        and Snapshot.in_mirror(arguments.mirror, source.repo).exists()
        and not (arguments.out / file_name(source.repo)).exists()
    ]
    work = partial(write_source, mirror=arguments.mirror, out=arguments.out)
    with Pool(arguments.jobs) as pool:
        for line in pool.imap_unordered(work, todo):
            print(line, flush=True)


if __name__ == "__main__":
    main()
