"""The export of everything: exact copies as JSON lines, for another engine or another machine.

Unlike the exports of patterns and of experiences it carries vectors, links between patterns, recalls,
consolidations and idempotency keys, of every namespace. A first line says what it is and a last one how
many lines there are, so that a file that was cut off is known for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Final

import msgspec

from reasoningbank.bank.pattern_lines import record_from
from reasoningbank.domain.copies import (
    SUBJECT_KINDS,
    ConsolidationCopy,
    Copy,
    ModelCopy,
    PatternCopy,
    RecallCopy,
    Subject,
    SubjectKind,
    TrajectoryCopy,
    is_empty,
    subject_of,
)
from reasoningbank.domain.errors import Conflict, InvalidInput
from reasoningbank.domain.export_formats import EVERYTHING, VERSION
from reasoningbank.domain.json_value import parse_json_object
from reasoningbank.domain.pattern import TransferReport
from reasoningbank.learning.checking import fingerprint_of
from reasoningbank.learning.trajectory_lines import given_of
from reasoningbank.storage import StorageBackend

_PAGE: Final = 200
_BATCH: Final = 100
_LONGEST_LINE: Final = 256 * 1024 * 1024
_TYPES: Final[dict[str, type[Copy]]] = {
    "model": ModelCopy,
    "pattern": PatternCopy,
    "trajectory": TrajectoryCopy,
    "recall": RecallCopy,
    "consolidation": ConsolidationCopy,
}
_encode = msgspec.json.Encoder(order="sorted").encode


def export_copies(
    storage: StorageBackend,
    namespaces: list[str],
    file: IO[bytes],
    now: str,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write everything in some namespaces; give how many things.

    What is written meanwhile by others may be in it or not; each thing is as of one moment.

    Raises:
        StorageCorrupt: At the first thing that is not what was stored, naming it.
    """
    header = {"format": EVERYTHING, "version": VERSION, "exported_at": now}
    file.write(_encode(header) + b"\n")
    count = 0
    for namespace in namespaces:
        for kind in SUBJECT_KINDS:
            for subjects in _pages(storage, namespace, kind):
                for copy in storage.copies(namespace, subjects, verified=True):
                    if is_empty(copy):
                        continue
                    file.write(_encode({"namespace": namespace, kind: copy}) + b"\n")
                    count += 1
                if progress is not None:
                    progress(count)
    file.write(_encode({"end": count}) + b"\n")
    return count


def _pages(storage: StorageBackend, namespace: str, kind: SubjectKind) -> Iterator[list[Subject]]:
    if kind == "model":
        yield [Subject("model", "")]
        return
    last = ""
    while ids := storage.subject_ids(namespace, kind, last, _PAGE):
        yield [Subject(kind, one) for one in ids]
        last = ids[-1]


def is_copies(head: bytes) -> bool:
    """Give whether a file that begins so is an export of everything."""
    return EVERYTHING.encode() in head


def restore_copies(
    storage: StorageBackend, file: IO[bytes], progress: Callable[[int], None] | None = None
) -> TransferReport:
    """Put an export of everything back; run again, it leaves what is equal alone.

    The file is read twice: all of it is checked before anything is stored.

    Raises:
        InvalidInput: For a file that was cut off, or content that no bank would have written.
        Conflict: When a namespace of it holds something else, or something that differs.
    """
    found = _checked(file)
    for namespace, subjects in found.items():
        _check_room(storage, namespace, subjects)
    file.seek(0)
    counts: Counter[str] = Counter()
    batch: list[Copy] = []
    current = ""

    def store() -> None:
        if not batch:
            return
        there = storage.copies(current, [subject_of(copy) for copy in batch])
        for copy, known in zip(batch, there, strict=True):
            if not is_empty(known) and known != copy:
                raise Conflict(
                    f"{subject_of(copy).kind} {copy.id} is there already and differs",
                    existing_id=copy.id,
                    hint="Restore into an empty bank.",
                )
        changed = storage.put_copies(current, batch)
        counts["created"] += changed
        counts["unchanged"] += len(batch) - changed
        if progress is not None:
            progress(counts.total())
        batch.clear()

    for namespace, copy in _lines(file):
        if namespace != current or len(batch) >= _BATCH:
            store()
            current = namespace
        batch.append(copy)
    store()
    return TransferReport(
        read=counts.total(), created=counts["created"], merged=0, unchanged=counts["unchanged"]
    )


