"""Pairs from commit messages: subject and first paragraph, first and second paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.train_embedder.collecting import Collected, reads_as_prose, squeezed

if TYPE_CHECKING:
    from tools.train_embedder.snapshots import Snapshot

MOST_COMMITS = 60_000

_REFERENCE_AT_END = re.compile(r"\s*\(?(#|GH-|PR )\d+\)?\.?\s*$")
_PREFIXES = re.compile(
    r"^(\[[^\]]{1,30}\]\s*"
    r"|[A-Z]+-\d+\s*[:;.,-]?\s*"
    r"|#\d+[: ]\s*"
    r"|(feat|fix|docs?|chore|test|tests|ci|perf|build|style|refactor|bug|enh|maint|sty|bld|tst|rel"
    r"|minor|hotfix)(\([^)]*\))?!?:\s*"
    r"|:[a-z_]+:\s*)+",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"(merge|bump|revert|v?\d+\.\d+|release|update changelog|update authors|auto|roll |backport"
    r"|pre-commit|version|sync|chromium|update dependency|deps)\b",
    re.IGNORECASE,
)
_TRAILER = re.compile(
    r"(signed-off|reviewed|co-authored|co-committed|acked|fixes|closes|close|fix|bug|ref|refs"
    r"|reported|reviewers?|cc|author|change-id|for #|part of|update|updates|tested|resolves|related"
    r"|see also|pr|pr-url|backport|discussion|\(cherry|committed|helped|suggested|https?)\b[ :#-]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"\s*([A-Za-z-]+-by|[A-Z][\w.-]*-Id):")
_CODE_BLOCK = re.compile(r"```.*?```", re.DOTALL)
_NOT_PROSE_STARTS = ("#", "---", ">", "|", "diff", "$")


def collect_commit_messages(snapshot: Snapshot, collected: Collected) -> None:
    """Add the subjects and paragraphs of a repository's commits."""
    for raw_subject, body in _messages(snapshot):
        subject = clean_subject(raw_subject)
        if len(subject.split()) < 2:
            continue
        collected.add_text(subject)
        paragraphs = list(prose_paragraphs(body))
        for paragraph in paragraphs[:2]:
            collected.add_text(paragraph)
        if paragraphs:
            collected.add_pair(subject, paragraphs[0], "commit")
        if len(paragraphs) > 1:
            collected.add_pair(paragraphs[0], paragraphs[1], "cnext")


def clean_subject(subject: str) -> str:
    """Return the subject without references and prefixes; empty when it says nothing."""
    subject = _PREFIXES.sub("", _REFERENCE_AT_END.sub("", subject.strip()))
    return "" if _SAYS_NOTHING.match(subject) else subject.replace("`", "")


def prose_paragraphs(body: str) -> Iterator[str]:
    """Yield the paragraphs of a commit body that are prose, without trailers, code and links."""
    for block in re.split(r"\n\s*\n", _CODE_BLOCK.sub("\n\n", body)):
        lines = [
            line
            for line in block.split("\n")
            if not _TRAILER.match(line.strip()) and not _SIGNATURE.match(line)
        ]
        unbulleted = re.sub(r"^\s*[*-]\s+", "", "\n".join(lines), flags=re.MULTILINE)
        paragraph = squeezed(re.sub(r"https?://\S+", "", unbulleted.replace("`", "")))
        long_enough = len(paragraph.split()) >= 5
        if (
            long_enough
            and reads_as_prose(paragraph)
            and not paragraph.startswith(_NOT_PROSE_STARTS)
        ):
            yield paragraph


def _messages(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    log = snapshot.git("log", "--no-merges", "--format=%s%x01%b%x02", "-n", str(MOST_COMMITS))
    for record in log.decode("utf-8", "replace").split("\x02"):
        subject, separator, body = record.partition("\x01")
        if separator:
            yield subject, body