def _checked(file: IO[bytes]) -> dict[str, set[Subject]]:
    found: dict[str, set[Subject]] = {}
    with_model: set[str] = set()
    with_vectors: set[str] = set()
    for namespace, copy in _lines(file):
        found.setdefault(namespace, set()).add(subject_of(copy))
        if isinstance(copy, ModelCopy) and copy.model is not None:
            with_model.add(namespace)
        elif isinstance(copy, PatternCopy) and copy.vectors:
            with_vectors.add(namespace)
    for namespace in sorted(with_vectors - with_model):
        raise InvalidInput(
            f"has vectors in the namespace {namespace!r} and no line that says of which model",
            field="file",
            hint="Export once more.",
        )
    return found


def _check_room(storage: StorageBackend, namespace: str, coming: set[Subject]) -> None:
    for kind in SUBJECT_KINDS:
        for subjects in _pages(storage, namespace, kind):
            strange = [one for one in subjects if one.kind != "model" and one not in coming]
            if strange:
                raise Conflict(
                    f"the namespace {namespace!r} holds {kind} {strange[0].id}, which the export "
                    "does not have",
                    hint="Restore into an empty bank; `import` adds to one that is in use.",
                )


def _lines(file: IO[bytes]) -> Iterator[tuple[str, Copy]]:
    """Give (namespace, copy) of each line, all of them checked, the last one too."""
    number = count = 0
    ended = False
    while line := file.readline(_LONGEST_LINE):
        number += 1
        place = f"line {number}"
        value = parse_json_object(line.strip(), place)
        if number == 1:
            if value.get("format") != EVERYTHING or value.get("version") != VERSION:
                raise InvalidInput(f"is no export of everything of version {VERSION}", field=place)
            continue
        if ended:
            raise InvalidInput("stands after the end", field=place)
        if "end" in value:
            ended = True
            if value["end"] != count:
                raise InvalidInput(f"says {value['end']} lines, but there are {count}", field=place)
            continue
        count += 1
        yield _parsed(dict(value), place)
    if not ended:
        raise InvalidInput(
            "is cut off: its last line is missing", field="file", hint="Export once more."
        )


def _parsed(value: dict[str, object], place: str) -> tuple[str, Copy]:
    namespace = value.pop("namespace", None)
    if not isinstance(namespace, str) or len(value) != 1 or next(iter(value)) not in _TYPES:
        raise InvalidInput("is no line of an export of everything", field=place)
    [(kind, content)] = value.items()
    try:
        copy = msgspec.convert(content, _TYPES[kind])
        _check(namespace, copy)
    except (msgspec.ValidationError, InvalidInput) as error:
        raise InvalidInput(f"does not hold what a bank keeps: {error}", field=place) from error
    return namespace, copy


def _check(namespace: str, copy: Copy) -> None:
    """Check what is in a copy by the rules for what comes from outside."""
    if isinstance(copy, PatternCopy):
        for kept in copy.vectors:
            if len(kept.vector) != kept.model.dimension:
                raise InvalidInput("has another length than its model says", field="vectors")
        if copy.pattern is not None:
            if str(copy.pattern.id) != copy.id:
                raise InvalidInput("is another pattern's", field="id")
            record = {
                name: getattr(copy, name)
                for name in ("pattern", "created_by", "kept", "history", "observations", "outcomes")
            }
            record_from(msgspec.to_builtins(record), namespace)
    elif isinstance(copy, TrajectoryCopy) and copy.trajectory is not None:
        kept_by = copy.trajectory
        if kept_by.namespace != namespace or str(kept_by.id) != copy.id:
            raise InvalidInput("is of another namespace or id", field="trajectory")
        if fingerprint_of(given_of(kept_by)) != copy.fingerprint:
            raise InvalidInput("is not that of the experience", field="fingerprint")
